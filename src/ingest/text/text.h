/* text: reads pushes in the text exposition formats. */
#ifndef TALLYMAN_INGEST_TEXT_TEXT_H
#define TALLYMAN_INGEST_TEXT_TEXT_H

#include <stddef.h>

#include "base/err.h"
#include "ingest/text/line.h"
#include "metrics/pushed.h"

/* Reads text[0..len), an exposition in the format 0.0.4 or OpenMetrics 1.0,
 * into out, an empty push. Label values without escapes point into text.
 * Deviations from both formats: timestamps are refused, line ends may be CRLF,
 * and the last one may be missing. _created, quantiles, empty labels and
 * exemplars above their bucket's bound are checked and left out. Gauge
 * histograms and names in quotes are not supported.
 *
 * On failure returns -1 with line and column: ERR_SYNTAX (grammar), ERR_VALUE
 * (content), ERR_LIMIT, or ERR_MEMORY without a position. The caller must then
 * reset out. */
int ingest_text(const char *text, size_t len, enum text_format format,
                struct pushed *out, struct err *err);
int ingest_prometheus(const char *text, size_t len, struct pushed *out,
                      struct err *err);
int ingest_openmetrics(const char *text, size_t len, struct pushed *out,
                       struct err *err);

#endif

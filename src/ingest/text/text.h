/* text: the text exposition formats, as programs push them. */
#ifndef TALLYMAN_INGEST_TEXT_TEXT_H
#define TALLYMAN_INGEST_TEXT_TEXT_H

#include <stddef.h>

#include "base/err.h"
#include "ingest/text/line.h"
#include "metrics/pushed.h"

/* Reads text[0..len), an exposition in the format 0.0.4 or OpenMetrics 1.0,
 * into out, which is an empty push. Label values without escapes point into
 * text. Differing from both formats, timestamps are refused, as a push must not
 * have one, line ends may be CRLF, and the last one may be missing. _created
 * and quantiles are checked and left out; so are labels without a value, and
 * exemplars beyond their bucket. Gauge histograms and names in quotes are not
 * supported.
 *
 * On failure returns -1 with the line and the column of what is wrong:
 * ERR_SYNTAX (the grammar), ERR_VALUE (what it says), ERR_LIMIT, or ERR_MEMORY
 * without a position; out must then be reset. */
int ingest_text(const char *text, size_t len, enum text_format format,
                struct pushed *out, struct err *err);
int ingest_prometheus(const char *text, size_t len, struct pushed *out,
                      struct err *err);
int ingest_openmetrics(const char *text, size_t len, struct pushed *out,
                       struct err *err);

#endif

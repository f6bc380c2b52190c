/* spans: counts and times the spans of an OTLP request, without storing them.
 */
#ifndef TALLYMAN_INGEST_OTLP_SPANS_H
#define TALLYMAN_INGEST_OTLP_SPANS_H

#include "base/err.h"
#include "config/config.h"
#include "ingest/otlp/message.h"
#include "ingest/points.h"

/* The families of the spans, with the names and labels of the collector's span
 * metrics connector. */
#define SPANS_CALLS "traces_span_metrics_calls_total"
#define SPANS_DURATION "traces_span_metrics_duration_seconds"

/* The longest span that may be timed, in seconds. */
enum { SPAN_SECONDS_MAX = 30 * 86400 };

/* Adds a point for each span of the ExportTraceServiceRequest bytes[0..len) to
 * the listed families, one or both. If none is listed, admit treats the points
 * like those of any unlisted family.
 *
 * A point is offered service_name, span_name, span_kind and status_code, and
 * each attribute of the span and its resource that one of the families lists,
 * except URLs. A span with a URL gets the label `route` from `routes` of the
 * configuration, or "other" if no rule matches. site is the origin of the page
 * that pushes; NULL for programs.
 *
 * Returns -1 if otlp_read fails or memory ran out. */
int spans_read(const char *bytes, size_t len, enum otlp_encoding encoding,
               const struct config *config, const char *site,
               struct points *points, struct err *err);

#endif

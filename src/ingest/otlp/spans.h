/* spans: counts and times the spans of a request of OTLP, and keeps nothing of
 * them. */
#ifndef TALLYMAN_INGEST_OTLP_SPANS_H
#define TALLYMAN_INGEST_OTLP_SPANS_H

#include "base/err.h"
#include "config/config.h"
#include "ingest/otlp/message.h"
#include "ingest/points.h"

/* The families of the spans, named and labelled as those of the collector's
 * span metrics connector. */
#define SPANS_CALLS "traces_span_metrics_calls_total"
#define SPANS_DURATION "traces_span_metrics_duration_seconds"

/* The longest span that may be timed, in seconds. */
enum { SPAN_SECONDS_MAX = 30 * 86400 };

/* Adds a point for each span of the ExportTraceServiceRequest bytes[0..len): to
 * both families, or to the one that a file lists. If none is listed, admit
 * refuses them as it refuses any family.
 *
 * It is offered service_name, span_name, span_kind and status_code, and each
 * attribute of the span and its resource that one of the families lists. URLs
 * are none of them: `routes` of the configuration give the label `route` to a
 * span that has a URL, "other" where none fits; site is the origin of the page
 * that pushes, NULL for what is none.
 *
 * Returns -1 where otlp_read has no message, or when memory ran out. */
int spans_read(const char *bytes, size_t len, enum otlp_encoding encoding,
               const struct config *config, const char *site,
               struct points *points, struct err *err);

#endif

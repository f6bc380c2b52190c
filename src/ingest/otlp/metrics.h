/* metrics: pushes of OpenTelemetry metrics. */
#ifndef TALLYMAN_INGEST_OTLP_METRICS_H
#define TALLYMAN_INGEST_OTLP_METRICS_H

#include "config/limits.h"
#include "ingest/otlp/message.h"
#include "ingest/points.h"

/* Reads bytes[0..len), an ExportMetricsServiceRequest (opentelemetry-proto,
 * collector/metrics/v1), into points. No bytes are no points. Names and labels
 * are those that Prometheus makes of them, see name.h and attributes.h.
 *
 * A monotonic sum is a counter and any other one a gauge. A histogram without a
 * sum adds nothing to that. Running totals must say of which process they are
 * (service.instance.id). Nothing of points refers to bytes. Returns -1 as
 * otlp_read does. */
int otlp_read_metrics(const char *bytes, size_t len,
                      enum otlp_encoding encoding, const struct limits *limits,
                      struct points *points, struct err *err);

#endif

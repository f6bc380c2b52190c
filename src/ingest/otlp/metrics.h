/* metrics: pushes of OpenTelemetry metrics. */
#ifndef TALLYMAN_INGEST_OTLP_METRICS_H
#define TALLYMAN_INGEST_OTLP_METRICS_H

#include "config/limits.h"
#include "ingest/otlp/message.h"
#include "ingest/points.h"

/* Reads bytes[0..len), an ExportMetricsServiceRequest (opentelemetry-proto,
 * collector/metrics/v1), into points. An empty body is valid. Names and labels
 * are converted like in Prometheus, see name.h and attributes.h.
 *
 * A monotonic sum is a counter; any other sum is a gauge. A histogram without a
 * sum adds 0 to it. Running totals must name their process
 * (service.instance.id). points does not point into bytes. Returns -1 with the
 * errors of otlp_read. */
int otlp_read_metrics(const char *bytes, size_t len,
                      enum otlp_encoding encoding, const struct limits *limits,
                      struct points *points, struct err *err);

#endif

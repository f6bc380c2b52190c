/* histogram: the values of points of histograms, checked. */
#ifndef TALLYMAN_INGEST_OTLP_HISTOGRAM_H
#define TALLYMAN_INGEST_OTLP_HISTOGRAM_H

#include "ingest/points.h"
#include "otlp.pb-c.h"

/* Sets sum, count, bounds and buckets of *series to those of the point, which
 * must live as long as points->out. Without a sum that is 0. Refused when the
 * parts do not fit each other. */
enum point_result otlp_histogram_read(struct points *points,
                                      const Otlp__HistogramDataPoint *point,
                                      struct pushed_series *series);

/* The same for exponential buckets, as observations of the current point: the
 * upper bound of each bucket. */
enum point_result
otlp_exponential_read(struct points *points,
                      const Otlp__ExponentialHistogramDataPoint *point,
                      struct pushed_series *series);

#endif

/* histogram: checks and reads the values of histogram points. */
#ifndef TALLYMAN_INGEST_OTLP_HISTOGRAM_H
#define TALLYMAN_INGEST_OTLP_HISTOGRAM_H

#include "ingest/points.h"
#include "otlp.pb-c.h"

/* Sets sum, count, bounds and buckets of *series from the point, which must
 * live as long as points->out. A missing sum is 0. Refused if the parts are
 * inconsistent. */
enum point_result otlp_histogram_read(struct points *points,
                                      const Otlp__HistogramDataPoint *point,
                                      struct pushed_series *series);

/* Like otlp_histogram_read, for exponential buckets: the current point gets
 * observations at the upper bound of each bucket. */
enum point_result
otlp_exponential_read(struct points *points,
                      const Otlp__ExponentialHistogramDataPoint *point,
                      struct pushed_series *series);

#endif

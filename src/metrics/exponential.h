/* exponential: the buckets of exponential histograms. Native histograms of
 * Prometheus are one form of them. */
#ifndef TALLYMAN_METRICS_EXPONENTIAL_H
#define TALLYMAN_METRICS_EXPONENTIAL_H

#include <stdint.h>

/* The scales of OpenTelemetry's SDKs (data model, "ExponentialHistogram:
 * Scale"). Prometheus's schemas are -4 to 8 of them. */
enum { EXPONENTIAL_SCALE_MIN = -10, EXPONENTIAL_SCALE_MAX = 20 };

/* The upper bound of bucket `index` in OTLP's numbering: it holds values in
 * (base^index, base^(index + 1)], where base is 2^(2^-scale). Prometheus's
 * numbers are one higher: its bucket `index` is `index - 1` here. The scale is
 * in EXPONENTIAL_SCALE_MIN..EXPONENTIAL_SCALE_MAX, the index any number.
 *
 * A power of two is exact. Any other bound is lowered by a few units in the
 * last place, so that the bucket falls into the configured bound that another
 * program computed for the same power and rounded differently. Infinite above
 * the range of a double, positive below it. */
double exponential_upper(int scale, int32_t index);

/* The same for the negative bucket `index`, which holds values in [-base^(index
 * + 1), -base^index). */
double exponential_upper_negative(int scale, int32_t index);

#endif

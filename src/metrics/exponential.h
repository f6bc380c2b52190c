/* exponential: the buckets of exponential histograms, of which those of
 * Prometheus's native histograms are one form. */
#ifndef TALLYMAN_METRICS_EXPONENTIAL_H
#define TALLYMAN_METRICS_EXPONENTIAL_H

#include <stdint.h>

/* The scales that OpenTelemetry's SDKs have (data model, "ExponentialHistogram:
 * Scale"); Prometheus's schemas are -4 to 8 of them. */
enum { EXPONENTIAL_SCALE_MIN = -10, EXPONENTIAL_SCALE_MAX = 20 };

/* The upper bound of the bucket `index` as OTLP counts them: it holds values in
 * (base^index, base^(index + 1)], where base is 2^(2^-scale). Prometheus counts
 * from 1 there: its bucket `index` is this one's index - 1. The scale is in
 * EXPONENTIAL_SCALE_MIN..EXPONENTIAL_SCALE_MAX, the index any number.
 *
 * A power of two is exact. Any other one is a few units in the last place too
 * small, so the bucket goes into the bound that somebody else has computed for
 * the same power and rounded otherwise. Infinite beyond the range of a double,
 * above 0 below it. */
double exponential_upper(int scale, int32_t index);

/* Likewise of the bucket of that index of the values below 0, which holds
 * values in [-base^(index + 1), -base^index). */
double exponential_upper_negative(int scale, int32_t index);

#endif

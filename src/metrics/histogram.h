/* histogram: observations counted by bucket. */
#ifndef TALLYMAN_METRICS_HISTOGRAM_H
#define TALLYMAN_METRICS_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/number.h"
#include "base/strbuf.h"

/* The most upper bounds that a histogram can have; it has one bucket more. */
enum { HISTOGRAM_BOUNDS_MAX = 200 };

/* The most observations that a series, or one of its buckets, counts: above it
 * a double, which Prometheus has, no longer sees an increment of 1. The sum of
 * all buckets stays below 2^63. The SQL has the same number. */
static const uint64_t HISTOGRAM_COUNT_MAX = (uint64_t)NUMBER_EXACT;

/* The sum of two counts, at most HISTOGRAM_COUNT_MAX. */
uint64_t histogram_count_add(uint64_t a, uint64_t b);

/* The bucket of value among bounds[0..count), which ascend and are upper
 * inclusive; count for the bucket above all of them (+Inf). */
size_t histogram_bucket(const double *bounds, size_t count, double value);

/* The value below which the share q (0..1) of the observations lies, from
 * counts[0..count], plain, of the buckets of bounds[0..count). Interpolated as
 * PromQL's histogram_quantile does and the view histogram_quantiles: the lowest
 * bucket begins at 0 (or has no width when its bound is not above 0), and the
 * highest answers with its lower bound. NaN without observations or bounds. */
double histogram_quantile(const double *bounds, size_t count,
                          const uint64_t *counts, double q);

/* Appends bounds[0..count) for a message: the first ten of them, with how many
 * there are if it is more, or `none`. */
void histogram_show_bounds(const double *bounds, size_t count,
                           struct strbuf *out);

/* Appends counts[0..count), plain and not cumulative, as a JSON array. */
void histogram_write_json(const uint64_t *counts, size_t count,
                          struct strbuf *out);

/* Reads the JSON array json[0..len) into counts[0..count). Returns -1, with
 * counts in disorder, when it is not an array of exactly that many natural
 * numbers below 2^63 without white space, as histogram_write_json makes it. */
int histogram_read_json(const char *json, size_t len, uint64_t *counts,
                        size_t count);

#endif

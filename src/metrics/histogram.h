/* histogram: observations counted by bucket. */
#ifndef TALLYMAN_METRICS_HISTOGRAM_H
#define TALLYMAN_METRICS_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/number.h"
#include "base/strbuf.h"

/* The maximum number of upper bounds of a histogram; it has one more bucket. */
enum { HISTOGRAM_BOUNDS_MAX = 200 };

/* The largest count of a series or a bucket. Prometheus stores counts as
 * doubles, and above this count an increment of 1 is lost. The sum of all
 * buckets stays below 2^63. The SQL has the same number. */
static const uint64_t HISTOGRAM_COUNT_MAX = (uint64_t)NUMBER_EXACT;

/* The sum of two counts, at most HISTOGRAM_COUNT_MAX. */
uint64_t histogram_count_add(uint64_t a, uint64_t b);

/* The bucket of value among bounds[0..count), which ascend and are inclusive
 * upper bounds. The result is count for the +Inf bucket. */
size_t histogram_bucket(const double *bounds, size_t count, double value);

/* The quantile q (0..1) of counts[0..count], the plain counts of the buckets of
 * bounds[0..count). Interpolates like PromQL's histogram_quantile and the view
 * histogram_quantiles. The lowest bucket begins at 0, or has no width when its
 * bound is not above 0; the highest returns its lower bound. NaN without
 * observations or bounds. */
double histogram_quantile(const double *bounds, size_t count,
                          const uint64_t *counts, double q);

/* Appends bounds[0..count) for a message: `none`, or the first ten, followed by
 * the total number if there are more. */
void histogram_show_bounds(const double *bounds, size_t count,
                           struct strbuf *out);

/* Appends counts[0..count), plain rather than cumulative, as a JSON array. */
void histogram_write_json(const uint64_t *counts, size_t count,
                          struct strbuf *out);

/* Reads the JSON array json[0..len) into counts[0..count). Returns -1 unless it
 * is an array of exactly that many natural numbers below 2^63 without white
 * space, as histogram_write_json writes it. counts is then undefined. */
int histogram_read_json(const char *json, size_t len, uint64_t *counts,
                        size_t count);

#endif

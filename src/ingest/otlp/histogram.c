#include "ingest/otlp/histogram.h"

#include <inttypes.h>
#include <math.h>

#include "metrics/exponential.h"
#include "metrics/histogram.h"

/* Upper bound of the buckets of an exponential histogram, above 0 or below.
 * SDKs use 160. */
enum { BUCKETS_MAX = 4096 };

/* Adds all buckets to *sum; false if it exceeds HISTOGRAM_COUNT_MAX. */
static bool add_up(const uint64_t *counts, size_t count, uint64_t *sum) {
    for (size_t i = 0; i < count; i++) {
        if (counts[i] > HISTOGRAM_COUNT_MAX)
            return false;
        *sum += counts[i];
        if (*sum > HISTOGRAM_COUNT_MAX)
            return false;
    }
    return true;
}

static enum point_result check_count(struct points *points, uint64_t count,
                                     uint64_t sum) {
    if (sum == count)
        return POINT_FINE;
    return points_refuse(points, REJECT_INVALID_SAMPLE, NULL,
                         "its buckets add up to %" PRIu64
                         " and its count is %" PRIu64 ", must be equal",
                         sum, count);
}

static enum point_result refuse_large(struct points *points) {
    return points_refuse(points, REJECT_INVALID_VALUE, NULL,
                         "its count is above %" PRIu64
                         ", must be at most that in one push",
                         HISTOGRAM_COUNT_MAX);
}

static enum point_result check_bounds(struct points *points,
                                      const double *bounds, size_t count) {
    if (count > HISTOGRAM_BOUNDS_MAX)
        return points_refuse(points, REJECT_INVALID_SAMPLE, NULL,
                             "it has %zu bounds, must have at most %d", count,
                             HISTOGRAM_BOUNDS_MAX);
    for (size_t i = 0; i < count; i++)
        if (!isfinite(bounds[i]) || (i > 0 && !(bounds[i] > bounds[i - 1])))
            return points_refuse(points, REJECT_INVALID_SAMPLE, NULL,
                                 "explicitBounds[%zu] is %g, must be finite "
                                 "and greater than the bound before it",
                                 i, bounds[i]);
    return POINT_FINE;
}

/* Copies the bounds, with 0 for -0; NULL if memory ran out. */
static const double *keep_bounds(struct arena *arena, const double *bounds,
                                 size_t count) {
    double *kept = arena_take(arena, count * sizeof(*kept) + 1);
    for (size_t i = 0; kept && i < count; i++)
        kept[i] = bounds[i] + 0.0;
    return kept;
}

/* A histogram without buckets has only the bucket +Inf. */
static enum point_result check_buckets(struct points *points,
                                       const Otlp__HistogramDataPoint *point) {
    size_t bounds = point->n_explicit_bounds;
    size_t buckets = point->n_bucket_counts;
    uint64_t sum = 0;
    if (buckets != bounds + 1 && (buckets > 0 || bounds > 0))
        return points_refuse(points, REJECT_INVALID_SAMPLE, NULL,
                             "it has %zu bounds and %zu buckets, must have one "
                             "more bucket than bounds",
                             bounds, buckets);
    enum point_result result =
        check_bounds(points, point->explicit_bounds, bounds);
    if (result != POINT_FINE)
        return result;
    if (point->count > HISTOGRAM_COUNT_MAX ||
        !add_up(point->bucket_counts, buckets, &sum))
        return refuse_large(points);
    return buckets > 0 ? check_count(points, point->count, sum) : POINT_FINE;
}

enum point_result otlp_histogram_read(struct points *points,
                                      const Otlp__HistogramDataPoint *point,
                                      struct pushed_series *series) {
    enum point_result result = check_buckets(points, point);
    if (result != POINT_FINE)
        return result;
    series->sum = point->has_sum ? point->sum : 0;
    series->count = point->count;
    series->bound_count = point->n_explicit_bounds;
    series->bounds = keep_bounds(&points->out->arena, point->explicit_bounds,
                                 point->n_explicit_bounds);
    series->buckets =
        point->n_bucket_counts > 0 ? point->bucket_counts : &point->count;
    return series->bounds ? POINT_FINE : POINT_NO_MEMORY;
}

/* Exponential histograms */

static size_t size_of(const Otlp__Buckets *buckets) {
    return buckets ? buckets->n_bucket_counts : 0;
}

static enum point_result check_range(struct points *points,
                                     const Otlp__Buckets *buckets,
                                     uint64_t *sum) {
    size_t count = size_of(buckets);
    if (count > BUCKETS_MAX)
        return points_refuse(points, REJECT_INVALID_SAMPLE, NULL,
                             "it has %zu buckets, must have at most %d", count,
                             BUCKETS_MAX);
    if (count > 0 && (int64_t)buckets->offset + (int64_t)count > INT32_MAX)
        return points_refuse(points, REJECT_INVALID_SAMPLE, NULL,
                             "the offset of its buckets is %" PRId32
                             ", must be smaller",
                             buckets->offset);
    return count == 0 || add_up(buckets->bucket_counts, count, sum)
               ? POINT_FINE
               : refuse_large(points);
}

static enum point_result
check_exponential(struct points *points,
                  const Otlp__ExponentialHistogramDataPoint *point) {
    uint64_t sum = 0;
    enum point_result result;
    if (point->scale < EXPONENTIAL_SCALE_MIN ||
        point->scale > EXPONENTIAL_SCALE_MAX)
        return points_refuse(
            points, REJECT_INVALID_SAMPLE, NULL,
            "its scale is %" PRId32 ", must be between %d and %d", point->scale,
            EXPONENTIAL_SCALE_MIN, EXPONENTIAL_SCALE_MAX);
    if (!(point->zero_threshold >= 0 && isfinite(point->zero_threshold)))
        return points_refuse(points, REJECT_INVALID_SAMPLE, NULL,
                             "its zeroThreshold is %g, must be a number of at "
                             "least 0",
                             point->zero_threshold);
    if (point->count > HISTOGRAM_COUNT_MAX ||
        !add_up(&point->zero_count, 1, &sum))
        return refuse_large(points);
    result = check_range(points, point->positive, &sum);
    if (result == POINT_FINE)
        result = check_range(points, point->negative, &sum);
    return result == POINT_FINE ? check_count(points, point->count, sum)
                                : result;
}

static void observe(const Otlp__Buckets *buckets, int scale,
                    double (*upper)(int scale, int32_t index),
                    struct observed **at) {
    for (size_t i = 0; i < size_of(buckets); i++)
        if (buckets->bucket_counts[i] > 0)
            *(*at)++ =
                (struct observed){upper(scale, buckets->offset + (int32_t)i),
                                  buckets->bucket_counts[i]};
}

enum point_result
otlp_exponential_read(struct points *points,
                      const Otlp__ExponentialHistogramDataPoint *point,
                      struct pushed_series *series) {
    enum point_result result = check_exponential(points, point);
    if (result != POINT_FINE)
        return result;
    size_t room = size_of(point->positive) + size_of(point->negative) + 1;
    struct observed *observed =
        arena_take(&points->out->arena, room * sizeof(*observed));
    struct observed *at = observed;
    if (!observed)
        return POINT_NO_MEMORY;
    if (point->zero_count > 0)
        *at++ = (struct observed){point->zero_threshold, point->zero_count};
    observe(point->positive, point->scale, exponential_upper, &at);
    observe(point->negative, point->scale, exponential_upper_negative, &at);
    points->point.observed = observed;
    points->point.observed_count = (size_t)(at - observed);
    series->sum = point->has_sum ? point->sum : 0;
    series->count = point->count;
    return POINT_FINE;
}

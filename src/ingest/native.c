#include "ingest/native.h"

#include <inttypes.h>
#include <math.h>

#include "metrics/exponential.h"

/* Schemas with exponential buckets. */
enum { SCHEMA_MIN = -4, SCHEMA_MAX = 8 };

/* The buckets on one side of 0. */
struct side {
    const char *name; /* for a message */
    Pb__BucketSpan *const *spans;
    size_t span_count;
    const int64_t *deltas; /* differences between consecutive counts; or: */
    size_t delta_count;
    const double *counts;
    size_t count_count;
    double (*upper)(int scale, int32_t index);
};

struct native {
    struct builder *builder;
    int schema;
    struct observed *observed; /* room for all buckets */
    size_t count;
    uint64_t total; /* of their counts */
};

bool native_is(const Pb__Histogram *histogram) {
    return histogram->has_schema || histogram->has_zero_threshold ||
           histogram->has_zero_count || histogram->has_zero_count_float ||
           histogram->n_negative_span > 0 || histogram->n_positive_span > 0;
}

static int refuse_total(struct native *native, uint64_t total) {
    return builder_refuse(
        native->builder, BUILDER_SERIES, ERR_VALUE,
        "the buckets of a native histogram have %s%" PRIu64
        " observations, must have as many as its count, %" PRIu64,
        total > native->total ? "at least " : "", total,
        builder_current(native->builder)->count);
}

static int add(struct native *native, double upper, double count) {
    uint64_t whole;
    if (builder_whole(native->builder, "count of a bucket", count, &whole) != 0)
        return -1;
    if (whole > builder_current(native->builder)->count - native->total)
        return refuse_total(native, native->total + whole);
    native->total += whole;
    if (whole > 0)
        native->observed[native->count++] = (struct observed){upper, whole};
    return 0;
}

static int refuse_spans(struct native *native, const struct side *side,
                        const char *why) {
    return builder_refuse(native->builder, BUILDER_SERIES, ERR_VALUE,
                          "the %s spans of a native histogram %s", side->name,
                          why);
}

static size_t bucket_count(const struct side *side) {
    return side->count_count > 0 ? side->count_count : side->delta_count;
}

/* Reads the buckets of a span that begins at `index`; counts begin at *at. */
static int read_span(struct native *native, const struct side *side,
                     int64_t index, uint32_t length, size_t *at,
                     double *count) {
    if (length > bucket_count(side) - *at)
        return refuse_spans(native, side,
                            "have more buckets than there are counts");
    if (length > 0 && (index <= INT32_MIN || index + length > INT32_MAX))
        return refuse_spans(native, side, "are out of range");
    for (uint32_t i = 0; i < length; i++, ++*at) {
        *count = side->count_count > 0 ? side->counts[*at]
                                       : *count + (double)side->deltas[*at];
        double upper =
            side->upper(native->schema, (int32_t)(index + (int64_t)i - 1));
        if (add(native, upper, *count) != 0)
            return -1;
    }
    return 0;
}

static int read_side(struct native *native, const struct side *side) {
    int64_t index = 0;
    size_t at = 0;
    double count = 0;
    for (size_t i = 0; i < side->span_count; i++) {
        const Pb__BucketSpan *span = side->spans[i];
        if (i > 0 && span->offset < 0)
            return refuse_spans(
                native, side,
                "overlap, must have no negative offset after the first span");
        index += span->offset;
        if (read_span(native, side, index, span->length, &at, &count) != 0)
            return -1;
        index += span->length;
    }
    return at == bucket_count(side)
               ? 0
               : refuse_spans(native, side,
                              "have fewer buckets than there are counts");
}

/* The schema of a histogram without buckets is ignored. */
static int check_schema(struct native *native, size_t buckets) {
    if (buckets == 0 ||
        (native->schema >= SCHEMA_MIN && native->schema <= SCHEMA_MAX))
        return 0;
    return builder_refuse(
        native->builder, BUILDER_SERIES, ERR_VALUE,
        "the schema of a native histogram is %d, must be %d "
        "to %d%s",
        native->schema, SCHEMA_MIN, SCHEMA_MAX,
        native->schema == -53 ? "; custom bounds need classic buckets" : "");
}

static int read_zero(struct native *native, const Pb__Histogram *histogram) {
    double threshold = histogram->zero_threshold;
    if (!(threshold >= 0 && isfinite(threshold)))
        return builder_refuse(native->builder, BUILDER_SERIES, ERR_VALUE,
                              "the zero threshold of a native histogram is %g, "
                              "must be a finite number of at least 0",
                              threshold);
    return add(native, threshold,
               histogram->zero_count_float != 0
                   ? histogram->zero_count_float
                   : (double)histogram->zero_count);
}

int native_read(struct builder *builder, const Pb__Histogram *histogram) {
    struct native native = {.builder = builder, .schema = histogram->schema};
    const struct side sides[] = {
        {"negative", histogram->negative_span, histogram->n_negative_span,
         histogram->negative_delta, histogram->n_negative_delta,
         histogram->negative_count, histogram->n_negative_count,
         exponential_upper_negative},
        {"positive", histogram->positive_span, histogram->n_positive_span,
         histogram->positive_delta, histogram->n_positive_delta,
         histogram->positive_count, histogram->n_positive_count,
         exponential_upper},
    };
    size_t buckets = bucket_count(&sides[0]) + bucket_count(&sides[1]);
    native.observed = arena_take(&builder->out->arena,
                                 (buckets + 1) * sizeof(*native.observed));
    if (!native.observed)
        return err_no_memory(builder->err);
    if (check_schema(&native, buckets) != 0 ||
        read_zero(&native, histogram) != 0 ||
        read_side(&native, &sides[0]) != 0 ||
        read_side(&native, &sides[1]) != 0)
        return -1;
    if (native.total != builder_current(builder)->count)
        return refuse_total(&native, native.total);
    return builder_observed(builder, native.observed, native.count);
}

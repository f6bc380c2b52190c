#include "ingest/otlp/metrics.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "ingest/otlp/attributes.h"
#include "ingest/otlp/exemplars.h"
#include "ingest/otlp/histogram.h"
#include "ingest/otlp/name.h"
#include "ingest/otlp/source.h"

/* DataPointFlags */
enum { NO_RECORDED_VALUE = 1 };

/* AggregationTemporality */
enum { DELTA = 1, CUMULATIVE = 2 };

/* The meaning of the values of a stream. */
enum stream {
    STREAM_STATE,  /* the value of a gauge */
    STREAM_CHANGE, /* a change of a gauge, to be added */
    STREAM_ADDED,  /* increase of a counter or histogram since the last point */
    STREAM_TOTAL,  /* running total of a counter or histogram */
    STREAM_UNKNOWN
};

/* The current position in a push. */
struct walk {
    struct points *points;
    const struct limits *limits;
    const Otlp__ResourceMetrics *group;
    const Otlp__ScopeMetrics *scope;
    struct otlp_resource resource;
    struct otlp_source source;
    bool resourced; /* resource is that of the group */
    bool sourced;   /* source is that of the scope */
    /* The metric: */
    struct strbuf name;
    struct strbuf unit;
    const char *help;
    enum metric_type type;
    enum stream stream;
    int32_t temporality;
};

/* The fields that points of all types have. */
struct shared {
    struct otlp_attributes attributes;
    uint32_t flags;
    uint64_t start; /* Unix nanoseconds; 0: unknown */
    Otlp__Exemplar *const *exemplars;
    size_t exemplar_count;
};

#define SHARED(point)                                                          \
    {                                                                          \
        {(point)->attributes, (point)->n_attributes}, (point)->flags,          \
            (point)->start_time_unix_nano, (point)->exemplars,                 \
            (point)->n_exemplars                                               \
    }

/* Reads the resource and the scope at their first point: many scopes have no
 * points. */
static bool read_source(struct walk *walk) {
    struct pushed *out = walk->points->out;
    if (!walk->resourced)
        walk->resourced = otlp_resource_read(&walk->resource,
                                             walk->group->resource, out) == 0;
    if (!walk->sourced && walk->resourced)
        walk->sourced =
            otlp_source_read(&walk->source, &walk->resource, walk->scope->scope,
                             &walk->scope->schema_url,
                             (size_t)walk->limits->label_value_bytes, out) == 0;
    return walk->sourced;
}

/* Sets the process that the running totals belong to. */
static enum point_result set_pusher(struct walk *walk,
                                    const struct shared *shared) {
    struct points *points = walk->points;
    const struct otlp_source *source = &walk->source;
    if (source->too_long)
        return points_refuse(points, REJECT_LABEL_TOO_LONG, NULL,
                             "service.instance.id, service.name or a part of "
                             "the scope has more than %zu bytes, must have at "
                             "most limits.label_value_bytes",
                             (size_t)walk->limits->label_value_bytes);
    if (!source->pusher)
        return points_refuse(
            points, REJECT_TEMPORALITY, NULL,
            "running totals of an unknown process; set service.instance.id, or "
            "prefer delta temporality "
            "(OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta)");
    points->point.pusher = source->pusher;
    points->point.pusher_len = source->pusher_len;
    points->point.epoch =
        shared->start <= INT64_MAX ? (int64_t)shared->start : 0;
    return POINT_FINE;
}

static enum point_result set_stream(struct walk *walk,
                                    const struct shared *shared) {
    struct pushed_point *point = &walk->points->point;
    switch (walk->stream) {
    case STREAM_STATE:
        return POINT_FINE;
    case STREAM_CHANGE:
        point->relative = true;
        return POINT_FINE;
    case STREAM_ADDED:
        point->temporality = TEMPORALITY_DELTA;
        return POINT_FINE;
    case STREAM_TOTAL:
        point->temporality = TEMPORALITY_CUMULATIVE;
        return set_pusher(walk, shared);
    case STREAM_UNKNOWN:
        break;
    }
    return points_refuse(walk->points, REJECT_TEMPORALITY, NULL,
                         "aggregationTemporality is %" PRId32
                         ", must be %d (delta) or %d (cumulative)",
                         walk->temporality, DELTA, CUMULATIVE);
}

/* Begins a point and sets all but its value. */
static enum point_result begin(struct walk *walk, const struct shared *shared) {
    struct points *points = walk->points;
    enum point_result result =
        points_begin(points, strbuf_text(&walk->name), walk->name.len);
    if (result != POINT_FINE)
        return result;
    if (shared->flags & NO_RECORDED_VALUE)
        return points_refuse(points, REJECT_INVALID_VALUE, NULL,
                             "it has no recorded value (flags), must have one");
    if (!read_source(walk))
        return POINT_NO_MEMORY;
    result = otlp_label_point(points, shared->attributes);
    if (result != POINT_FINE)
        return result;
    otlp_source_offer(
        &walk->source,
        walk->stream == STREAM_ADDED || walk->stream == STREAM_CHANGE, points);
    return set_stream(walk, shared);
}

/* Adds the point with the values of *read. */
static enum point_result add(struct walk *walk, const struct shared *shared,
                             const struct pushed_series *read) {
    struct points *points = walk->points;
    struct pushed_series *series;
    enum point_result result = points_add(points, walk->type, walk->help,
                                          strbuf_text(&walk->unit), &series);
    if (result != POINT_FINE)
        return result;
    if (walk->type != METRIC_GAUGE &&
        otlp_exemplars_read(shared->exemplars, shared->exemplar_count,
                            &points->out->arena, &series->exemplars,
                            &series->exemplar_count) != 0)
        return POINT_NO_MEMORY;
    series->value = read->value;
    series->sum = read->sum;
    series->count = read->count;
    series->bounds = read->bounds;
    series->buckets = read->buckets;
    series->bound_count = read->bound_count;
    return POINT_FINE;
}

/* Numbers */

static enum point_result check_number(struct walk *walk,
                                      const Otlp__NumberDataPoint *point,
                                      double *value) {
    const int64_t exact = (int64_t)NUMBER_EXACT;
    switch (point->value_case) {
    case OTLP__NUMBER_DATA_POINT__VALUE_AS_DOUBLE:
        *value = point->as_double;
        return isfinite(*value)
                   ? POINT_FINE
                   : points_refuse(walk->points, REJECT_INVALID_VALUE, NULL,
                                   "the value is %g, must be finite", *value);
    case OTLP__NUMBER_DATA_POINT__VALUE_AS_INT:
        *value = (double)point->as_int;
        return point->as_int <= exact && point->as_int >= -exact
                   ? POINT_FINE
                   : points_refuse(walk->points, REJECT_INVALID_VALUE, NULL,
                                   "the value is %" PRId64
                                   ", must be between -2^53 and 2^53, or a "
                                   "double",
                                   point->as_int);
    default:
        return points_refuse(walk->points, REJECT_INVALID_SAMPLE, NULL,
                             "it has no value, must have asDouble or asInt");
    }
}

static enum point_result read_number(struct walk *walk,
                                     const Otlp__NumberDataPoint *point) {
    const struct shared shared = SHARED(point);
    struct pushed_series read = {.value = 0};
    enum point_result result = begin(walk, &shared);
    if (result == POINT_FINE)
        result = check_number(walk, point, &read.value);
    return result == POINT_FINE ? add(walk, &shared, &read) : result;
}

static int read_numbers(struct walk *walk, Otlp__NumberDataPoint *const *points,
                        size_t count) {
    for (size_t i = 0; i < count; i++)
        if (read_number(walk, points[i]) == POINT_NO_MEMORY)
            return -1;
    return 0;
}

/* Histograms and summaries */

static int read_histogram(struct walk *walk, const Otlp__Histogram *histogram) {
    for (size_t i = 0; i < histogram->n_data_points; i++) {
        const Otlp__HistogramDataPoint *point = histogram->data_points[i];
        const struct shared shared = SHARED(point);
        struct pushed_series read = {.value = 0};
        enum point_result result = begin(walk, &shared);
        if (result == POINT_FINE)
            result = otlp_histogram_read(walk->points, point, &read);
        if (result == POINT_FINE)
            result = add(walk, &shared, &read);
        if (result == POINT_NO_MEMORY)
            return -1;
    }
    return 0;
}

static int read_exponential(struct walk *walk,
                            const Otlp__ExponentialHistogram *histogram) {
    for (size_t i = 0; i < histogram->n_data_points; i++) {
        const Otlp__ExponentialHistogramDataPoint *point =
            histogram->data_points[i];
        const struct shared shared = SHARED(point);
        struct pushed_series read = {.value = 0};
        enum point_result result = begin(walk, &shared);
        if (result == POINT_FINE)
            result = otlp_exponential_read(walk->points, point, &read);
        if (result == POINT_FINE)
            result = add(walk, &shared, &read);
        if (result == POINT_NO_MEMORY)
            return -1;
    }
    return 0;
}

/* SDKs do not produce summaries, and quantiles of several processes cannot be
 * added. */
static int refuse_summary(struct walk *walk, size_t count) {
    struct points *points = walk->points;
    for (size_t i = 0; i < count; i++)
        if (points_begin(points, strbuf_text(&walk->name), walk->name.len) ==
            POINT_FINE)
            (void)points_refuse(points, REJECT_UNSUPPORTED_TYPE, NULL,
                                "summaries are not supported, must be a "
                                "histogram");
    return 0;
}

/* Metrics */

/* total is the result for cumulative temporality. */
static enum stream stream_of(int32_t temporality, enum stream added,
                             enum stream total) {
    return temporality == DELTA        ? added
           : temporality == CUMULATIVE ? total
                                       : STREAM_UNKNOWN;
}

static void describe(struct walk *walk, enum metric_type type,
                     enum stream stream, int32_t temporality) {
    walk->type = type;
    walk->stream = stream;
    walk->temporality = temporality;
}

static int read_sum(struct walk *walk, const Otlp__Sum *sum) {
    int32_t temporality = sum->aggregation_temporality;
    if (sum->is_monotonic)
        describe(walk, METRIC_COUNTER,
                 stream_of(temporality, STREAM_ADDED, STREAM_TOTAL),
                 temporality);
    else
        describe(walk, METRIC_GAUGE,
                 stream_of(temporality, STREAM_CHANGE, STREAM_STATE),
                 temporality);
    return read_numbers(walk, sum->data_points, sum->n_data_points);
}

static int read_data(struct walk *walk, const Otlp__Metric *metric) {
    int32_t temporality = 0;
    switch (metric->data_case) {
    case OTLP__METRIC__DATA_GAUGE:
        describe(walk, METRIC_GAUGE, STREAM_STATE, 0);
        return read_numbers(walk, metric->gauge->data_points,
                            metric->gauge->n_data_points);
    case OTLP__METRIC__DATA_SUM:
        return read_sum(walk, metric->sum);
    case OTLP__METRIC__DATA_HISTOGRAM:
        temporality = metric->histogram->aggregation_temporality;
        describe(walk, METRIC_HISTOGRAM,
                 stream_of(temporality, STREAM_ADDED, STREAM_TOTAL),
                 temporality);
        return read_histogram(walk, metric->histogram);
    case OTLP__METRIC__DATA_EXPONENTIAL_HISTOGRAM:
        temporality = metric->exponential_histogram->aggregation_temporality;
        describe(walk, METRIC_HISTOGRAM,
                 stream_of(temporality, STREAM_ADDED, STREAM_TOTAL),
                 temporality);
        return read_exponential(walk, metric->exponential_histogram);
    case OTLP__METRIC__DATA_SUMMARY:
        return refuse_summary(walk, metric->summary->n_data_points);
    default:
        return 0;
    }
}

static enum otlp_suffix suffix_of(const Otlp__Metric *metric) {
    if (metric->data_case == OTLP__METRIC__DATA_GAUGE)
        return OTLP_SUFFIX_RATIO;
    return metric->data_case == OTLP__METRIC__DATA_SUM &&
                   metric->sum->is_monotonic
               ? OTLP_SUFFIX_TOTAL
               : OTLP_SUFFIX_NONE;
}

static int read_metric(struct walk *walk, const Otlp__Metric *metric) {
    const ProtobufCBinaryData *help = &metric->description;
    strbuf_reset(&walk->name);
    strbuf_reset(&walk->unit);
    otlp_name(&metric->name, &metric->unit, suffix_of(metric), &walk->name,
              &walk->unit);
    walk->help =
        arena_copy(&walk->points->out->arena,
                   help->len > 0 ? (const char *)help->data : "", help->len);
    if (walk->name.failed || walk->unit.failed || !walk->help)
        return -1;
    return read_data(walk, metric);
}

static int read_resource(struct walk *walk,
                         const Otlp__ResourceMetrics *group) {
    walk->group = group;
    walk->resourced = false;
    for (size_t i = 0; i < group->n_scope_metrics; i++) {
        walk->scope = group->scope_metrics[i];
        walk->sourced = false;
        for (size_t j = 0; j < walk->scope->n_metrics; j++)
            if (read_metric(walk, walk->scope->metrics[j]) != 0)
                return -1;
    }
    return 0;
}

int otlp_read_metrics(const char *bytes, size_t len,
                      enum otlp_encoding encoding, const struct limits *limits,
                      struct points *points, struct err *err) {
    struct walk walk = {.points = points, .limits = limits};
    int result = 0;
    if (len == 0)
        return 0;
    const Otlp__ExportMetricsServiceRequest *request =
        (const Otlp__ExportMetricsServiceRequest *)otlp_read(
            &otlp__export_metrics_service_request__descriptor, bytes, len,
            encoding, &points->out->arena, err);
    if (!request)
        return -1;
    for (size_t i = 0; i < request->n_resource_metrics && result == 0; i++)
        result = read_resource(&walk, request->resource_metrics[i]);
    strbuf_free(&walk.name);
    strbuf_free(&walk.unit);
    return result == 0 ? 0 : err_no_memory(err);
}

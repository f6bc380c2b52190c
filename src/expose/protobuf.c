#include "expose/protobuf.h"

#include <math.h>
#include <string.h>

#include "metric_family.pb-c.h"

static void write_message(const Pb__MetricFamily *message, struct strbuf *out) {
    const size_t len = pb__metric_family__get_packed_size(message);
    if (!strbuf_reserve(out, len))
        return;
    out->len +=
        pb__metric_family__pack(message, (uint8_t *)out->data + out->len);
    out->data[out->len] = '\0';
}

/* protobuf-c's structs lack const, but packing only reads them. */
static ProtobufCBinaryData text_of(const char *text, size_t len) {
    return (ProtobufCBinaryData){len, (uint8_t *)text};
}

void protobuf_write_family(const struct family *family, const char *help,
                           const char *unit, struct strbuf *out) {
    static const Pb__MetricType types[] = {
        [METRIC_COUNTER] = PB__METRIC_TYPE__COUNTER,
        [METRIC_GAUGE] = PB__METRIC_TYPE__GAUGE,
        [METRIC_HISTOGRAM] = PB__METRIC_TYPE__HISTOGRAM,
        [METRIC_SUMMARY] = PB__METRIC_TYPE__SUMMARY,
        [METRIC_UNTYPED] = PB__METRIC_TYPE__UNTYPED,
    };
    _Static_assert(sizeof(types) / sizeof(types[0]) == METRIC_TYPES,
                   "one for each type");
    Pb__MetricFamily message = PB__METRIC_FAMILY__INIT;
    message.has_name = true;
    message.name = text_of(family->name, strlen(family->name));
    message.has_help = *help != '\0';
    message.help = text_of(help, strlen(help));
    message.has_type = true;
    message.type = types[family->type];
    message.has_unit = *unit != '\0';
    message.unit = text_of(unit, strlen(unit));
    write_message(&message, out);
}

/* Labels */

/* Copies a value without its escapes, up to the quote; returns the position
 * after the quote. */
static const char *copy_value(const char *at, char *copy, size_t *len) {
    *len = 0;
    for (; *at != '"'; at++) {
        const bool escaped = *at == '\\';
        if (escaped)
            at++;
        copy[(*len)++] = escaped && *at == 'n' ? '\n' : *at;
    }
    return at + 1;
}

/* An upper limit of the number of labels: a value may contain the sign too. */
static size_t count_signs(const char *labels, size_t len) {
    const char *const end = labels + len;
    size_t count = 0;
    for (const char *at = labels;
         at < end && (at = memchr(at, '=', (size_t)(end - at))); at++)
        count++;
    return count;
}

/* NULL when memory ran out. */
static Pb__LabelPair **read_labels(const char *labels, size_t len,
                                   struct arena *arena, size_t *count) {
    const size_t room = count_signs(labels, len);
    Pb__LabelPair **list = arena_take(arena, room * sizeof(Pb__LabelPair *));
    Pb__LabelPair *pairs = arena_take(arena, room * sizeof(*pairs));
    char *values = arena_take(arena, len);
    *count = 0;
    if (!list || !pairs || !values)
        return NULL;
    for (const char *at = labels; at < labels + len; at++) {
        const char *sign = memchr(at, '=', len - (size_t)(at - labels));
        size_t value_len;
        Pb__LabelPair *pair = &pairs[*count];
        pb__label_pair__init(pair);
        pair->has_name = pair->has_value = true;
        pair->name = text_of(at, (size_t)(sign - at));
        at = copy_value(sign + 2, values, &value_len);
        pair->value = text_of(values, value_len);
        values += value_len;
        list[(*count)++] = pair;
    }
    return list;
}

/* Times and exemplars */

/* NULL for no time, and when memory ran out. */
static Pb__Timestamp *make_start(const struct series *series,
                                 struct arena *arena) {
    Pb__Timestamp *start =
        series->created_at > 0 ? arena_take(arena, sizeof(*start)) : NULL;
    if (!start)
        return NULL;
    pb__timestamp__init(start);
    start->has_seconds = true;
    start->seconds = series->created_at;
    return start;
}

/* NULL for no time, and when memory ran out. */
static Pb__Timestamp *make_time(double time, struct arena *arena) {
    const int64_t micros = llround(time * 1e6);
    Pb__Timestamp *message =
        micros > 0 ? arena_take(arena, sizeof(*message)) : NULL;
    if (!message)
        return NULL;
    pb__timestamp__init(message);
    message->has_seconds = message->has_nanos = true;
    message->seconds = micros / 1000000;
    message->nanos = (int32_t)(micros % 1000000) * 1000;
    return message;
}

static Pb__Exemplar *make_exemplar(const struct exemplars *exemplars,
                                   size_t line, struct arena *arena) {
    const struct shown_exemplar *shown = exemplars_of(exemplars, line);
    Pb__Exemplar *message = shown ? arena_take(arena, sizeof(*message)) : NULL;
    if (!message)
        return NULL;
    pb__exemplar__init(message);
    message->label = read_labels(exemplars->text.data + shown->labels,
                                 shown->labels_len, arena, &message->n_label);
    message->has_value = true;
    message->value = shown->value;
    message->timestamp = make_time(shown->time, arena);
    return message;
}

/* Values: each is NULL when memory ran out. */

static Pb__Gauge *make_gauge(const struct series *series, struct arena *arena) {
    Pb__Gauge *gauge = arena_take(arena, sizeof(*gauge));
    if (!gauge)
        return NULL;
    pb__gauge__init(gauge);
    gauge->has_value = true;
    gauge->value = series->value;
    return gauge;
}

static Pb__Untyped *make_untyped(const struct series *series,
                                 struct arena *arena) {
    Pb__Untyped *untyped = arena_take(arena, sizeof(*untyped));
    if (!untyped)
        return NULL;
    pb__untyped__init(untyped);
    untyped->has_value = true;
    untyped->value = series->value;
    return untyped;
}

static Pb__Counter *make_counter(const struct series *series,
                                 const struct exemplars *exemplars,
                                 struct arena *arena) {
    Pb__Counter *counter = arena_take(arena, sizeof(*counter));
    if (!counter)
        return NULL;
    pb__counter__init(counter);
    counter->has_value = true;
    counter->value = series->value;
    counter->exemplar = make_exemplar(exemplars, 0, arena);
    counter->created_timestamp = make_start(series, arena);
    return counter;
}

static Pb__Summary *make_summary(const struct series *series,
                                 struct arena *arena) {
    Pb__Summary *summary = arena_take(arena, sizeof(*summary));
    if (!summary)
        return NULL;
    pb__summary__init(summary);
    summary->has_sample_count = summary->has_sample_sum = true;
    summary->sample_count = series->count;
    summary->sample_sum = series->sum;
    summary->created_timestamp = make_start(series, arena);
    return summary;
}

/* Includes the +Inf bucket. */
static void fill_buckets(Pb__Histogram *histogram, const struct family *family,
                         const uint64_t *counts,
                         const struct exemplars *exemplars, Pb__Bucket *buckets,
                         struct arena *arena) {
    uint64_t cumulative = 0;
    for (size_t i = 0; i <= family->bound_count; i++) {
        Pb__Bucket *bucket = histogram->bucket[i] = &buckets[i];
        pb__bucket__init(bucket);
        cumulative += counts[i];
        bucket->has_cumulative_count = bucket->has_upper_bound = true;
        bucket->cumulative_count = cumulative;
        bucket->upper_bound =
            i < family->bound_count ? family->bounds[i] : (double)INFINITY;
        bucket->exemplar = make_exemplar(exemplars, i, arena);
    }
    histogram->n_bucket = family->bound_count + 1;
    histogram->sample_count = cumulative;
}

static Pb__Histogram *make_histogram(const struct family *family,
                                     const struct series *series,
                                     const uint64_t *counts,
                                     const struct exemplars *exemplars,
                                     struct arena *arena) {
    const size_t count = family->bound_count + 1;
    Pb__Histogram *histogram = arena_take(arena, sizeof(*histogram));
    Pb__Bucket *buckets = arena_take(arena, count * sizeof(*buckets));
    Pb__Bucket **list = arena_take(arena, count * sizeof(Pb__Bucket *));
    if (!histogram || !buckets || !list)
        return NULL;
    pb__histogram__init(histogram);
    histogram->bucket = list;
    histogram->has_sample_count = histogram->has_sample_sum = true;
    histogram->sample_sum = series->sum;
    histogram->created_timestamp = make_start(series, arena);
    fill_buckets(histogram, family, counts, exemplars, buckets, arena);
    return histogram;
}

/* -1 when the buckets are not in the stored form. */
static int set_value(Pb__Metric *metric, const struct family *family,
                     const struct series *series,
                     const struct exemplars *exemplars, struct arena *arena) {
    uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1];
    switch (family->type) {
    case METRIC_COUNTER:
        metric->counter = make_counter(series, exemplars, arena);
        break;
    case METRIC_GAUGE:
        metric->gauge = make_gauge(series, arena);
        break;
    case METRIC_UNTYPED:
        metric->untyped = make_untyped(series, arena);
        break;
    case METRIC_SUMMARY:
        metric->summary = make_summary(series, arena);
        break;
    case METRIC_HISTOGRAM:
        if (!series->buckets ||
            histogram_read_json(series->buckets, series->buckets_len, counts,
                                family->bound_count + 1) != 0)
            return -1;
        metric->histogram =
            make_histogram(family, series, counts, exemplars, arena);
        break;
    }
    return 0;
}

int protobuf_write_series(const struct family *family,
                          const struct series *series, const char *labels,
                          size_t len, const struct exemplars *exemplars,
                          struct arena *scratch, struct strbuf *out) {
    Pb__MetricFamily message = PB__METRIC_FAMILY__INIT;
    Pb__Metric metric = PB__METRIC__INIT;
    Pb__Metric *only = &metric;
    arena_reset(scratch);
    message.n_metric = 1;
    message.metric = &only;
    metric.label = read_labels(labels, len, scratch, &metric.n_label);
    if (set_value(&metric, family, series, exemplars, scratch) != 0)
        return -1;
    if (scratch->failed)
        out->failed = true;
    else
        write_message(&message, out);
    return 0;
}

#include "ingest/protobuf.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"
#include "ingest/builder.h"
#include "ingest/native.h"
#include "ingest/unpack.h"
#include "metric_family.pb-c.h"

/* protobuf limits a message to 2 GiB, a varint of 5 bytes. */
enum { LENGTH_BYTES_MAX = 5 };

static const char *text_of(const ProtobufCBinaryData *text) {
    return text->len > 0 ? (const char *)text->data : "";
}

/* Metrics */

static int read_labels(struct builder *builder, const Pb__Metric *metric) {
    for (size_t i = 0; i < metric->n_label; i++) {
        const Pb__LabelPair *pair = metric->label[i];
        if (builder_label(builder, text_of(&pair->name), pair->name.len,
                          text_of(&pair->value), pair->value.len) != 0)
            return -1;
    }
    if (builder_series(builder) != 0)
        return -1;
    return builder->added ? 0 : builder_repeated(builder);
}

/* A count is a double unless that is 0, else an integer. */
static int read_count(struct builder *builder, const char *what,
                      uint64_t integer, double number, uint64_t *count) {
    if (number != 0 || integer >= (uint64_t)NUMBER_EXACT)
        return builder_whole(builder, what,
                             number != 0 ? number : (double)integer, count);
    *count = integer;
    return 0;
}

/* A malformed exemplar is left out; its metric stays. */

static bool is_text(const ProtobufCBinaryData *bytes) {
    return utf8_valid(text_of(bytes), bytes->len) &&
           !memchr(text_of(bytes), '\0', bytes->len);
}

/* Reads the value of labels[i] of the exemplar. */
static bool read_exemplar_label(const Pb__Exemplar *exemplar, size_t i,
                                struct label *labels) {
    const Pb__LabelPair *pair = exemplar->label[i];
    for (size_t k = 0; k < i; k++)
        if (pair->name.len == exemplar->label[k]->name.len &&
            memcmp(text_of(&pair->name), text_of(&exemplar->label[k]->name),
                   pair->name.len) == 0)
            return false;
    labels[i].value = text_of(&pair->value);
    labels[i].value_len = pair->value.len;
    return label_name_fault(text_of(&pair->name), pair->name.len) ==
               NAME_FINE &&
           is_text(&pair->value);
}

static double seconds_of(const Pb__Timestamp *time) {
    return time ? (double)time->seconds + time->nanos / 1e9 : 0;
}

/* bound is the upper bound of the exemplar's bucket; greater values are
 * malformed. */
static int read_exemplar(struct builder *builder, const Pb__Exemplar *exemplar,
                         double bound) {
    struct label labels[PUSHED_LABELS_MAX];
    if (!exemplar || exemplar->n_label > PUSHED_LABELS_MAX ||
        !(exemplar->value <= bound))
        return 0;
    for (size_t i = 0; i < exemplar->n_label; i++)
        if (!read_exemplar_label(exemplar, i, labels))
            return 0;
    for (size_t i = 0; i < exemplar->n_label; i++) {
        const ProtobufCBinaryData *name = &exemplar->label[i]->name;
        labels[i].name =
            pushed_label_name(builder->out, text_of(name), name->len);
        if (!labels[i].name)
            return err_no_memory(builder->err);
    }
    return builder_exemplar(builder, labels, exemplar->n_label, exemplar->value,
                            seconds_of(exemplar->timestamp));
}

/* Values */

/* Reads sum and count of a histogram or summary. */
static int read_observations(struct builder *builder, double sum,
                             uint64_t integer, double number) {
    uint64_t count;
    if (builder_sum(builder, sum) != 0 ||
        read_count(builder, "count", integer, number, &count) != 0)
        return -1;
    return builder_count(builder, count);
}

static int read_native(struct builder *builder,
                       const Pb__Histogram *histogram) {
    if (native_read(builder, histogram) != 0)
        return -1;
    for (size_t i = 0; i < histogram->n_exemplars; i++)
        if (read_exemplar(builder, histogram->exemplars[i], INFINITY) != 0)
            return -1;
    return 0;
}

static int read_histogram(struct builder *builder,
                          const Pb__Histogram *histogram) {
    if (read_observations(builder, histogram->sample_sum,
                          histogram->sample_count,
                          histogram->sample_count_float) != 0)
        return -1;
    if (histogram->n_bucket == 0 && native_is(histogram))
        return read_native(builder, histogram);
    for (size_t i = 0; i < histogram->n_bucket; i++) {
        const Pb__Bucket *bucket = histogram->bucket[i];
        uint64_t count;
        if (read_count(builder, "count of a bucket", bucket->cumulative_count,
                       bucket->cumulative_count_float, &count) != 0 ||
            builder_bucket(builder, bucket->upper_bound, count) != 0 ||
            read_exemplar(builder, bucket->exemplar, bucket->upper_bound) != 0)
            return -1;
    }
    return 0;
}

/* Refuses a metric unless its only value is of the family's type. */
static int check_field(struct builder *builder, enum metric_type type,
                       const Pb__Metric *metric) {
    const struct {
        enum metric_type type;
        bool there;
    } fields[] = {
        {METRIC_COUNTER, metric->counter != NULL},
        {METRIC_GAUGE, metric->gauge != NULL},
        {METRIC_HISTOGRAM, metric->histogram != NULL},
        {METRIC_SUMMARY, metric->summary != NULL},
        {METRIC_UNTYPED, metric->untyped != NULL},
    };
    bool there = false;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (fields[i].there && fields[i].type != type)
            return builder_refuse(
                builder, BUILDER_SERIES, ERR_VALUE,
                "it has a value of the type %s, must have one "
                "of its family's type, %s",
                metric_type_name(fields[i].type), metric_type_name(type));
        there = there || fields[i].there;
    }
    if (!there)
        return builder_refuse(builder, BUILDER_SERIES, ERR_VALUE,
                              "it has no value, must have one of its family's "
                              "type, %s",
                              metric_type_name(type));
    return 0;
}

/* Reads the metric's only value. */
static int read_value(struct builder *builder, const Pb__Metric *metric) {
    if (metric->histogram)
        return read_histogram(builder, metric->histogram);
    if (metric->summary)
        return read_observations(builder, metric->summary->sample_sum,
                                 metric->summary->sample_count, 0);
    if (metric->counter)
        return builder_value(builder, metric->counter->value) == 0
                   ? read_exemplar(builder, metric->counter->exemplar, INFINITY)
                   : -1;
    return builder_value(builder, metric->gauge ? metric->gauge->value
                                                : metric->untyped->value);
}

static int read_metric(struct builder *builder, const Pb__Metric *metric) {
    const struct pushed_family *family =
        &builder->out->families[builder->family];
    builder_begin(builder);
    if (read_labels(builder, metric) != 0)
        return -1;
    if (metric->has_timestamp_ms)
        return builder_refuse(
            builder, BUILDER_SERIES, ERR_VALUE,
            "it has a timestamp, must not have one in a push");
    if (family->unsupported)
        return 0;
    return check_field(builder, family->type, metric) == 0
               ? read_value(builder, metric)
               : -1;
}

/* Families */

static int read_type(struct builder *builder, int type) {
    static const enum metric_type types[] = {
        [PB__METRIC_TYPE__COUNTER] = METRIC_COUNTER,
        [PB__METRIC_TYPE__GAUGE] = METRIC_GAUGE,
        [PB__METRIC_TYPE__SUMMARY] = METRIC_SUMMARY,
        [PB__METRIC_TYPE__UNTYPED] = METRIC_UNTYPED,
        [PB__METRIC_TYPE__HISTOGRAM] = METRIC_HISTOGRAM,
        [PB__METRIC_TYPE__GAUGE_HISTOGRAM] = METRIC_UNTYPED,
    };
    if (type >= 0 && type < (int)(sizeof(types) / sizeof(types[0])))
        return builder_type(builder, types[type],
                            type == PB__METRIC_TYPE__GAUGE_HISTOGRAM);
    return builder_refuse(builder, BUILDER_SERIES, ERR_VALUE,
                          "the type is %d, must be 0 (counter), 1 (gauge), 2 "
                          "(summary), 3 (untyped) or 4 (histogram)",
                          type);
}

static int read_family(struct builder *builder,
                       const Pb__MetricFamily *message) {
    if (builder_family(builder, text_of(&message->name), message->name.len,
                       "") != 0 ||
        read_type(builder, (int)message->type) != 0 ||
        builder_describe(builder, text_of(&message->help), message->help.len,
                         text_of(&message->unit), message->unit.len) != 0)
        return -1;
    for (size_t i = 0; i < message->n_metric; i++)
        if (read_metric(builder, message->metric[i]) != 0)
            return -1;
    return 0;
}

/* Messages */

static int refuse_message(struct builder *builder, const struct err *err) {
    if (err->code == ERR_MEMORY)
        return err_no_memory(builder->err);
    if (err->code == ERR_LIMIT)
        return builder_refuse(builder, BUILDER_SERIES, ERR_LIMIT, "%s",
                              err->message);
    return builder_refuse(builder, BUILDER_SERIES, ERR_SYNTAX,
                          "it is not an io.prometheus.client.MetricFamily");
}

/* The arena is emptied after each message. */
static int read_message(struct builder *builder, struct arena *arena,
                        const char *bytes, size_t len) {
    struct err err = {.code = ERR_NONE};
    arena_reset(arena);
    const struct ProtobufCMessage *message =
        unpack(&pb__metric_family__descriptor, bytes, len, arena, &err);
    return message ? read_family(builder, (const Pb__MetricFamily *)message)
                   : refuse_message(builder, &err);
}

/* Reads a varint at bytes[0..len). Returns its number of bytes, 0 after an
 * error. */
static size_t read_length(struct builder *builder, const char *bytes,
                          size_t len, uint64_t *out) {
    uint64_t value = 0;
    for (size_t i = 0; i < LENGTH_BYTES_MAX; i++) {
        if (i == len) {
            (void)builder_refuse(builder, BUILDER_SERIES, ERR_SYNTAX,
                                 "its length is cut off");
            return 0;
        }
        unsigned char byte = (unsigned char)bytes[i];
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *out = value;
            return i + 1;
        }
    }
    (void)builder_refuse(builder, BUILDER_SERIES, ERR_SYNTAX,
                         "its length has more than %d bytes, must be a varint "
                         "of at most %d",
                         LENGTH_BYTES_MAX, LENGTH_BYTES_MAX);
    return 0;
}

static int read_messages(struct builder *builder, struct arena *arena,
                         const char *bytes, size_t len) {
    size_t at = 0;
    while (at < len) {
        uint64_t size;
        builder_message(builder, at);
        size_t prefix = read_length(builder, bytes + at, len - at, &size);
        if (prefix == 0)
            return -1;
        at += prefix;
        if (size > len - at)
            return builder_refuse(builder, BUILDER_SERIES, ERR_SYNTAX,
                                  "it has %" PRIu64
                                  " bytes, but only %zu follow",
                                  size, len - at);
        if (read_message(builder, arena, bytes + at, (size_t)size) != 0)
            return -1;
        at += (size_t)size;
    }
    return 0;
}

int ingest_protobuf(const char *bytes, size_t len, struct pushed *out,
                    struct err *err) {
    struct builder builder = {.out = out, .err = err};
    struct arena arena = {0};
    int result = read_messages(&builder, &arena, bytes, len);
    if (result == 0)
        result = builder_end(&builder);
    arena_free(&arena);
    builder_free(&builder);
    return result;
}

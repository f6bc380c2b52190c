#include "ingest/protobuf.h"

#include <inttypes.h>

#include "ingest/draft.h"
#include "metric_family.pb-c.h"

/* What protobuf-c may take for a message: so many bytes for each of its bytes,
 * and some for a small one. What clients push takes up to 16, or 25 where they
 * leave out zeros; an empty metric of 2 bytes takes more than 100. */
enum { MEMORY_FACTOR = 32, MEMORY_SMALL = 64 << 10 };

/* protobuf's own limit for a message is 2 GiB, the varint of which has 5
 * bytes. */
enum { LENGTH_BYTES_MAX = 5 };

/* Of one message; all of it goes before the next one. */
struct memory {
    struct arena arena;
    size_t left;
    enum err_code failure;
};

static const char *text_of(const ProtobufCBinaryData *text) {
    return text->len > 0 ? (const char *)text->data : "";
}

/* Metrics */

static int read_labels(struct draft *draft, const Pb__Metric *metric) {
    for (size_t i = 0; i < metric->n_label; i++) {
        const Pb__LabelPair *pair = metric->label[i];
        if (draft_label(draft, text_of(&pair->name), pair->name.len,
                        text_of(&pair->value), pair->value.len) != 0)
            return -1;
    }
    return draft_end_labels(draft);
}

static int read_summary(struct draft *draft, const Pb__Summary *summary) {
    if (draft_sum(draft, summary->sample_sum) != 0)
        return -1;
    return draft_count(draft, "count", summary->sample_count, 0,
                       &draft->series.count);
}

static int read_buckets(struct draft *draft, const Pb__Histogram *histogram) {
    for (size_t i = 0; i < histogram->n_bucket; i++) {
        const Pb__Bucket *bucket = histogram->bucket[i];
        uint64_t count;
        if (draft_count(draft, "count of a bucket", bucket->cumulative_count,
                        bucket->cumulative_count_float, &count) != 0 ||
            draft_bucket(draft, bucket->upper_bound, count) != 0)
            return -1;
    }
    return draft_end_buckets(draft);
}

static int read_histogram(struct draft *draft, const Pb__Histogram *histogram) {
    bool native = histogram->has_schema || histogram->has_zero_threshold ||
                  histogram->has_zero_count ||
                  histogram->has_zero_count_float ||
                  histogram->has_negative_span || histogram->has_positive_span;
    if (native && histogram->n_bucket == 0)
        return draft_refuse(draft, ERR_VALUE,
                            "native histograms are not supported, must have "
                            "classic buckets");
    if (draft_sum(draft, histogram->sample_sum) != 0 ||
        draft_count(draft, "count", histogram->sample_count,
                    histogram->sample_count_float, &draft->series.count) != 0)
        return -1;
    return read_buckets(draft, histogram);
}

/* Refuses a metric unless it has a value of its family's type and no other. */
static int check_field(struct draft *draft, const Pb__Metric *metric) {
    const bool has[] = {
        [METRIC_COUNTER] = metric->counter != NULL,
        [METRIC_GAUGE] = metric->gauge != NULL,
        [METRIC_HISTOGRAM] = metric->histogram != NULL,
        [METRIC_SUMMARY] = metric->summary != NULL,
        [METRIC_UNTYPED] = metric->untyped != NULL,
    };
    _Static_assert(sizeof(has) / sizeof(has[0]) == METRIC_TYPES,
                   "one field for each metric type");
    const char *wanted = metric_type_name(draft->family->type);
    for (int i = 0; i < METRIC_TYPES; i++)
        if (has[i] && i != (int)draft->family->type)
            return draft_refuse(draft, ERR_VALUE,
                                "it has a value of the type %s, must have one "
                                "of its family's type, %s",
                                metric_type_name((enum metric_type)i), wanted);
    if (!has[draft->family->type])
        return draft_refuse(draft, ERR_VALUE,
                            "it has no value, must have one of its family's "
                            "type, %s",
                            wanted);
    return 0;
}

static int read_value(struct draft *draft, const Pb__Metric *metric) {
    switch (draft->family->type) {
    case METRIC_COUNTER:
        return draft_value(draft, metric->counter->value);
    case METRIC_GAUGE:
        return draft_value(draft, metric->gauge->value);
    case METRIC_HISTOGRAM:
        return read_histogram(draft, metric->histogram);
    case METRIC_SUMMARY:
        return read_summary(draft, metric->summary);
    case METRIC_UNTYPED:
        return draft_value(draft, metric->untyped->value);
    }
    return -1;
}

static int read_metric(struct draft *draft, const Pb__Metric *metric) {
    draft_series(draft);
    if (read_labels(draft, metric) != 0)
        return -1;
    if (metric->has_timestamp_ms)
        return draft_refuse(draft, ERR_VALUE,
                            "it has a timestamp, a push must not have one");
    if (!draft->family->unsupported &&
        (check_field(draft, metric) != 0 || read_value(draft, metric) != 0))
        return -1;
    return draft_add(draft);
}

/* Families */

static int read_type(struct draft *draft, int type) {
    switch (type) {
    case PB__METRIC_TYPE__COUNTER:
        return draft_type(draft, METRIC_COUNTER);
    case PB__METRIC_TYPE__GAUGE:
        return draft_type(draft, METRIC_GAUGE);
    case PB__METRIC_TYPE__SUMMARY:
        return draft_type(draft, METRIC_SUMMARY);
    case PB__METRIC_TYPE__UNTYPED:
        return draft_type(draft, METRIC_UNTYPED);
    case PB__METRIC_TYPE__HISTOGRAM:
        return draft_type(draft, METRIC_HISTOGRAM);
    case PB__METRIC_TYPE__GAUGE_HISTOGRAM:
        return draft_unsupported(draft);
    }
    return draft_refuse(draft, ERR_VALUE,
                        "the type is %d, must be 0 (counter), 1 (gauge), 2 "
                        "(summary), 3 (untyped) or 4 (histogram)",
                        type);
}

static int read_family(struct draft *draft, const Pb__MetricFamily *message) {
    if (draft_family(draft, text_of(&message->name), message->name.len) != 0 ||
        read_type(draft, (int)message->type) != 0 ||
        draft_help(draft, text_of(&message->help), message->help.len) != 0 ||
        draft_unit(draft, text_of(&message->unit), message->unit.len) != 0)
        return -1;
    for (size_t i = 0; i < message->n_metric; i++)
        if (read_metric(draft, message->metric[i]) != 0)
            return -1;
    return 0;
}

/* Messages */

/* Every piece counts 16 bytes more, as the arena rounds it up. */
static void *memory_take(void *context, size_t size) {
    struct memory *memory = context;
    const size_t more = 16;
    if (memory->left < more || memory->left - more < size) {
        memory->failure = ERR_LIMIT;
        return NULL;
    }
    memory->left -= size + more;
    void *piece = arena_take(&memory->arena, size);
    if (!piece)
        memory->failure = ERR_MEMORY;
    return piece;
}

static void memory_give(void *context, void *piece) {
    (void)context;
    (void)piece;
}

static int refuse_message(struct draft *draft, const struct memory *memory,
                          size_t len) {
    if (memory->failure == ERR_MEMORY)
        return draft_no_memory(draft);
    if (memory->failure == ERR_LIMIT)
        return draft_refuse(draft, ERR_LIMIT,
                            "its %zu bytes take more than %zu bytes of memory",
                            len, MEMORY_FACTOR * len + MEMORY_SMALL);
    return draft_refuse(draft, ERR_SYNTAX,
                        "it is not an io.prometheus.client.MetricFamily");
}

static int read_message(struct draft *draft, struct memory *memory,
                        const char *bytes, size_t len) {
    ProtobufCAllocator allocator = {memory_take, memory_give, memory};
    arena_reset(&memory->arena);
    memory->left = MEMORY_FACTOR * len + MEMORY_SMALL;
    memory->failure = ERR_NONE;
    const Pb__MetricFamily *message =
        pb__metric_family__unpack(&allocator, len, (const uint8_t *)bytes);
    return message ? read_family(draft, message)
                   : refuse_message(draft, memory, len);
}

/* Reads the varint that bytes[0..len) begins with; returns how many bytes it
 * has, 0 after an error. */
static size_t read_length(struct draft *draft, const char *bytes, size_t len,
                          uint64_t *out) {
    uint64_t value = 0;
    for (size_t i = 0; i < LENGTH_BYTES_MAX; i++) {
        if (i == len) {
            (void)draft_refuse(draft, ERR_SYNTAX, "its length is cut off");
            return 0;
        }
        unsigned char byte = (unsigned char)bytes[i];
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *out = value;
            return i + 1;
        }
    }
    (void)draft_refuse(draft, ERR_SYNTAX,
                       "its length has more than %d bytes, must be a varint "
                       "of at most %d",
                       LENGTH_BYTES_MAX, LENGTH_BYTES_MAX);
    return 0;
}

static int read_messages(struct draft *draft, struct memory *memory,
                         const char *bytes, size_t len) {
    size_t at = 0;
    while (at < len) {
        uint64_t size;
        draft_message(draft, at);
        size_t prefix = read_length(draft, bytes + at, len - at, &size);
        if (prefix == 0)
            return -1;
        at += prefix;
        if (size > len - at)
            return draft_refuse(draft, ERR_SYNTAX,
                                "it has %" PRIu64 " bytes, but only %zu follow",
                                size, len - at);
        if (read_message(draft, memory, bytes + at, (size_t)size) != 0)
            return -1;
        at += (size_t)size;
    }
    return 0;
}

int ingest_protobuf(const char *bytes, size_t len, struct pushed *out,
                    struct err *err) {
    struct draft draft = {.out = out, .err = err};
    struct memory memory = {.failure = ERR_NONE};
    int result = read_messages(&draft, &memory, bytes, len);
    arena_free(&memory.arena);
    draft_free(&draft);
    return result;
}

/* metric_families: length-prefixed protobuf messages of a scrape, as text. */
#ifndef TALLYMAN_TESTS_METRIC_FAMILIES_H
#define TALLYMAN_TESTS_METRIC_FAMILIES_H

#include <inttypes.h>
#include <math.h>

#include "base/number.h"
#include "check.h"
#include "metric_family.pb-c.h"

static inline void show_text(const ProtobufCBinaryData *text,
                             struct strbuf *out) {
    strbuf_add(out, text->len > 0 ? (const char *)text->data : "", text->len);
}

static inline void show_number(const char *before, protobuf_c_boolean there,
                               double value, struct strbuf *out) {
    char text[NUMBER_SIZE];
    assert_true(there);
    strbuf_add_string(out, before);
    strbuf_add(out, text, number_format(value, text));
}

static inline void show_count(const char *before, protobuf_c_boolean there,
                              uint64_t value, struct strbuf *out) {
    assert_true(there);
    strbuf_printf(out, "%s%" PRIu64, before, value);
}

static inline void show_time(const char *before, const Pb__Timestamp *time,
                             struct strbuf *out) {
    if (!time)
        return;
    assert_true(time->has_seconds);
    strbuf_printf(out, "%s%" PRIi64, before, time->seconds);
    if (time->has_nanos)
        strbuf_printf(out, "s %dns", (int)time->nanos);
}

/* Values as they are, in angle brackets. */
static inline void show_labels(Pb__LabelPair *const *labels, size_t count,
                               struct strbuf *out) {
    strbuf_add_char(out, '{');
    for (size_t i = 0; i < count; i++) {
        assert_true(labels[i]->has_name && labels[i]->has_value);
        strbuf_add_string(out, i > 0 ? "," : "");
        show_text(&labels[i]->name, out);
        strbuf_add_string(out, "=<");
        show_text(&labels[i]->value, out);
        strbuf_add_char(out, '>');
    }
    strbuf_add_char(out, '}');
}

static inline void show_exemplar(const Pb__Exemplar *exemplar,
                                 struct strbuf *out) {
    if (!exemplar)
        return;
    strbuf_add_string(out, " # ");
    show_labels(exemplar->label, exemplar->n_label, out);
    show_number(" ", exemplar->has_value, exemplar->value, out);
    show_time(" at ", exemplar->timestamp, out);
}

static inline void show_histogram(const Pb__Histogram *histogram,
                                  struct strbuf *out) {
    show_count(" count ", histogram->has_sample_count, histogram->sample_count,
               out);
    show_number(" sum ", histogram->has_sample_sum, histogram->sample_sum, out);
    for (size_t i = 0; i < histogram->n_bucket; i++) {
        const Pb__Bucket *bucket = histogram->bucket[i];
        show_number(", to ", bucket->has_upper_bound, bucket->upper_bound, out);
        show_count(" ", bucket->has_cumulative_count, bucket->cumulative_count,
                   out);
        show_exemplar(bucket->exemplar, out);
    }
    show_time(" since ", histogram->created_timestamp, out);
}

/* Returns the only value of the metric. */
static inline void show_metric(const ProtobufCBinaryData *name,
                               const Pb__Metric *metric, struct strbuf *out) {
    const Pb__Counter *counter = metric->counter;
    const Pb__Summary *summary = metric->summary;
    assert_int_equal((counter != NULL) + (summary != NULL) +
                         (metric->gauge != NULL) + (metric->untyped != NULL) +
                         (metric->histogram != NULL),
                     1);
    assert_false(metric->has_timestamp_ms);
    show_text(name, out);
    show_labels(metric->label, metric->n_label, out);
    if (counter) {
        show_number(" counter ", counter->has_value, counter->value, out);
        show_exemplar(counter->exemplar, out);
        show_time(" since ", counter->created_timestamp, out);
    } else if (summary) {
        show_count(" count ", summary->has_sample_count, summary->sample_count,
                   out);
        show_number(" sum ", summary->has_sample_sum, summary->sample_sum, out);
        show_time(" since ", summary->created_timestamp, out);
    } else if (metric->gauge) {
        show_number(" gauge ", metric->gauge->has_value, metric->gauge->value,
                    out);
    } else if (metric->untyped) {
        show_number(" untyped ", metric->untyped->has_value,
                    metric->untyped->value, out);
    } else {
        show_histogram(metric->histogram, out);
    }
    strbuf_add_char(out, '\n');
}

static inline void show_family(const Pb__MetricFamily *family,
                               struct strbuf *out) {
    assert_true(family->has_name && family->has_type);
    assert_ptr_equal(family->base.unknown_fields, NULL);
    strbuf_add_string(out, "= ");
    show_text(&family->name, out);
    strbuf_printf(out, " %s",
                  protobuf_c_enum_descriptor_get_value(
                      &pb__metric_type__descriptor, (int)family->type)
                      ->name);
    if (family->has_unit) {
        strbuf_add_string(out, " in ");
        show_text(&family->unit, out);
    }
    if (family->has_help) {
        strbuf_add_string(out, ": ");
        show_text(&family->help, out);
    }
    strbuf_add_char(out, '\n');
    for (size_t i = 0; i < family->n_metric; i++)
        show_metric(&family->name, family->metric[i], out);
}

/* Replaces bytes, which must be complete messages, by their text. */
static inline void show_families(struct strbuf *bytes) {
    struct strbuf out = {0};
    for (size_t at = 0; at < bytes->len;) {
        size_t len = 0;
        unsigned shift = 0;
        unsigned char byte;
        do {
            assert_true(at < bytes->len && shift < 35);
            byte = (unsigned char)bytes->data[at++];
            len |= (size_t)(byte & 0x7f) << shift;
            shift += 7;
        } while (byte >= 0x80);
        assert_true(len <= bytes->len - at);
        Pb__MetricFamily *family = pb__metric_family__unpack(
            NULL, len, (const uint8_t *)bytes->data + at);
        assert_non_null(family);
        show_family(family, &out);
        pb__metric_family__free_unpacked(family, NULL);
        at += len;
    }
    assert_false(out.failed);
    strbuf_free(bytes);
    *bytes = out;
}

#endif

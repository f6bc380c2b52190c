/* otlp_fixture: OpenTelemetry pushes, and their parsed points as text. */
#ifndef TALLYMAN_TESTS_OTLP_FIXTURE_H
#define TALLYMAN_TESTS_OTLP_FIXTURE_H

#include <inttypes.h>
#include <math.h>
#include <protobuf-c/protobuf-c.h>

#include "base/number.h"
#include "check.h"
#include "guard.h"
#include "ingest/otlp/metrics.h"
#include "otlp.pb-c.h"

static const struct limits otlp_limits = {.label_value_bytes = 40};

static inline void write_number(struct strbuf *out, double value) {
    char text[NUMBER_SIZE];
    strbuf_add(out, text, number_format(value, text));
}

static inline void write_point(struct strbuf *out,
                               const struct pushed_point *point) {
    static const char *const temporalities[] = {[TEMPORALITY_LISTED] = "",
                                                [TEMPORALITY_DELTA] = " delta",
                                                [TEMPORALITY_CUMULATIVE] =
                                                    " total"};
    strbuf_add_string(out, " + ");
    label_set_write_json(point->offered, point->offered_count, out);
    strbuf_printf(out, " %zu%s%s", point->identity,
                  temporalities[point->temporality],
                  point->relative ? " relative" : "");
    if (point->pusher)
        strbuf_printf(out, " of %s since %" PRId64, point->pusher,
                      point->epoch);
    for (size_t i = 0; i < point->observed_count; i++) {
        strbuf_add_string(out, i == 0 ? " observed " : ",");
        write_number(out, point->observed[i].value);
        strbuf_printf(out, "x%" PRIu64, point->observed[i].count);
    }
}

static inline void write_values(struct strbuf *out, enum metric_type type,
                                const struct pushed_series *series) {
    if (type != METRIC_HISTOGRAM) {
        write_number(out, series->value);
        return;
    }
    strbuf_printf(out, "count %" PRIu64 " sum ", series->count);
    write_number(out, series->sum);
    for (size_t i = 0; series->buckets && i <= series->bound_count; i++) {
        strbuf_add_char(out, ' ');
        write_number(out, i < series->bound_count ? series->bounds[i]
                                                  : (double)INFINITY);
        strbuf_printf(out, ":%" PRIu64, series->buckets[i]);
    }
}

/* `  {labels} values + {offered} ...`. */
static inline void write_series(struct strbuf *out, enum metric_type type,
                                const struct pushed_series *series) {
    strbuf_add_string(out, "  ");
    label_set_write_json(series->labels, series->label_count, out);
    strbuf_add_char(out, ' ');
    write_values(out, type, series);
    write_point(out, series->point);
    strbuf_add_char(out, '\n');
    for (size_t i = 0; i < series->exemplar_count; i++) {
        const struct exemplar *exemplar = &series->exemplars[i];
        strbuf_printf(out, "    %.*s ", (int)exemplar->labels_len,
                      exemplar->labels);
        write_number(out, exemplar->value);
        strbuf_printf(out, " at %.3f\n", exemplar->time);
    }
}

/* Writes a line per family, followed by one per series, and the refusals with
 * the first message. */
static inline void write_push(struct strbuf *out, const struct pushed *pushed,
                              const struct batch *batch) {
    for (size_t i = 0; i < pushed_count(pushed); i++) {
        const struct pushed_family *family = &pushed->families[i];
        strbuf_printf(out, "%s %s \"%s\" %s\n", metric_type_name(family->type),
                      family->name, family->help, family->unit);
        for (size_t j = 0; j < family->count; j++)
            write_series(out, family->type, &family->series[j]);
    }
    for (int i = 0; i < REJECT_REASONS; i++)
        if (batch->rejected[i] > 0) {
            strbuf_printf(out, "%s %zu",
                          reject_reason_name((enum reject_reason)i),
                          batch->rejected[i]);
            batch_write_names(batch, (enum reject_reason)i, out);
            strbuf_add_char(out, '\n');
        }
    if (batch->first_rejected)
        strbuf_printf(out, "%s\n", batch->first_rejected);
}

/* Returns the points of a body that ends at unreadable memory, or the error.
 * The caller frees the text. */
static inline struct strbuf read_push(const char *bytes, size_t len,
                                      enum otlp_encoding encoding) {
    struct pushed pushed = {.room = 0};
    struct batch batch = {.count = 0};
    struct err err = {.message = ""};
    struct strbuf out = {0};
    struct points points = {.out = &pushed, .batch = &batch, .left = SIZE_MAX};
    strbuf_add_string(&out, "");
    if (otlp_read_metrics(guard_place(bytes, len), len, encoding, &otlp_limits,
                          &points, &err) == 0)
        write_push(&out, &pushed, &batch);
    else
        strbuf_printf(&out, "%s\n", err.message);
    batch_free(&batch);
    pushed_free(&pushed);
    return out;
}

/* Returns the protobuf of a valid push in JSON. The caller frees it. */
static inline struct strbuf to_protobuf(const char *json, size_t len) {
    struct arena arena = {0};
    struct err err = {.message = ""};
    struct strbuf out = {0};
    const ProtobufCMessage *message =
        otlp_read(&otlp__export_metrics_service_request__descriptor, json, len,
                  OTLP_JSON, &arena, &err);
    if (!message)
        fail_msg("%s", err.message);
    assert_true(
        strbuf_reserve(&out, protobuf_c_message_get_packed_size(message) + 1));
    out.len = protobuf_c_message_pack(message, (uint8_t *)out.data);
    arena_free(&arena);
    return out;
}

#endif

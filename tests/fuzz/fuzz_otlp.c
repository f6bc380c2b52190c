/* A push of OpenTelemetry in either encoding, JSON if it begins with a bracket:
 * an accepted push keeps the promises of pushed.h, a refused one has a message
 * that is text, and JSON gives the same result as protobuf. */
#include <assert.h>
#include <math.h>
#include <protobuf-c/protobuf-c.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "ingest/otlp/metrics.h"
#include "metrics/histogram.h"
#include "otlp.pb-c.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

static const struct limits limits = {.label_value_bytes = 128};

static void check_err(const struct err *err) {
    assert(err->code != ERR_NONE && err->message[0] != '\0' &&
           utf8_valid(err->message, strlen(err->message)));
}

static void check_labels(const struct label *labels, size_t count) {
    assert(count <= PUSHED_LABELS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct label *label = &labels[i];
        assert(label_name_fault(label->name, strlen(label->name)) == NAME_FINE);
        assert(!label_find(labels, i, label->name));
        assert(label->value_len > 0);
        assert(utf8_valid(label->value, label->value_len));
        assert(!memchr(label->value, '\0', label->value_len));
    }
}

static void check_point(const struct pushed_series *series) {
    const struct pushed_point *point = series->point;
    uint64_t sum = 0;
    check_labels(point->offered, point->offered_count);
    assert(point->identity <= 1 && point->identity <= point->offered_count);
    assert((point->temporality == TEMPORALITY_CUMULATIVE) ==
           (point->pusher != NULL));
    for (size_t i = 0; i < point->observed_count; i++) {
        assert(!isnan(point->observed[i].value));
        assert(point->observed[i].count > 0);
        sum += point->observed[i].count;
    }
    assert(!point->observed || sum == series->count);
}

static void check_buckets(const struct pushed_series *series) {
    uint64_t sum = 0;
    assert(series->bound_count <= HISTOGRAM_BOUNDS_MAX);
    for (size_t i = 0; i < series->bound_count; i++) {
        assert(isfinite(series->bounds[i]));
        assert(i == 0 || series->bounds[i] > series->bounds[i - 1]);
    }
    for (size_t i = 0; i <= series->bound_count; i++)
        sum += series->buckets[i];
    assert(sum == series->count);
}

static void check_series(enum metric_type type,
                         const struct pushed_series *series) {
    check_labels(series->labels, series->label_count);
    check_point(series);
    assert(series->count <= HISTOGRAM_COUNT_MAX);
    if (type == METRIC_HISTOGRAM && !series->point->observed)
        check_buckets(series);
    else
        assert(isfinite(series->value) && series->bound_count == 0);
    for (size_t i = 0; i < series->exemplar_count; i++) {
        const struct exemplar *exemplar = &series->exemplars[i];
        assert(isfinite(exemplar->value) && exemplar->time >= 0);
        assert(exemplar->labels_len ==
               strlen("{\"span_id\":\"\",\"trace_id\":\"\"}") + 48);
    }
}

/* Returns the number of series. */
static size_t check_pushed(const struct pushed *pushed) {
    size_t count = 0;
    for (size_t i = 0; i < pushed_count(pushed); i++) {
        const struct pushed_family *family = &pushed->families[i];
        assert(family->name_len == strlen(family->name));
        assert(metric_name_fault(family->name, family->name_len) == NAME_FINE);
        assert(utf8_valid(family->help, strlen(family->help)));
        assert(utf8_valid(family->unit, strlen(family->unit)));
        for (size_t j = 0; j < family->count; j++)
            check_series(family->type, &family->series[j]);
        count += family->count;
    }
    return count;
}

/* Counts the points accepted and refused; false for an unreadable body. */
static bool read_metrics(const char *bytes, size_t len,
                         enum otlp_encoding encoding, size_t counts[2]) {
    struct pushed pushed = {0};
    struct batch batch = {0};
    struct err err = {.message = ""};
    struct points points = {
        .out = &pushed, .batch = &batch, .left = 1000, .max = 1000};
    int result =
        otlp_read_metrics(bytes, len, encoding, &limits, &points, &err);
    counts[0] = result == 0 ? check_pushed(&pushed) : 0;
    counts[1] = batch_rejected(&batch);
    assert(counts[0] <= 1000);
    assert(!batch.first_rejected ||
           utf8_valid(batch.first_rejected, strlen(batch.first_rejected)));
    if (result != 0)
        check_err(&err);
    pushed_free(&pushed);
    batch_free(&batch);
    return result == 0;
}

/* Converts the message to protobuf, which the caller frees; NULL on failure. */
static char *read_message(const ProtobufCMessageDescriptor *type,
                          const char *bytes, size_t len,
                          enum otlp_encoding encoding, size_t *packed_len) {
    struct arena arena = {0};
    struct err err = {.message = ""};
    char *packed = NULL;
    const ProtobufCMessage *message =
        otlp_read(type, bytes, len, encoding, &arena, &err);
    if (message) {
        *packed_len = protobuf_c_message_get_packed_size(message);
        packed = malloc(*packed_len + 1);
        assert(packed);
        assert(protobuf_c_message_pack(message, (uint8_t *)packed) ==
               *packed_len);
    } else {
        check_err(&err);
    }
    arena_free(&arena);
    return packed;
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len) {
    const char *text = (const char *)bytes;
    enum otlp_encoding encoding =
        len > 0 && *text == '{' ? OTLP_JSON : OTLP_PROTOBUF;
    size_t counts[2];
    size_t again[2];
    size_t packed_len;
    bool taken = read_metrics(text, len, encoding, counts);
    char *packed =
        read_message(&otlp__export_metrics_service_request__descriptor, text,
                     len, encoding, &packed_len);
    if (len > 0)
        assert(taken == (packed != NULL));
    /* Fewer bytes have a lower limit of memory, and may exceed it. */
    if (packed && read_metrics(packed, packed_len, OTLP_PROTOBUF, again))
        assert(counts[0] == again[0] && counts[1] == again[1]);
    free(packed);
    free(read_message(&otlp__export_trace_service_request__descriptor, text,
                      len, encoding, &packed_len));
    return 0;
}

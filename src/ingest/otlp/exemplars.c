#include "ingest/otlp/exemplars.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"

/* In bytes (opentelemetry-proto, Exemplar). */
enum { TRACE_ID_SIZE = 16, SPAN_ID_SIZE = 8 };

static const double NANOSECOND = 1e-9;

/* An id of zeros is invalid. */
static bool is_id(const ProtobufCBinaryData *id, size_t size) {
    bool zero = true;
    for (size_t i = 0; i < id->len; i++)
        zero = zero && id->data[i] == 0;
    return id->len == size && !zero;
}

static bool has_value(const Otlp__Exemplar *exemplar, double *value) {
    *value = exemplar->value_case == OTLP__EXEMPLAR__VALUE_AS_INT
                 ? (double)exemplar->as_int
                 : exemplar->as_double;
    return exemplar->value_case != OTLP__EXEMPLAR__VALUE__NOT_SET &&
           isfinite(*value);
}

/* Canonical JSON: names ascend. */
static const char *write_labels(const Otlp__Exemplar *exemplar,
                                struct arena *arena, size_t *len) {
    static const char span[] = "{\"span_id\":\"";
    static const char trace[] = "\",\"trace_id\":\"";
    static const char end[] = "\"}";
    char text[sizeof(span) + sizeof(trace) + sizeof(end) +
              (size_t)2 * (TRACE_ID_SIZE + SPAN_ID_SIZE)];
    char *at = mempcpy(text, span, sizeof(span) - 1);
    at = hex_write(exemplar->span_id.data, exemplar->span_id.len, at);
    at = mempcpy(at, trace, sizeof(trace) - 1);
    at = hex_write(exemplar->trace_id.data, exemplar->trace_id.len, at);
    at = mempcpy(at, end, sizeof(end) - 1);
    *len = (size_t)(at - text);
    return arena_copy(arena, text, *len);
}

int otlp_exemplars_read(Otlp__Exemplar *const *exemplars, size_t count,
                        struct arena *arena, const struct exemplar **kept,
                        size_t *kept_count) {
    struct exemplar *list = NULL;
    size_t room = 0;
    *kept_count = 0;
    for (size_t i = 0; i < count; i++)
        room += is_id(&exemplars[i]->trace_id, TRACE_ID_SIZE) &&
                is_id(&exemplars[i]->span_id, SPAN_ID_SIZE);
    if (room > 0 && !(list = arena_take(arena, room * sizeof(*list))))
        return -1;
    for (size_t i = 0; i < count && room > 0; i++) {
        const Otlp__Exemplar *exemplar = exemplars[i];
        struct exemplar *next = &list[*kept_count];
        if (!is_id(&exemplar->trace_id, TRACE_ID_SIZE) ||
            !is_id(&exemplar->span_id, SPAN_ID_SIZE) ||
            !has_value(exemplar, &next->value))
            continue;
        next->time = (double)exemplar->time_unix_nano * NANOSECOND;
        next->labels = write_labels(exemplar, arena, &next->labels_len);
        if (!next->labels)
            return -1;
        ++*kept_count;
    }
    *kept = list;
    return 0;
}

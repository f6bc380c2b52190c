/* The text of a value. */
#include <inttypes.h>
#include <stdio.h>

#include "base/base64.h"
#include "base/json_writer.h"
#include "base/number.h"
#include "ingest/otlp/attributes.h"

/* The text so far. */
struct writing {
    struct json_writer json;
    struct arena *arena;
};

static const char *bytes_of(const ProtobufCBinaryData *bytes) {
    return bytes->len > 0 ? (const char *)bytes->data : "";
}

static void write_value(struct writing *writing, const char *key,
                        const Otlp__AnyValue *value);

/* otlp_read bounds the depth. NOLINTNEXTLINE(misc-no-recursion) */
static void write_array(struct writing *writing, const char *key,
                        const Otlp__ArrayValue *array) {
    json_writer_open(&writing->json, key, '[');
    for (size_t i = 0; i < array->n_values; i++)
        write_value(writing, NULL, array->values[i]);
    json_writer_close(&writing->json, ']');
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static void write_list(struct writing *writing, const char *key,
                       const Otlp__KeyValueList *list) {
    const size_t size = list->n_values * sizeof(void *);
    const Otlp__KeyValue **sorted = arena_take(writing->arena, size);
    size_t count =
        sorted ? otlp_attributes_sort(
                     (struct otlp_attributes){list->values, list->n_values},
                     sorted)
               : 0;
    json_writer_open(&writing->json, key, '{');
    for (size_t i = 0; i < count; i++) {
        const ProtobufCBinaryData *name = &sorted[i]->key;
        const char *text =
            arena_copy(writing->arena, bytes_of(name), name->len);
        write_value(writing, text ? text : "", sorted[i]->value);
    }
    json_writer_close(&writing->json, '}');
}

static void write_base64(struct json_writer *json, const char *key,
                         const ProtobufCBinaryData *bytes) {
    struct strbuf text = {0};
    base64_encode(bytes_of(bytes), bytes->len, &text);
    json_writer_text(json, key, strbuf_text(&text), text.len);
    json->out->failed = json->out->failed || text.failed;
    strbuf_free(&text);
}

static size_t integer_format(int64_t value, char out[NUMBER_SIZE]) {
    return (size_t)snprintf(out, NUMBER_SIZE, "%" PRId64, value);
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static void write_value(struct writing *writing, const char *key,
                        const Otlp__AnyValue *value) {
    struct json_writer *json = &writing->json;
    char digits[NUMBER_SIZE];
    switch (value ? value->value_case : OTLP__ANY_VALUE__VALUE__NOT_SET) {
    case OTLP__ANY_VALUE__VALUE_STRING_VALUE:
        json_writer_text(json, key, bytes_of(&value->string_value),
                         value->string_value.len);
        return;
    case OTLP__ANY_VALUE__VALUE_BOOL_VALUE:
        json_writer_boolean(json, key, value->bool_value);
        return;
    case OTLP__ANY_VALUE__VALUE_INT_VALUE:
        json_writer_raw(json, key, digits,
                        integer_format(value->int_value, digits));
        return;
    case OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE:
        json_writer_number(json, key, value->double_value);
        return;
    case OTLP__ANY_VALUE__VALUE_ARRAY_VALUE:
        write_array(writing, key, value->array_value);
        return;
    case OTLP__ANY_VALUE__VALUE_KVLIST_VALUE:
        write_list(writing, key, value->kvlist_value);
        return;
    case OTLP__ANY_VALUE__VALUE_BYTES_VALUE:
        write_base64(json, key, &value->bytes_value);
        return;
    default:
        json_writer_string(json, key, NULL);
    }
}

/* Writes a top-level value, which is not JSON if it is a scalar. */
static void write_text(struct writing *writing, const Otlp__AnyValue *value) {
    struct strbuf *out = writing->json.out;
    char digits[NUMBER_SIZE];
    switch (value->value_case) {
    case OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE:
        strbuf_add(out, digits, number_format(value->double_value, digits));
        return;
    case OTLP__ANY_VALUE__VALUE_BYTES_VALUE:
        base64_encode(bytes_of(&value->bytes_value), value->bytes_value.len,
                      out);
        return;
    default:
        write_value(writing, NULL, value);
    }
}

const char *otlp_text(const Otlp__AnyValue *value, struct arena *arena,
                      size_t *len) {
    struct strbuf out = {0};
    struct writing writing = {
        {.out = &out, .layout = JSON_COMPACT, .escape = JSON_ESCAPE_HIDDEN},
        arena};
    *len = 0;
    if (!value || value->value_case == OTLP__ANY_VALUE__VALUE__NOT_SET)
        return "";
    if (value->value_case == OTLP__ANY_VALUE__VALUE_STRING_VALUE) {
        *len = value->string_value.len;
        return arena_copy(arena, bytes_of(&value->string_value), *len);
    }
    write_text(&writing, value);
    *len = out.len;
    const char *text = out.failed || arena->failed
                           ? NULL
                           : arena_copy(arena, strbuf_text(&out), *len);
    strbuf_free(&out);
    return text;
}

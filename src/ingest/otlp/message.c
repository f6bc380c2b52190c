#include "ingest/otlp/message.h"

#include <limits.h>
#include <math.h>
#include <protobuf-c/protobuf-c.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/number.h"
#include "ingest/unpack.h"

/* Bytes of the longest field name of otlp.proto, with its NUL. */
enum { FIELD_NAME_SIZE = 40 };

/* The path of a value. */
struct place {
    const struct place *up; /* the parent; NULL: the message */
    const char *key;        /* NULL: an element */
    size_t index;
};

/* The conversion of a JSON document to a message. */
struct reading {
    struct arena *arena;
    size_t left; /* bytes that may still be allocated */
    struct err *err;
};

/* A message while it is filled from the members of an object. */
struct filling {
    struct reading *reading;
    ProtobufCMessage *message;
    const struct place *place;
};

static size_t write_place(const struct place *place, char *out, size_t size) {
    const struct place *path[64];
    size_t count = 0;
    size_t len = 0;
    for (; place && place->up && count < 64; place = place->up)
        path[count++] = place;
    out[0] = '\0';
    while (count > 0 && len < size) {
        const struct place *at = path[--count];
        int more = at->key
                       ? snprintf(out + len, size - len, "%s%s",
                                  len > 0 ? "." : "", at->key)
                       : snprintf(out + len, size - len, "[%zu]", at->index);
        len += (size_t)more;
    }
    return len;
}

/* Sets the message, with the path. Returns -1. */
__attribute__((format(printf, 3, 4))) static int
refuse(struct reading *reading, const struct place *place, const char *format,
       ...) {
    char path[200];
    char why[200];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    size_t len = write_place(place, path, sizeof(path));
    (void)err_set(reading->err, ERR_VALUE, "%s%s%s", path, len > 0 ? ": " : "",
                  why);
    return -1;
}

static int refuse_kind(struct reading *reading, const struct place *place,
                       const struct json_object *value, const char *wanted) {
    return refuse(reading, place, "is %s, must be %s",
                  json_kind_name(json_kind(value)), wanted);
}

/* Each allocation counts 16 extra bytes, since the arena rounds up. */
static void *take(struct reading *reading, size_t size) {
    const size_t more = 16;
    if (reading->left < more || reading->left - more < size) {
        (void)err_set(reading->err, ERR_LIMIT,
                      "its values take too much memory; push fewer at a time");
        return NULL;
    }
    reading->left -= size + more;
    void *piece = arena_take(reading->arena, size);
    if (!piece)
        (void)err_no_memory(reading->err);
    return piece;
}

/* Scalars. Each function reads one value to out, of the field's type. */

/* Parses a decimal. False if it is malformed or has too many digits. */
static bool parse_whole(const char *text, size_t len, bool *negative,
                        uint64_t *magnitude) {
    *negative = len > 0 && *text == '-';
    *magnitude = 0;
    size_t at = *negative;
    for (; at < len; at++) {
        unsigned digit = (unsigned)(unsigned char)text[at] - '0';
        if (digit > 9 || *magnitude > (UINT64_MAX - digit) / 10)
            return false;
        *magnitude = *magnitude * 10 + digit;
    }
    return at > *negative;
}

/* Reads an integer, as a number or as a decimal in a string. A number at the
 * limits of 64 bits is refused: json-c may have clamped it. */
static int read_whole(struct reading *reading, const struct place *place,
                      const struct json_object *value, bool *negative,
                      uint64_t *magnitude) {
    static const char wanted[] = "an integer of 64 bits, or one in a string";
    const enum json_kind kind = json_kind(value);
    *negative = false;
    *magnitude = 0;
    if (kind == JSON_INTEGER) {
        long long integer = json_integer(value);
        *negative = integer < 0;
        *magnitude = *negative ? -(uint64_t)integer : (uint64_t)integer;
        return integer > LLONG_MIN && integer < LLONG_MAX
                   ? 0
                   : refuse(reading, place, "is too large, must be %s", wanted);
    }
    if (kind == JSON_NUMBER) {
        double number = json_number(value);
        *negative = number < 0;
        *magnitude = fabs(number) < 0x1p63 ? (uint64_t)fabs(number) : 0;
        return fabs(number) < 0x1p63 && number == trunc(number)
                   ? 0
                   : refuse(reading, place, "is %g, must be %s", number,
                            wanted);
    }
    if (kind == JSON_STRING) {
        size_t len;
        const char *text = json_string(value, &len);
        return parse_whole(text, len, negative, magnitude)
                   ? 0
                   : refuse(reading, place, "is not an integer, must be %s",
                            wanted);
    }
    return refuse_kind(reading, place, value, wanted);
}

static int read_signed(struct reading *reading, const struct place *place,
                       const struct json_object *value, uint64_t max,
                       int64_t *out) {
    bool negative;
    uint64_t magnitude;
    if (read_whole(reading, place, value, &negative, &magnitude) != 0)
        return -1;
    if (magnitude > max + negative)
        return refuse(reading, place,
                      "has too many digits, must be an integer "
                      "of %d bits",
                      max > UINT32_MAX ? 64 : 32);
    *out = negative ? (int64_t)-magnitude : (int64_t)magnitude;
    return 0;
}

static int read_unsigned(struct reading *reading, const struct place *place,
                         const struct json_object *value, uint64_t max,
                         uint64_t *out) {
    bool negative;
    if (read_whole(reading, place, value, &negative, out) != 0)
        return -1;
    if (negative && *out > 0)
        return refuse(reading, place, "is negative, must be at least 0");
    if (*out > max)
        return refuse(reading, place,
                      "has too many digits, must be an integer "
                      "of %d bits",
                      max > UINT32_MAX ? 64 : 32);
    return 0;
}

static int read_double(struct reading *reading, const struct place *place,
                       const struct json_object *value, double *out) {
    static const char wanted[] =
        "a number, or \"NaN\", \"Infinity\" or \"-Infinity\"";
    const char *text;
    size_t len;
    switch (json_kind(value)) {
    case JSON_INTEGER:
    case JSON_NUMBER:
        *out = json_number(value);
        return 0;
    case JSON_STRING:
        text = json_string(value, &len);
        if (number_read(text, len, false, out) == NUMBER_FINE)
            return 0;
        return refuse(reading, place, "is an unknown string, must be %s",
                      wanted);
    default:
        return refuse_kind(reading, place, value, wanted);
    }
}

static bool decode_hex(const char *text, size_t len, char *out,
                       size_t *out_len) {
    *out_len = len / 2;
    for (size_t i = 0; i < len / 2; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (char)(high * 16 + low);
    }
    return len % 2 == 0;
}

static bool ends_with(const char *text, const char *end) {
    size_t len = strlen(text);
    size_t end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* Ids are hexadecimal, other bytes are base64. */
static int read_bytes(struct reading *reading, const struct place *place,
                      const ProtobufCFieldDescriptor *field,
                      const struct json_object *value,
                      ProtobufCBinaryData *out) {
    if (json_kind(value) != JSON_STRING)
        return refuse_kind(reading, place, value, "a string");
    size_t len;
    const char *text = json_string(value, &len);
    char *bytes = take(reading, len + 1);
    if (!bytes)
        return -1;
    out->data = (uint8_t *)bytes;
    out->len = len;
    if (ends_with(field->name, "_id"))
        return decode_hex(text, len, bytes, &out->len)
                   ? 0
                   : refuse(reading, place, "must be hexadecimal digits");
    if (strcmp(field->name, "bytes_value") == 0)
        return base64_decode(text, len, BASE64_STANDARD, bytes, &out->len) ||
                       base64_decode(text, len, BASE64_URL, bytes, &out->len)
                   ? 0
                   : refuse(reading, place, "must be base64");
    memcpy(bytes, text, len);
    return 0;
}

static int read_message(struct reading *reading, const struct place *place,
                        const ProtobufCMessageDescriptor *type,
                        const struct json_object *value,
                        ProtobufCMessage **out);

/* NOLINTNEXTLINE(misc-no-recursion): json_read bounds the depth */
static int read_value(struct reading *reading, const struct place *place,
                      const ProtobufCFieldDescriptor *field,
                      const struct json_object *value, void *out) {
    int64_t number = 0;
    uint64_t natural = 0;
    int result = -1;
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        result = read_signed(reading, place, value, INT32_MAX, &number);
        *(int32_t *)out = (int32_t)number;
        return result;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return read_signed(reading, place, value, INT64_MAX, out);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        result = read_unsigned(reading, place, value, UINT32_MAX, &natural);
        *(uint32_t *)out = (uint32_t)natural;
        return result;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return read_unsigned(reading, place, value, UINT64_MAX, out);
    case PROTOBUF_C_TYPE_DOUBLE:
        return read_double(reading, place, value, out);
    case PROTOBUF_C_TYPE_BOOL:
        if (json_kind(value) != JSON_BOOLEAN)
            return refuse_kind(reading, place, value, "true or false");
        *(protobuf_c_boolean *)out = json_boolean(value);
        return 0;
    case PROTOBUF_C_TYPE_BYTES:
        return read_bytes(reading, place, field, value, out);
    case PROTOBUF_C_TYPE_MESSAGE:
        return read_message(reading, place, field->descriptor, value, out);
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_STRING:
        break;
    }
    return refuse(reading, place, "has an unsupported type");
}

static size_t size_of(ProtobufCType type) {
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_ENUM:
        return sizeof(int32_t);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return sizeof(int64_t);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    }
    return 0;
}

/* Fields */

static void *field_at(const struct filling *filling, unsigned offset) {
    return (char *)filling->message + offset;
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static int read_repeated(const struct filling *filling,
                         const struct place *place,
                         const ProtobufCFieldDescriptor *field,
                         const struct json_object *value) {
    struct reading *reading = filling->reading;
    if (json_kind(value) != JSON_ARRAY)
        return refuse_kind(reading, place, value, "an array");
    size_t count = json_length(value);
    size_t size = size_of(field->type);
    if (count == 0)
        return 0;
    char *elements = take(reading, count * size);
    if (!elements)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const struct place element = {place, NULL, i};
        if (read_value(reading, &element, field, json_at(value, i),
                       elements + i * size) != 0)
            return -1;
    }
    *(size_t *)field_at(filling, field->quantifier_offset) = count;
    *(void **)field_at(filling, field->offset) = elements;
    return 0;
}

/* Marks the field as set. Refuses a second field of a oneof. */
static int mark(const struct filling *filling, const struct place *place,
                const ProtobufCFieldDescriptor *field) {
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        uint32_t *which = field_at(filling, field->quantifier_offset);
        if (*which != 0)
            return refuse(filling->reading, place,
                          "is a second value, must be the only one");
        *which = field->id;
    } else if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
        *(protobuf_c_boolean *)field_at(filling, field->quantifier_offset) = 1;
    }
    return 0;
}

/* Finds the field by its name in lowerCamelCase; NULL if there is none. */
static const ProtobufCFieldDescriptor *
find_field(const ProtobufCMessageDescriptor *type, const char *key) {
    char name[FIELD_NAME_SIZE];
    size_t len = 0;
    for (; *key != '\0'; key++) {
        bool upper = *key >= 'A' && *key <= 'Z';
        if (*key == '_' || len + 2 >= sizeof(name))
            return NULL;
        if (upper)
            name[len++] = '_';
        name[len++] = upper ? (char)(*key | 0x20) : *key;
    }
    name[len] = '\0';
    return protobuf_c_message_descriptor_get_field_by_name(type, name);
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static int read_member(void *context, const char *key,
                       const struct json_object *value) {
    const struct filling *filling = context;
    const struct place place = {filling->place, key, 0};
    const ProtobufCFieldDescriptor *field =
        find_field(filling->message->descriptor, key);
    if (!field || json_kind(value) == JSON_NULL)
        return 0;
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return read_repeated(filling, &place, field, value);
    return mark(filling, &place, field) != 0
               ? -1
               : read_value(filling->reading, &place, field, value,
                            field_at(filling, field->offset));
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static int read_message(struct reading *reading, const struct place *place,
                        const ProtobufCMessageDescriptor *type,
                        const struct json_object *value,
                        ProtobufCMessage **out) {
    if (json_kind(value) != JSON_OBJECT)
        return refuse_kind(reading, place, value, "an object");
    ProtobufCMessage *message = take(reading, type->sizeof_message);
    if (!message)
        return -1;
    protobuf_c_message_init(type, message);
    struct filling filling = {reading, message, place};
    *out = message;
    return json_members(value, read_member, &filling);
}

/* Messages */

const struct ProtobufCMessage *
otlp_read_json(const struct ProtobufCMessageDescriptor *type,
               const struct json_object *value, size_t len, struct arena *arena,
               struct err *err) {
    struct reading reading = {
        .arena = arena, .left = unpack_memory_max(len), .err = err};
    const struct place whole = {.up = NULL};
    ProtobufCMessage *message = NULL;
    return read_message(&reading, &whole, type, value, &message) == 0 ? message
                                                                      : NULL;
}

const struct ProtobufCMessage *
otlp_read(const struct ProtobufCMessageDescriptor *type, const char *bytes,
          size_t len, enum otlp_encoding encoding, struct arena *arena,
          struct err *err) {
    struct json_object *document;
    if (encoding == OTLP_PROTOBUF)
        return unpack(type, bytes, len, arena, err);
    if (json_read(bytes, len, &document, err) != 0)
        return NULL;
    const struct ProtobufCMessage *message =
        otlp_read_json(type, document, len, arena, err);
    json_free(document);
    return message;
}

#include "json.h"

#include <json-c/json.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "utf8.h"

static struct json_object *object_of(const struct json_value *value) {
    return (struct json_object *)(uintptr_t)value;
}

static const struct json_value *value_of(struct json_object *object) {
    return (const struct json_value *)object;
}

/* json-c names what it could not read; the caller adds where. */
static int syntax_error(struct err *err, const char *text, size_t len,
                        size_t offset, const char *reason) {
    err_set(err, ERR_SYNTAX, "not valid JSON: %s", reason);
    err_locate(err, text, len, offset);
    return -1;
}

/* What a byte may be outside of strings. */
enum byte_class {
    BYTE_STRAY,
    BYTE_PLAIN, /* white space, brackets, separators, digits, literals */
    BYTE_ZERO,
    BYTE_POINT,
    BYTE_QUOTE
};

static const unsigned char byte_classes[256] = {
    [' '] = BYTE_PLAIN,  ['\t'] = BYTE_PLAIN, ['\r'] = BYTE_PLAIN,
    ['\n'] = BYTE_PLAIN, ['{'] = BYTE_PLAIN,  ['}'] = BYTE_PLAIN,
    ['['] = BYTE_PLAIN,  [']'] = BYTE_PLAIN,  [':'] = BYTE_PLAIN,
    [','] = BYTE_PLAIN,  ['+'] = BYTE_PLAIN,  ['-'] = BYTE_PLAIN,
    ['1'] = BYTE_PLAIN,  ['2'] = BYTE_PLAIN,  ['3'] = BYTE_PLAIN,
    ['4'] = BYTE_PLAIN,  ['5'] = BYTE_PLAIN,  ['6'] = BYTE_PLAIN,
    ['7'] = BYTE_PLAIN,  ['8'] = BYTE_PLAIN,  ['9'] = BYTE_PLAIN,
    ['e'] = BYTE_PLAIN,  ['E'] = BYTE_PLAIN,  ['t'] = BYTE_PLAIN,
    ['r'] = BYTE_PLAIN,  ['u'] = BYTE_PLAIN,  ['f'] = BYTE_PLAIN,
    ['a'] = BYTE_PLAIN,  ['l'] = BYTE_PLAIN,  ['s'] = BYTE_PLAIN,
    ['n'] = BYTE_PLAIN,  ['0'] = BYTE_ZERO,   ['.'] = BYTE_POINT,
    ['"'] = BYTE_QUOTE,
};

static bool is_digit(const char *text, size_t len, size_t i) {
    return i < len && text[i] >= '0' && text[i] <= '9';
}

/* text[i] is a point without a digit on either side, or a zero in front of
 * the digits of a number. */
static bool misplaced_in_number(const char *text, size_t len, size_t i) {
    bool digit_before = i > 0 && is_digit(text, len, i - 1);
    bool digit_behind = is_digit(text, len, i + 1);
    if (text[i] == '.')
        return !digit_before || !digit_behind;
    if (digit_before || !digit_behind)
        return false;
    size_t start = i > 0 && text[i - 1] == '-' ? i - 1 : i;
    return start == 0 || !strchr(".eE+", text[start - 1]);
}

/* The offset of the quote that ends the string which begins at i, or of a raw
 * control character in it; len without either. */
static size_t string_end(const char *text, size_t len, size_t i) {
    for (i++; i < len; i++) {
        if (text[i] == '"' || (unsigned char)text[i] < 0x20)
            return i;
        if (text[i] == '\\' && i + 1 < len)
            i++;
    }
    return len;
}

/* The offset of the first byte that strict JSON has no place for, len without
 * one: json-c lets single quotes, NaN, Infinity, NUL, raw control characters
 * and numbers such as 1., -.5 and 00 pass. */
static size_t find_stray_byte(const char *text, size_t len) {
    for (size_t i = 0; i < len;) {
        switch ((enum byte_class)byte_classes[(unsigned char)text[i]]) {
        case BYTE_STRAY:
            return i;
        case BYTE_PLAIN:
            i++;
            break;
        case BYTE_ZERO:
        case BYTE_POINT:
            if (misplaced_in_number(text, len, i))
                return i;
            i++;
            break;
        case BYTE_QUOTE:
            i = string_end(text, len, i);
            if (i < len && text[i] != '"')
                return i;
            i++;
            break;
        }
    }
    return len;
}

int json_read(const char *text, size_t len, struct json_value **out,
              struct err *err) {
    *out = NULL;
    if (len >= INT_MAX)
        return err_set(err, ERR_LIMIT, "not valid JSON: larger than 2 GiB");
    if (!utf8_valid(text, len))
        return syntax_error(err, text, len, utf8_prefix(text, len),
                            "not UTF-8 text");
    size_t stray = find_stray_byte(text, len);
    if (stray < len)
        return syntax_error(err, text, len, stray, "unexpected character");
    struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH_MAX);
    if (!tokener)
        return err_set(err, ERR_MEMORY, "out of memory");
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    struct json_object *object = json_tokener_parse_ex(tokener, text, (int)len);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    size_t end = json_tokener_get_parse_end(tokener);
    if (error == json_tokener_continue) {
        /* A number at the very end is complete only once a NUL follows. */
        object = json_tokener_parse_ex(tokener, "", 1);
        error = json_tokener_get_error(tokener);
        end = len;
    }
    json_tokener_free(tokener);
    if (error == json_tokener_success) {
        *out = (struct json_value *)object;
        return 0;
    }
    json_object_put(object);
    return syntax_error(err, text, len, end,
                        end >= len ? "the text ends too early"
                                   : json_tokener_error_desc(error));
}

void json_free(struct json_value *document) {
    json_object_put((struct json_object *)document);
}

enum json_kind json_kind(const struct json_value *value) {
    switch (json_object_get_type(object_of(value))) {
    case json_type_null:
        return JSON_NULL;
    case json_type_boolean:
        return JSON_BOOLEAN;
    case json_type_double:
        return JSON_NUMBER;
    case json_type_int:
        return JSON_INTEGER;
    case json_type_object:
        return JSON_OBJECT;
    case json_type_array:
        return JSON_ARRAY;
    case json_type_string:
        return JSON_STRING;
    }
    return JSON_NULL;
}

const char *json_kind_name(enum json_kind kind) {
    static const char *const names[] = {
        [JSON_NULL] = "null",        [JSON_BOOLEAN] = "true or false",
        [JSON_INTEGER] = "a number", [JSON_NUMBER] = "a number",
        [JSON_STRING] = "a string",  [JSON_ARRAY] = "an array",
        [JSON_OBJECT] = "an object",
    };
    _Static_assert(sizeof(names) / sizeof(names[0]) == JSON_OBJECT + 1,
                   "one name for each kind");
    return names[kind];
}

const char *json_string(const struct json_value *value, size_t *len) {
    *len = (size_t)json_object_get_string_len(object_of(value));
    return json_object_get_string(object_of(value));
}

double json_number(const struct json_value *value) {
    /* json-c clamps integers to what 64 bits hold, which is another number. */
    if (json_kind(value) == JSON_INTEGER &&
        json_object_get_uint64(object_of(value)) == UINT64_MAX)
        return INFINITY;
    if (json_kind(value) == JSON_INTEGER &&
        json_object_get_int64(object_of(value)) == INT64_MIN)
        return -INFINITY;
    return json_object_get_double(object_of(value));
}

long long json_integer(const struct json_value *value) {
    return json_object_get_int64(object_of(value));
}

int json_boolean(const struct json_value *value) {
    return json_object_get_boolean(object_of(value));
}

size_t json_length(const struct json_value *array) {
    return json_object_array_length(object_of(array));
}

const struct json_value *json_at(const struct json_value *array, size_t index) {
    return value_of(json_object_array_get_idx(object_of(array), index));
}

const struct json_value *json_get(const struct json_value *object,
                                  const char *key) {
    return value_of(json_object_object_get(object_of(object), key));
}

size_t json_member_count(const struct json_value *object) {
    return (size_t)json_object_object_length(object_of(object));
}

int json_members(const struct json_value *object, json_visit *visit,
                 void *context) {
    json_object_object_foreach(object_of(object), key, member) {
        int result = visit(context, key, value_of(member));
        if (result != 0)
            return result;
    }
    return 0;
}

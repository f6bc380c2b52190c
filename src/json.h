/* json: JSON text as values. The only file that knows json-c. */
#ifndef TALLYMAN_JSON_H
#define TALLYMAN_JSON_H

#include <stddef.h>

#include "err.h"

/* A value belongs to the document that json_read returned. NULL is the JSON
 * value null. Numbers written without fraction or exponent are JSON_INTEGER. */
struct json_value;

enum json_kind {
    JSON_NULL,
    JSON_BOOLEAN,
    JSON_INTEGER,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

/* The deepest nesting that is read. */
enum { JSON_DEPTH_MAX = 16 };

/* Reads text[0..len), one strict JSON document (RFC 8259) in UTF-8. Returns -1
 * with ERR_SYNTAX and its position, or ERR_MEMORY. The caller gives *out to
 * json_free. Of a repeated key the last value counts: see json_scan. */
int json_read(const char *text, size_t len, struct json_value **out,
              struct err *err);

void json_free(struct json_value *document);

enum json_kind json_kind(const struct json_value *value);

/* "a string", "an object"...: for messages. */
const char *json_kind_name(enum json_kind kind);

/* A string's bytes, NUL-terminated; a NUL may also stand inside. */
const char *json_string(const struct json_value *value, size_t *len);

/* The value of a JSON_INTEGER or JSON_NUMBER; infinite when it is beyond the
 * doubles, or an integer beyond 64 bits. */
double json_number(const struct json_value *value);

/* The value of a JSON_INTEGER, clamped to 64 bits. */
long long json_integer(const struct json_value *value);

int json_boolean(const struct json_value *value);

/* Elements of an array. */
size_t json_length(const struct json_value *array);
const struct json_value *json_at(const struct json_value *array, size_t index);

/* Members of an object. */
const struct json_value *json_get(const struct json_value *object,
                                  const char *key);
size_t json_member_count(const struct json_value *object);

/* Calls visit for each member in the order of the text, until it returns
 * non-zero; returns that. */
typedef int json_visit(void *context, const char *key,
                       const struct json_value *value);
int json_members(const struct json_value *object, json_visit *visit,
                 void *context);

#endif

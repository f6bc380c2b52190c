/* json: JSON text as values, which json-c builds. Nothing else uses json-c. */
#ifndef TALLYMAN_BASE_JSON_H
#define TALLYMAN_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* A value of json-c. It belongs to the document that json_read returned. NULL
 * is the JSON value null. Numbers written without fraction or exponent are
 * JSON_INTEGER. */
struct json_object;

enum json_kind {
    JSON_NULL,
    JSON_BOOLEAN,
    JSON_INTEGER,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

/* Reads text[0..len), one strict JSON document (RFC 8259) in UTF-8 in which no
 * object repeats a key. Returns -1 with ERR_SYNTAX and its position, or
 * ERR_MEMORY. The caller gives *out to json_free. */
int json_read(const char *text, size_t len, struct json_object **out,
              struct err *err);

/* The same, but of a repeated key the last value is kept: json_walk tells
 * where they are. */
int json_read_repeats(const char *text, size_t len, struct json_object **out,
                      struct err *err);

void json_free(struct json_object *document);

enum json_kind json_kind(const struct json_object *value);

/* "a string", "an object"...: for messages. */
const char *json_kind_name(enum json_kind kind);

/* A string's bytes, NUL-terminated UTF-8; a NUL may also stand inside. Half a
 * surrogate pair has become U+FFFD. */
const char *json_string(const struct json_object *value, size_t *len);

/* The value of a JSON_INTEGER or JSON_NUMBER; infinite when an integer does not
 * fit 64 bits, or another number is beyond the doubles. */
double json_number(const struct json_object *value);

/* The value of a JSON_INTEGER, clamped to 64 bits; exact up to 2^53. */
long long json_integer(const struct json_object *value);

bool json_boolean(const struct json_object *value);

/* Elements of an array. */
size_t json_length(const struct json_object *array);
const struct json_object *json_at(const struct json_object *array,
                                  size_t index);

/* The value of a member of an object; NULL without it. */
const struct json_object *json_get(const struct json_object *object,
                                   const char *key);

/* Calls visit for each member in the order of the text (a repeated key counts
 * where it first stands), until it returns non-zero; returns that. */
typedef int json_visit(void *context, const char *key,
                       const struct json_object *value);
int json_members(const struct json_object *object, json_visit *visit,
                 void *context);

/* Called for each value of a document: its path, such as
 * `allowedMetrics[3].labels[0].name` ("" for the whole document), the offset
 * of the value, or of its key if it has one, and whether the same key stands
 * earlier in the same object. Non-zero ends the walk. */
typedef int json_place(void *context, const char *path, size_t offset,
                       bool repeated);

/* Says where the values of text[0..len) stand, a document that json_read or
 * json_read_repeats has read. Returns what place returned, which is not
 * negative, or -1 with ERR_MEMORY. */
int json_walk(const char *text, size_t len, json_place *place, void *context,
              struct err *err);

#endif

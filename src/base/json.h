/* json: JSON text as values, built by json-c. Only this module uses json-c. */
#ifndef TALLYMAN_BASE_JSON_H
#define TALLYMAN_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* A value of json-c, owned by the document that json_read returned. NULL is the
 * JSON value null. Numbers without fraction and exponent are JSON_INTEGER. */
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

/* The same, but accepts repeated keys and keeps the last value of each;
 * json_walk reports them. */
int json_read_repeats(const char *text, size_t len, struct json_object **out,
                      struct err *err);

void json_free(struct json_object *document);

enum json_kind json_kind(const struct json_object *value);

/* "a string", "an object" and so on, for messages. */
const char *json_kind_name(enum json_kind kind);

/* A string's bytes, NUL-terminated UTF-8, possibly with NULs inside. An
 * unpaired surrogate is U+FFFD. */
const char *json_string(const struct json_object *value, size_t *len);

/* The same, but "" for NULL and for any other kind of value. */
const char *json_text(const struct json_object *value, size_t *len);

/* The value of a JSON_INTEGER or JSON_NUMBER; infinite when an integer exceeds
 * 64 bits, or another number the range of a double. */
double json_number(const struct json_object *value);

/* The value of a JSON_INTEGER, clamped to 64 bits; exact up to 2^53. */
long long json_integer(const struct json_object *value);

bool json_boolean(const struct json_object *value);

/* Elements of an array. */
size_t json_length(const struct json_object *array);
const struct json_object *json_at(const struct json_object *array,
                                  size_t index);

/* The value of an object's member, or NULL. */
const struct json_object *json_get(const struct json_object *object,
                                   const char *key);

/* Calls visit for each member in the order of the text (a repeated key at its
 * first place), until visit returns non-zero; returns that value. */
typedef int json_visit(void *context, const char *key,
                       const struct json_object *value);
int json_members(const struct json_object *object, json_visit *visit,
                 void *context);

/* Called for each value of a document with its path, such as
 * `allowedMetrics[3].labels[0].name` ("" for the whole document); the offset of
 * the value, or of its key if it has one; and whether the key repeats an
 * earlier one of the same object. Non-zero ends the walk. */
typedef int json_place(void *context, const char *path, size_t offset,
                       bool repeated);

/* Visits the values of text[0..len), a document that json_read or
 * json_read_repeats has accepted. Returns what place returned, which must not
 * be negative, or -1 with ERR_MEMORY. */
int json_walk(const char *text, size_t len, json_place *place, void *context,
              struct err *err);

#endif

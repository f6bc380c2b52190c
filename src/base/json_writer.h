/* json_writer: JSON written value by value, indented by two spaces. */
#ifndef TALLYMAN_BASE_JSON_WRITER_H
#define TALLYMAN_BASE_JSON_WRITER_H

#include <stdbool.h>

#include "base/strbuf.h"

/* The caller sets out and zeroes the rest. That memory ran out shows in
 * out->failed. */
struct json_writer {
    struct strbuf *out;
    unsigned depth;
    bool after; /* a value stands before, in the same object or array */
};

/* Each writes one value; key is its name in an object, NULL in an array and
 * for the whole document. Texts are valid UTF-8. */

/* Begins an object or an array: bracket is `{` or `[`. */
void json_writer_open(struct json_writer *json, const char *key, char bracket);

/* Ends the innermost one: `}` or `]`. After the outermost comes a line feed. */
void json_writer_close(struct json_writer *json, char bracket);

/* NULL is written as null. */
void json_writer_string(struct json_writer *json, const char *key,
                        const char *text);

/* What is not finite is written as null. */
void json_writer_number(struct json_writer *json, const char *key,
                        double value);

void json_writer_boolean(struct json_writer *json, const char *key, bool value);

#endif

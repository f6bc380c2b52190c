/* json_out: JSON written value by value, indented by two spaces. */
#ifndef TALLYMAN_JSON_OUT_H
#define TALLYMAN_JSON_OUT_H

#include <stdbool.h>

#include "strbuf.h"

/* The caller sets out and zeroes the rest. That memory ran out shows in
 * out->failed. */
struct json_out {
    struct strbuf *out;
    unsigned depth;
    bool after; /* a value stands before, in the same object or array */
};

/* Each writes one value; key is its name in an object, NULL in an array and
 * for the whole document. Texts are valid UTF-8. */

/* Begins an object or an array: bracket is `{` or `[`. */
void json_out_open(struct json_out *json, const char *key, char bracket);

/* Ends the innermost one: `}` or `]`. After the outermost comes a line feed. */
void json_out_close(struct json_out *json, char bracket);

/* NULL is written as null. */
void json_out_string(struct json_out *json, const char *key, const char *text);

/* What is not finite is written as null. */
void json_out_number(struct json_out *json, const char *key, double value);

void json_out_boolean(struct json_out *json, const char *key, bool value);

#endif

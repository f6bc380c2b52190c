/* json_scan: strict JSON (RFC 8259) in one pass, value by value. */
#ifndef TALLYMAN_BASE_JSON_SCAN_H
#define TALLYMAN_BASE_JSON_SCAN_H

#include <stddef.h>

#include "base/json.h"

/* A value of the text. */
struct json_token {
    enum json_kind kind;
    size_t depth;    /* 0: the document itself */
    size_t offset;   /* in the text; of its key if it has one */
    const char *key; /* unescaped; NULL in an array; valid, as is text, until
                        the next value */
    size_t key_len;
    const char *text; /* a string, unescaped; a number or boolean as it stands
                       */
    size_t len;
};

/* Called for each value in the order of the text, for an array or object
 * before those in it. -1 when memory ran out; anything else but 0 ends the
 * scan. */
typedef int json_token_visit(void *context, const struct json_token *token);

/* Scans text[0..len), one document in UTF-8. Returns 0, what visit returned,
 * or -1 with ERR_SYNTAX and its position, or ERR_MEMORY. */
int json_scan(const char *text, size_t len, json_token_visit *visit,
              void *context, struct err *err);

#endif

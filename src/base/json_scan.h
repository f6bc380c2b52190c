/* json_scan: strict JSON (RFC 8259) in one pass, without building values.
 *
 * json-c accepts more than JSON, so every text passes this scan first. */
#ifndef TALLYMAN_BASE_JSON_SCAN_H
#define TALLYMAN_BASE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* The deepest nesting accepted. */
enum { JSON_DEPTH_MAX = 32 };

struct json_token {
    size_t depth;    /* 0: the document itself */
    size_t offset;   /* in the text; of its key if it has one */
    const char *key; /* in the text, with its quotes; NULL in an array */
    size_t key_len;
};

/* Called for each value in the order of the text. Non-zero ends the scan. */
typedef int json_token_visit(void *context, const struct json_token *token);

/* Totals of a scan, to be compared with the values that json-c built. */
struct json_totals {
    size_t members; /* in all objects */
    size_t bytes;   /* in all keys and strings, unescaped */
};

/* Scans text[0..len), one document in UTF-8. visit may be NULL. Returns 0,
 * what visit returned, or -1 with ERR_SYNTAX and its position. */
int json_scan(const char *text, size_t len, json_token_visit *visit,
              void *context, struct json_totals *totals, struct err *err);

/* Whether text[0..len) begins with two escapes for one character; sets
 * *code. */
bool json_scan_pair(const char *text, size_t len, uint32_t *code);

#endif

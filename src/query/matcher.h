/* matcher: a condition on the value of a label. */
#ifndef TALLYMAN_QUERY_MATCHER_H
#define TALLYMAN_QUERY_MATCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct matcher {
    const char *label;
    const char *value; /* the required value, if there is no pattern */
    size_t value_len;
    bool negated;
    /* The alternatives of a regular expression, concatenated: bytes and special
     * units. NULL: none. */
    const uint16_t *pattern;
    size_t pattern_len;
};

/* Converts the matcher's value to a pattern: alternatives, separated by |, of
 * literals, `.`, `.*` and `.+`. A backslash makes the next character a literal;
 * parentheses may enclose the whole. Other regular expressions are refused with
 * err set: err->column is the byte of the value, from 1. */
int matcher_set_pattern(struct matcher *matcher, struct arena *arena,
                        struct err *err);

/* True if the matcher permits text[0..len), which is "" for a missing label.
 * The time is at most proportional to the product of both lengths. */
bool matcher_permits(const struct matcher *matcher, const char *text,
                     size_t len);

#endif

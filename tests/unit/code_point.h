/* code_point: characters as UTF-8, for tests that visit all of them. */
#ifndef TALLYMAN_CODE_POINT_H
#define TALLYMAN_CODE_POINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CODE_POINTS = 0x110000 };

/* Surrogates are not characters. */
static inline bool is_character(uint32_t code) {
    return code < 0xD800 || (code > 0xDFFF && code < CODE_POINTS);
}

/* Writes the UTF-8 of code (RFC 3629, section 3). Returns its length. */
static inline size_t encode(uint32_t code, char out[4]) {
    size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 1; code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)(len == 1 ? code : (0xF00u >> len & 0xF0) | code);
    return len;
}

#endif

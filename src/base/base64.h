/* base64: text to bytes, and back. */
#ifndef TALLYMAN_BASE_BASE64_H
#define TALLYMAN_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

/* RFC 4648: section 4 uses + and /, section 5 uses - and _ instead. */
enum base64_alphabet { BASE64_STANDARD, BASE64_URL };

/* Decodes text[0..len) to out, which has room for len bytes, and sets *out_len.
 * Padding is complete or absent. False for anything that no encoder writes:
 * other characters, a single trailing character, or non-zero trailing bits.
 * Then out is undefined. */
bool base64_decode(const char *text, size_t len, enum base64_alphabet alphabet,
                   char *out, size_t *out_len);

/* Appends bytes[0..len) in the standard alphabet, with padding. */
void base64_encode(const char *bytes, size_t len, struct strbuf *out);

#endif

/* base64: text to bytes, and back. */
#ifndef TALLYMAN_BASE_BASE64_H
#define TALLYMAN_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

/* RFC 4648: section 4 has + and /, section 5 has - and _ in their places. */
enum base64_alphabet { BASE64_STANDARD, BASE64_URL };

/* Decodes text[0..len) to out, which has room for len bytes, and sets
 * *out_len. Padding may be left out, but not in part. False for anything that
 * no encoder writes, such as other characters, a single left-over one, or bits
 * that would be lost; then out is undefined. */
bool base64_decode(const char *text, size_t len, enum base64_alphabet alphabet,
                   char *out, size_t *out_len);

/* Appends bytes[0..len) in the standard alphabet, with padding. */
void base64_encode(const char *bytes, size_t len, struct strbuf *out);

#endif

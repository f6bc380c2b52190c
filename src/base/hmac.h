/* hmac: a keyed hash of a text, HMAC-SHA-256 (RFC 2104). */
#ifndef TALLYMAN_BASE_HMAC_H
#define TALLYMAN_BASE_HMAC_H

#include <stddef.h>

/* The longest result, in bytes. */
enum { HMAC_SIZE_MAX = 32 };

/* Writes the first size bytes of the hash of text[0..len). */
void hmac(const char *key, size_t key_len, const char *text, size_t len,
          unsigned char *out, size_t size);

#endif

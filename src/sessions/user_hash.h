/* user_hash: a keyed hash that replaces a user's name. */
#ifndef TALLYMAN_SESSIONS_USER_HASH_H
#define TALLYMAN_SESSIONS_USER_HASH_H

#include <stddef.h>

/* Hexadecimal digits and the NUL. With 64 bits, the chance that any two of a
 * million users share a hash is 1 in 37 million. */
enum { USER_HASH_SIZE = 17 };

/* The first 16 hexadecimal digits of HMAC-SHA256 (RFC 2104, FIPS 180-4) of
 * text[0..len) with the key. */
void user_hash(const char *key, size_t key_len, const char *text, size_t len,
               char out[USER_HASH_SIZE]);

#endif

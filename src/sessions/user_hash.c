#include "sessions/user_hash.h"

#include "base/hmac.h"

void user_hash(const char *key, size_t key_len, const char *text, size_t len,
               char out[USER_HASH_SIZE]) {
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[USER_HASH_SIZE / 2];
    hmac(key, key_len, text, len, digest, sizeof(digest));
    for (size_t i = 0; i < sizeof(digest); i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 0xF];
    }
    out[2 * sizeof(digest)] = '\0';
}

#include "sessions/user_hash.h"

#include "base/hex.h"
#include "base/hmac.h"

void user_hash(const char *key, size_t key_len, const char *text, size_t len,
               char out[USER_HASH_SIZE]) {
    unsigned char digest[USER_HASH_SIZE / 2];
    hmac(key, key_len, text, len, digest, sizeof(digest));
    *hex_write(digest, sizeof(digest), out) = '\0';
}

#include "sessions/user_hash.h"

#include <nettle/hmac.h>
#include <stdint.h>

void user_hash(const char *key, size_t key_len, const char *text, size_t len,
               char out[USER_HASH_SIZE]) {
    static const char digits[] = "0123456789abcdef";
    struct hmac_sha256_ctx context;
    uint8_t digest[USER_HASH_SIZE / 2];
    hmac_sha256_set_key(&context, key_len, (const uint8_t *)key);
    hmac_sha256_update(&context, len, (const uint8_t *)text);
    hmac_sha256_digest(&context, sizeof(digest), digest);
    for (size_t i = 0; i < sizeof(digest); i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 0xF];
    }
    out[2 * sizeof(digest)] = '\0';
}

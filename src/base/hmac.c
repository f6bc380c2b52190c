#include "base/hmac.h"

#include <nettle/hmac.h>
#include <stdint.h>

void hmac(const char *key, size_t key_len, const char *text, size_t len,
          unsigned char *out, size_t size) {
    struct hmac_sha256_ctx context;
    hmac_sha256_set_key(&context, key_len, (const uint8_t *)key);
    hmac_sha256_update(&context, len, (const uint8_t *)text);
    hmac_sha256_digest(&context, size, out);
}

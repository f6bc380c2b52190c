#include "base/siphash.h"

#include <endian.h>
#include <string.h>

static uint64_t keys[2];

struct state {
    uint64_t v0;
    uint64_t v1;
    uint64_t v2;
    uint64_t v3;
};

static uint64_t load(const void *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    return le64toh(word);
}

void siphash_set_key(const unsigned char key[SIPHASH_KEY_SIZE]) {
    keys[0] = load(key);
    keys[1] = load(key + sizeof(keys[0]));
}

static uint64_t rotate(uint64_t word, unsigned bits) {
    return word << bits | word >> (64 - bits);
}

static inline void round_once(struct state *s) {
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 = rotate(s->v2, 32);
}

static inline void compress(struct state *s, uint64_t word) {
    s->v3 ^= word;
    round_once(s);
    s->v0 ^= word;
}

/* The last bytes, fewer than a word, below the length. It shifts in two steps,
 * because a shift by 64 is undefined. */
static uint64_t last_word(const char *bytes, size_t len) {
    uint64_t word = 0;
    size_t rest = len % 8;
    if (len >= 8)
        word = load(bytes + len - 8) >> 1 >> (63 - 8 * rest);
    else
        for (size_t i = 0; i < rest; i++)
            word |= (uint64_t)(unsigned char)bytes[i] << 8 * i;
    return word | (uint64_t)len << 56;
}

uint64_t siphash(const char *bytes, size_t len) {
    struct state s = {
        keys[0] ^ 0x736f6d6570736575u, keys[1] ^ 0x646f72616e646f6du,
        keys[0] ^ 0x6c7967656e657261u, keys[1] ^ 0x7465646279746573u};
    for (size_t i = 0; i + 8 <= len; i += 8)
        compress(&s, load(bytes + i));
    compress(&s, last_word(bytes, len));
    s.v2 ^= 0xff;
    for (int i = 0; i < 3; i++)
        round_once(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

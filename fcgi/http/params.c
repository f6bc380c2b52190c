#include "http/params.h"

#include <stdbool.h>
#include <string.h>

struct pair {
    const unsigned char *name;
    size_t name_len;
    const unsigned char *value;
    size_t value_len;
};

struct cursor {
    const unsigned char *next;
    size_t left;
};

/* One byte, or four with the highest bit set. */
static bool take_length(struct cursor *at, size_t *len) {
    if (at->left == 0)
        return false;
    size_t size = (*at->next & 0x80) != 0 ? 4 : 1;
    if (at->left < size)
        return false;
    *len = *at->next & 0x7F;
    for (size_t i = 1; i < size; i++)
        *len = *len << 8 | at->next[i];
    at->next += size;
    at->left -= size;
    return true;
}

static bool take_bytes(struct cursor *at, size_t len,
                       const unsigned char **bytes) {
    if (at->left < len)
        return false;
    *bytes = at->next;
    at->next += len;
    at->left -= len;
    return true;
}

static bool take_pair(struct cursor *at, struct pair *pair) {
    return take_length(at, &pair->name_len) &&
           take_length(at, &pair->value_len) &&
           take_bytes(at, pair->name_len, &pair->name) &&
           take_bytes(at, pair->value_len, &pair->value);
}

static bool count_pairs(struct cursor at, size_t *count) {
    struct pair pair;
    for (*count = 0; at.left > 0; ++*count)
        if (!take_pair(&at, &pair))
            return false;
    return true;
}

static char *write_pair(const struct pair *pair, char *out) {
    if (pair->name_len > 0)
        memcpy(out, pair->name, pair->name_len);
    out += pair->name_len;
    *out++ = '=';
    if (pair->value_len > 0)
        memcpy(out, pair->value, pair->value_len);
    out += pair->value_len;
    *out++ = '\0';
    return out;
}

char **params_read(const unsigned char *bytes, size_t len,
                   struct arena *arena) {
    size_t count;
    struct pair pair;
    struct cursor at = {bytes, len};
    if (!count_pairs(at, &count))
        return NULL;
    char **strings = arena_take(arena, (count + 1) * sizeof(strings[0]));
    /* Enough: the two lengths of a pair take at least as much as = and NUL. */
    char *text = arena_take(arena, len);
    if (!strings || !text)
        return NULL;
    for (size_t i = 0; i < count && take_pair(&at, &pair); i++) {
        strings[i] = text;
        text = write_pair(&pair, text);
    }
    strings[count] = NULL;
    return strings;
}

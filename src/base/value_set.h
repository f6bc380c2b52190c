/* value_set: distinct strings, each with a stable index from 0. */
#ifndef TALLYMAN_BASE_VALUE_SET_H
#define TALLYMAN_BASE_VALUE_SET_H

#include <stddef.h>
#include <stdint.h>

struct value_text {
    const char *text; /* NUL-terminated, owned by the set */
    size_t len;
};

/* A zeroed struct is an empty set. */
struct value_set {
    struct value_text *values; /* in the order of addition */
    size_t count;
    size_t room;     /* entries allocated in values */
    uint32_t *slots; /* hash table of index + 1, 0 where free */
    size_t slot_count;
};

/* No index. */
#define VALUE_NONE UINT32_MAX

/* The index of text[0..len), or VALUE_NONE. */
uint32_t value_set_find(const struct value_set *set, const char *text,
                        size_t len);

/* Adds a copy of text[0..len) unless the set has it. Returns its index, or
 * VALUE_NONE when memory ran out; then the set is unchanged. */
uint32_t value_set_add(struct value_set *set, const char *text, size_t len);

/* Removes the values added last, down to count values. */
void value_set_truncate(struct value_set *set, size_t count);

void value_set_free(struct value_set *set);

#endif

/* arena: memory that is allocated piece by piece and freed in one call. */
#ifndef TALLYMAN_BASE_ARENA_H
#define TALLYMAN_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

/* A zeroed struct is an empty arena. */
struct arena {
    struct arena_block *blocks;
    bool failed; /* an allocation has failed since arena_reset */
};

/* size bytes aligned for any object, valid until arena_reset or arena_free;
 * NULL when memory ran out. */
void *arena_take(struct arena *arena, size_t size);

/* A NUL-terminated copy of bytes[0..len); NULL when memory ran out. */
char *arena_copy(struct arena *arena, const char *bytes, size_t len);

/* Returns list[0..count) with room for one more element of size bytes, possibly
 * moved; earlier copies stay in the arena. The list is NULL at first, and only
 * this function may grow it. Returns NULL when memory ran out. */
void *arena_grow(struct arena *arena, void *list, size_t count, size_t size);

/* Everything taken becomes invalid; one block is kept for the next use. */
void arena_reset(struct arena *arena);

void arena_free(struct arena *arena);

#endif

#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 4096 };

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t size;
    alignas(max_align_t) unsigned char bytes[];
};

static struct arena_block *block_new(size_t size) {
    struct arena_block *block = malloc(sizeof(*block) + size);
    if (!block)
        return NULL;
    block->used = 0;
    block->size = size;
    return block;
}

void *arena_take(struct arena *arena, size_t size) {
    const size_t align = alignof(max_align_t);
    if (size > SIZE_MAX / 2) {
        arena->failed = true;
        return NULL;
    }
    size = (size + align - 1) / align * align;
    struct arena_block *block = arena->blocks;
    if (!block || block->size - block->used < size) {
        block = block_new(size > BLOCK_SIZE ? size : BLOCK_SIZE);
        if (!block) {
            arena->failed = true;
            return NULL;
        }
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *piece = block->bytes + block->used;
    block->used += size;
    return piece;
}

char *arena_copy(struct arena *arena, const char *bytes, size_t len) {
    char *copy = arena_take(arena, len + 1);
    if (!copy)
        return NULL;
    if (len > 0)
        memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

static void free_blocks(struct arena_block *block) {
    while (block) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
}

void *arena_grow(struct arena *arena, void *list, size_t count, size_t size) {
    if (count > 0 && (count & (count - 1)) != 0)
        return list;
    void *bigger = arena_take(arena, (count > 0 ? count * 2 : 1) * size);
    if (bigger && count > 0)
        memcpy(bigger, list, count * size);
    return bigger;
}

void arena_reset(struct arena *arena) {
    struct arena_block *kept = arena->blocks;
    arena->failed = false;
    if (!kept)
        return;
    free_blocks(kept->next);
    kept->next = NULL;
    kept->used = 0;
    if (kept->size > BLOCK_SIZE) {
        free(kept);
        arena->blocks = NULL;
    }
}

void arena_free(struct arena *arena) {
    free_blocks(arena->blocks);
    *arena = (struct arena){.blocks = NULL};
}

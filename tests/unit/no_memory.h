/* no_memory: allocations that fail on request. The linker replaces malloc and
 * the like by these functions (see the Makefile), in our code, not in
 * libraries. */
#ifndef TALLYMAN_TESTS_NO_MEMORY_H
#define TALLYMAN_TESTS_NO_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

/* The number of allocations before one fails; -1: none fails. */
static int left = -1;
static bool failed;

static bool fails(void) {
    if (left < 0)
        return false;
    failed = failed || left == 0;
    return left-- == 0;
}

void *__wrap_malloc(size_t size) {
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size) {
    return fails() ? NULL : __real_realloc(old, size);
}

/* Lets `count` allocations succeed, and the next one fail. */
static inline void no_memory_after(int count) {
    failed = false;
    left = count;
}

/* Lets all succeed again. Returns true if one has failed. */
static inline bool no_memory_end(void) {
    left = -1;
    return failed;
}

#endif

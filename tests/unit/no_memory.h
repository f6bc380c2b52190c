/* no_memory: allocations that fail when a test wants them to. The linker puts
 * these functions in the place of malloc and the like (see the Makefile), in
 * our own code, not in that of libraries. */
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

/* How many allocations succeed before one fails; -1 for all. */
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

/* From now on so many allocations succeed, and the next one fails. */
static inline void no_memory_after(int count) {
    failed = false;
    left = count;
}

/* All succeed again. Tells whether one has failed. */
static inline bool no_memory_end(void) {
    left = -1;
    return failed;
}

#endif

/* list: a growing array on the heap. */
#ifndef TALLYMAN_BASE_LIST_H
#define TALLYMAN_BASE_LIST_H

#include <stddef.h>

/* Returns list[0..count) with room for one more element of size bytes, for the
 * caller to free. The list is NULL at first, and only this function may grow
 * it. Returns NULL when memory ran out; then the list is unchanged. */
void *list_grow(void *list, size_t count, size_t size);

#endif

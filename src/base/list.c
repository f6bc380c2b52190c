#include "base/list.h"

#include <stdlib.h>

/* The room is the next power of two. */
void *list_grow(void *list, size_t count, size_t size) {
    if (count > 0 && (count & (count - 1)) != 0)
        return list;
    return realloc(list, (count > 0 ? count * 2 : 1) * size);
}

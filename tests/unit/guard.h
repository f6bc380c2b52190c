/* guard: input that ends at unreadable memory. */
#ifndef TALLYMAN_GUARD_H
#define TALLYMAN_GUARD_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { GUARD_ROOM = 1 << 20, GUARD_PAGES = 1 << 16 };

/* Returns a copy of bytes[0..len) directly before a PROT_NONE page: reading one
 * byte too many crashes. Valid until the next call. */
static inline char *guard_place(const void *bytes, size_t len) {
    static char *room;
    if (!room) {
        room = mmap(NULL, GUARD_ROOM + GUARD_PAGES, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (room == MAP_FAILED ||
            mprotect(room + GUARD_ROOM, GUARD_PAGES, PROT_NONE) != 0)
            abort();
    }
    if (len > GUARD_ROOM)
        abort();
    char *place = room + GUARD_ROOM - len;
    if (len > 0)
        memcpy(place, bytes, len);
    return place;
}

#endif

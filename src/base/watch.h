/* watch: whether files have changed since they were read. */
#ifndef TALLYMAN_BASE_WATCH_H
#define TALLYMAN_BASE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct watched_file {
    char *path;
    uint64_t signature; /* of its inode, size and times at watch_add */
};

/* A zeroed struct watches nothing. */
struct watch {
    struct watched_file *files;
    size_t count;
    bool incomplete; /* some file could not be added */
};

/* Watches a file or directory, existing or not. A directory's signature changes
 * when a name in it does. Call it before reading, so that no change is missed.
 * Returns -1 when memory ran out. */
int watch_add(struct watch *watch, const char *path);

/* One stat per file. Always true when the watch is incomplete. */
bool watch_changed(const struct watch *watch);

void watch_free(struct watch *watch);

#endif

/* watch: have the files that were read changed since? */
#ifndef TALLYMAN_BASE_WATCH_H
#define TALLYMAN_BASE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct watched_file {
    char *path;
    uint64_t signature; /* of its inode, size and times when it was added */
};

/* A zeroed struct watches nothing. */
struct watch {
    struct watched_file *files;
    size_t count;
    bool incomplete; /* not all that it should watch is among them */
};

/* Watches a file or directory (whose signature changes when a name in it
 * does), existing or not. Call it before reading, so that no change falls in
 * between. Returns -1 when memory ran out. */
int watch_add(struct watch *watch, const char *path);

/* One stat for each file. Always true when the watch is incomplete. */
bool watch_changed(const struct watch *watch);

void watch_free(struct watch *watch);

#endif

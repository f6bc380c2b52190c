/* scratch: a directory for the files of a test, empty before it and removed
 * after it. */
#ifndef TALLYMAN_SCRATCH_H
#define TALLYMAN_SCRATCH_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch[64];

static inline int scratch_remove(const char *path, const struct stat *st,
                                 int type, struct FTW *at) {
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

/* A cmocka setup and teardown. */
static inline int scratch_make(void **state) {
    (void)state;
    strcpy(scratch, "/tmp/tallyman-test-XXXXXX");
    return mkdtemp(scratch) ? 0 : -1;
}

static inline int scratch_clear(void **state) {
    (void)state;
    return nftw(scratch, scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of a name in it, valid until the fourth later call. */
static inline const char *scratch_path(const char *name) {
    static char paths[4][PATH_MAX];
    static size_t next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, PATH_MAX, "%s/%s", scratch, name);
    return path;
}

static inline void scratch_write(const char *name, const char *text) {
    int fd = open(scratch_path(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        abort();
    close(fd);
}

#endif

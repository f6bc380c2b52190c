/* scratch: a directory of its own for each test, gone with it. */
#ifndef TALLYMAN_TESTS_SCRATCH_H
#define TALLYMAN_TESTS_SCRATCH_H

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static char scratch_directory[64];

static int scratch_remove(const char *path, const struct stat *st, int type,
                          struct FTW *ftw) {
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

/* cmocka's setup and teardown of a test. */
static inline int scratch_setup(void **state) {
    (void)state;
    (void)snprintf(scratch_directory, sizeof(scratch_directory),
                   "/tmp/tallyman-test-XXXXXX");
    return mkdtemp(scratch_directory) ? 0 : -1;
}

static inline int scratch_teardown(void **state) {
    (void)state;
    return nftw(scratch_directory, scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of a name in the directory; good for the next seven calls. */
static inline const char *scratch_path(const char *name) {
    static char paths[8][PATH_MAX];
    static size_t next;
    char *path = paths[next++ % 8];
    (void)snprintf(path, PATH_MAX, "%s/%s", scratch_directory, name);
    return path;
}

static inline void scratch_write_bytes(const char *name, const void *bytes,
                                       size_t len) {
    FILE *file = fopen(scratch_path(name), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static inline void scratch_write(const char *name, const char *text) {
    scratch_write_bytes(name, text, strlen(text));
}

#endif

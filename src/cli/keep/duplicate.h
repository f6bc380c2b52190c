/* duplicate: a database file that is written to a temporary file in the same
 * directory and renamed when it is complete. */
#ifndef TALLYMAN_CLI_KEEP_DUPLICATE_H
#define TALLYMAN_CLI_KEEP_DUPLICATE_H

#include <stdbool.h>

#include "base/err.h"
#include "store/db.h"

struct duplicate {
    const char *path; /* of the caller */
    char *unfinished; /* path.tmp */
    int fd;           /* of path.tmp, locked */
    struct db *db;    /* path.tmp, to be filled */
};

/* Creates the empty file path.tmp, mode 0600. Removes the leftover of an
 * earlier duplicate; refuses any other file there with ERR_VALUE, and one that
 * is being written with ERR_BUSY. The caller ends it with duplicate_abandon. */
int duplicate_begin(struct duplicate *duplicate, const char *path,
                    struct err *err);

/* Removes the file. */
void duplicate_abandon(struct duplicate *duplicate);

/* Copies a database with progress_copy to that path, mode 0600 and synced. An
 * existing file is replaced only with replace, otherwise ERR_VALUE. check: the
 * copy must pass the integrity check. On failure no file is left. */
int duplicate_copy(struct db *from, const char *path, bool replace, bool check,
                   struct err *err);

/* True if both paths name the same file. */
bool duplicate_is_of(const char *path, const char *database);

/* Returns -1 with ERR_CORRUPT and the first error of the integrity check. */
int duplicate_check(struct db *db, const char *path, struct err *err);

#endif

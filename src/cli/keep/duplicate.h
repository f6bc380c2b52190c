/* duplicate: a database file that is made beside its place and takes it when it
 * is whole. */
#ifndef TALLYMAN_CLI_KEEP_DUPLICATE_H
#define TALLYMAN_CLI_KEEP_DUPLICATE_H

#include <stdbool.h>

#include "base/err.h"
#include "store/db.h"

struct duplicate {
    const char *path; /* of the caller */
    char *unfinished; /* path.tmp */
    int fd;           /* of it, locked */
    struct db *db;    /* of it, to be filled */
};

/* Makes the empty new file path.tmp, mode 0600. What an earlier duplicate may
 * have left there is removed; a file of anything else, or of another user, is
 * refused with ERR_VALUE, one that is being made with ERR_BUSY. The caller ends
 * it with duplicate_abandon. */
int duplicate_begin(struct duplicate *duplicate, const char *path,
                    struct err *err);

/* Removes the file. */
void duplicate_abandon(struct duplicate *duplicate);

/* Copies a database, as progress_copy does, to a file of that path, 0600 and on
 * disk. It takes the place of what is there only with replace, else ERR_VALUE.
 * check: only if SQLite finds nothing wrong in it. On failure nothing is left
 * of it. */
int duplicate_copy(struct db *from, const char *path, bool replace, bool check,
                   struct err *err);

/* Both names are those of one file. */
bool duplicate_is_of(const char *path, const char *database);

/* Returns -1 with ERR_CORRUPT and the first thing that is wrong. */
int duplicate_check(struct db *db, const char *path, struct err *err);

#endif

/* database: a database file, opened for reading while responders use it. */
#ifndef TALLYMAN_CLI_COMMAND_DATABASE_H
#define TALLYMAN_CLI_COMMAND_DATABASE_H

#include <stdint.h>

#include "base/err.h"
#include "store/db.h"
#include "store/reader.h"

/* How long to wait for the lock of a foreign process, in milliseconds. */
enum { DATABASE_PATIENCE_MS = 2000 };

/* Opens the database for reading. Refuses files of other programs and other
 * versions with ERR_VALUE. The caller closes *out with db_close. */
int database_open(const char *path, struct db **out, struct err *err);

/* Begins a snapshot of the database; what the reader and other statements read
 * is of the same moment. Call reader_close before db_close. */
int database_read(struct db *db, struct reader **out, struct err *err);

/* A database that is read as a whole, in one snapshot. */
struct origin {
    struct db *db;   /* in a read transaction */
    int64_t version; /* of its schema, at most the newest */
};

/* Opens a database and takes a snapshot; its WAL grows until origin_close.
 * Refuses files of other programs and newer versions. */
int origin_open(struct origin *origin, const char *path, struct err *err);

void origin_close(struct origin *origin);

#endif

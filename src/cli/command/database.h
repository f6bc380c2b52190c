/* database: a database file, opened to be read while responders use it. */
#ifndef TALLYMAN_CLI_COMMAND_DATABASE_H
#define TALLYMAN_CLI_COMMAND_DATABASE_H

#include <stdint.h>

#include "base/err.h"
#include "store/db.h"

/* An outsider's lock is waited for so long, in milliseconds. */
enum { DATABASE_PATIENCE_MS = 2000 };

/* Opens the database for reading; refuses another program's file, and another
 * version's, with ERR_VALUE. The caller gives *out to db_close. */
int database_open(const char *path, struct db **out, struct err *err);

/* A database that is read as a whole, at one moment. */
struct origin {
    struct db *db;   /* in a read transaction */
    int64_t version; /* of its schema, at most the newest */
};

/* Opens a database and holds on to what it shows; its WAL file grows until
 * origin_close. Refuses another program's file and a newer version. */
int origin_open(struct origin *origin, const char *path, struct err *err);

void origin_close(struct origin *origin);

#endif

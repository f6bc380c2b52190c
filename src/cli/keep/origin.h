/* origin: a database that is read as a whole, at one moment. */
#ifndef TALLYMAN_CLI_KEEP_ORIGIN_H
#define TALLYMAN_CLI_KEEP_ORIGIN_H

#include <stdint.h>

#include "base/err.h"
#include "store/db.h"

struct origin {
    struct db *db;   /* in a read transaction */
    int64_t version; /* of its schema, at most the newest */
};

/* Opens a database for reading and holds on to what it shows. It may be in use;
 * its WAL file grows until origin_close. Refuses another program's file and a
 * newer version. */
int origin_open(struct origin *origin, const char *path, struct err *err);

void origin_close(struct origin *origin);

#endif

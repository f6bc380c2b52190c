/* db_log: the log of a connection, its size and its sync to the disk. */
#ifndef TALLYMAN_STORE_DB_LOG_H
#define TALLYMAN_STORE_DB_LOG_H

#include <stdint.h>

#include "base/err.h"
#include "store/db.h"

struct db_log {
    long long bytes; /* of the pages in it after the last commit of the
                        connection, those of others among them */
    long long checkpoint_at;
    int64_t page_size;
};

/* From now on bytes are kept up to date, and a commit that leaves checkpoint_at
 * or more of them writes the log back at once. *log stays where it is until
 * db_close. */
void db_log_follow(struct db_log *log, struct db *db);

enum db_part { DB_FILE, DB_LOG };

/* Returns when all that is in the file of the database, or in its log, is on
 * the disk. The connection has read something before. */
int db_log_sync(struct db *db, enum db_part part, struct err *err);

#endif

/* db_log: the size of a connection's log, and its sync to disk. */
#ifndef TALLYMAN_STORE_DB_LOG_H
#define TALLYMAN_STORE_DB_LOG_H

#include <stdint.h>

#include "base/err.h"
#include "store/db.h"

struct db_log {
    long long bytes; /* pages in the log after the connection's last commit,
                        including those of other connections */
    long long checkpoint_at;
    int64_t page_size;
};

/* From now on keeps bytes up to date. A commit after which the log has
 * checkpoint_at bytes or more writes it back at once. *log must live until
 * db_close. */
void db_log_follow(struct db_log *log, struct db *db);

enum db_part { DB_FILE, DB_LOG };

/* Returns when the content of the database file, or of its log, is on disk. The
 * connection must have read something before. */
int db_log_sync(struct db *db, enum db_part part, struct err *err);

#endif

#include <sys/stat.h>

#include "sql.h"
#include "store_parts.h"

void store_limit_log(struct store *store, long long bytes) {
    store->log_max = bytes;
}

/* Brings into the file what no reader needs as it was, without waiting for any.
 * 1 when that was all: the next commit begins the log anew. */
static int write_back(struct store *store, struct err *err) {
    struct db_statement *statement;
    if (db_prepare(store->db, sql_checkpoint_passive, &statement, err) != 0)
        return -1;
    int result = db_step(statement, err);
    if (result == 1)
        result = db_integer(statement, 1) == db_integer(statement, 2);
    db_finalize(statement);
    return result;
}

int log_check(struct store *store, struct err *err) {
    struct stat st;
    if (store->log_max == 0 || stat(store->wal, &st) != 0 ||
        st.st_size <= store->log_max)
        return 0;
    int result = write_back(store, err);
    if (result < 0)
        return -1;
    return result == 1
               ? 0
               : err_set(err, ERR_FULL,
                         "%s has more than %lld bytes (limits.wal_bytes), as "
                         "somebody reads the database for long; `fuser -v` on "
                         "it tells who",
                         store->wal, store->log_max);
}

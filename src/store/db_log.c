#include "store/db_log.h"

#include <sqlite3.h>

/* SQLite calls it after each commit. If the log cannot be written back, the
 * commit still succeeds, and the next one tries again. */
static int committed(void *context, sqlite3 *handle, const char *name,
                     int pages) {
    struct db_log *log = context;
    log->bytes = pages * log->page_size;
    if (log->bytes >= log->checkpoint_at)
        (void)sqlite3_wal_checkpoint(handle, name);
    return SQLITE_OK;
}

void db_log_follow(struct db_log *log, struct db *db) {
    (void)sqlite3_wal_hook(db_handle(db), committed, log);
}

int db_log_sync(struct db *db, enum db_part part, struct err *err) {
    sqlite3_file *file = NULL;
    int result =
        sqlite3_file_control(db_handle(db), "main",
                             part == DB_LOG ? SQLITE_FCNTL_JOURNAL_POINTER
                                            : SQLITE_FCNTL_FILE_POINTER,
                             &file);
    if (result == SQLITE_OK && file && file->pMethods)
        result = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
    return result == SQLITE_OK
               ? 0
               : err_set(err, result == SQLITE_NOMEM ? ERR_MEMORY : ERR_IO,
                         "database %s: %s", db_file(db),
                         sqlite3_errstr(result));
}

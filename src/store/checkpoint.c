#include "store/checkpoint.h"

#include <stdlib.h>

#include "sql.h"
#include "store/connection.h"
#include "store/db.h"
#include "store/turn.h"

/* After a checkpoint the log restarts in the same file. This is below
 * journal_size_limit, so SQLite never has to truncate it. */
static const long long CHECKPOINT_BYTES = 12 << 20;

/* The side thread works in this many parts, so each sync is short, and the
 * commit has little left to do. */
enum { PARTS = 16 };

/* The second connection holds a read transaction while the first one runs the
 * checkpoint. SQLite before 3.51.3 can lose commits when a writer restarts the
 * log at the wrong moment: it takes new pages of the log for the old ones,
 * which are in the file already. A reader of the log prevents the restart. When
 * the whole log is in the file, a reader would read the file alone, and keep
 * the checkpoint from writing. */
struct checkpoint {
    struct db *db;
    struct db_statement *statement;
    struct db *reader;
    struct db_statement *reading;
    bool failed; /* the last checkpoint that no reader prevented has failed */
};

void checkpoint_limit(struct store *store) {
    long long half = store->log_max / 2;
    store->log.checkpoint_at =
        half > 0 && half < CHECKPOINT_BYTES ? half : CHECKPOINT_BYTES;
}

bool checkpoint_due(struct store *store) {
    long long parts = store->log.bytes * PARTS / store->log.checkpoint_at;
    bool due = parts > store->log_parts;
    store->log_parts = parts;
    return due;
}

/* A connection opens the log at its first read. */
static int open_to_read(const char *path, struct db **db, const char *sql,
                        struct db_statement **statement, struct err *err) {
    int64_t ignored;
    return db_open(path, false, 0, db, err) == 0 &&
                   db_query_number(*db, sql_user_version, &ignored, err) == 0 &&
                   db_prepare(*db, sql, statement, err) == 0
               ? 0
               : -1;
}

static int open_locked(struct store *store, struct checkpoint *checkpoint,
                       struct err *err) {
    if (db_is_gone(store->db))
        return err_set(err, ERR_BUSY, "database %s is gone", store->path);
    return open_to_read(store->path, &checkpoint->db, sql_checkpoint_passive,
                        &checkpoint->statement, err) == 0
               ? open_to_read(store->path, &checkpoint->reader,
                              sql_user_version, &checkpoint->reading, err)
               : -1;
}

int checkpoint_open(struct store *store, struct checkpoint **out,
                    struct err *err) {
    struct checkpoint *checkpoint = calloc(1, sizeof(*checkpoint));
    *out = NULL;
    if (!checkpoint)
        return err_no_memory(err);
    if (!store_try_lock(store)) {
        checkpoint_close(checkpoint);
        return err_set(err, ERR_BUSY, "another responder has the lock file");
    }
    int result = open_locked(store, checkpoint, err);
    store_unlock(store);
    if (result != 0)
        checkpoint_close(checkpoint);
    else
        *out = checkpoint;
    return result;
}

/* SQLite syncs the file only when it copies the last of the log into it. After
 * a failure this function syncs it, because another checkpoint may have done
 * the copy. A checkpoint that a reader has prevented, even in part, does not
 * prove that the failure is over. */
static int write_back(struct checkpoint *checkpoint, struct err *err) {
    struct db_statement *row = checkpoint->statement;
    int result = db_step(checkpoint->reading, err);
    if (result == 1)
        result = db_step(row, err);
    bool kept_from = result == 1 && db_integer(row, 0) != 0;
    bool whole = result == 1 && db_integer(row, 1) == db_integer(row, 2);
    db_reset(row);
    db_reset(checkpoint->reading);
    if (result < 0)
        return -1;
    if (kept_from || (checkpoint->failed && !whole))
        return 0;
    return (whole && !checkpoint->failed) ||
                   db_log_sync(checkpoint->db, DB_FILE, err) == 0
               ? 1
               : -1;
}

int checkpoint_run(struct checkpoint *checkpoint, struct err *err) {
    if (db_is_gone(checkpoint->db))
        return 0;
    int result = write_back(checkpoint, err);
    if (result != 0)
        checkpoint->failed = result < 0;
    return result;
}

void checkpoint_close(struct checkpoint *checkpoint) {
    if (!checkpoint)
        return;
    db_close(checkpoint->db);
    db_close(checkpoint->reader);
    free(checkpoint);
}

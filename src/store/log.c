#include "store/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sql.h"
#include "store/connection.h"
#include "store/log_owner.h"

/* Runs a checkpoint. 1 when all of the log is in the file afterwards, 0 when
 * readers or another checkpoint have prevented that. */
static int write_back(struct store *store, const char *checkpoint,
                      struct err *err) {
    struct db_statement *statement;
    if (db_prepare(store->db, checkpoint, &statement, err) != 0)
        return -1;
    int result = db_step(statement, err);
    if (result == 1)
        result = db_integer(statement, 0) == 0 &&
                 db_integer(statement, 1) == db_integer(statement, 2);
    db_finalize(statement);
    return result;
}

int log_check(struct store *store, struct err *err) {
    struct stat st;
    if (store->log_max == 0 || stat(store->wal, &st) != 0 ||
        st.st_size <= store->log_max)
        return 0;
    /* All pages that no reader needs; then the next commit restarts the log. */
    int result = write_back(store, sql_checkpoint_passive, err);
    if (result < 0)
        return -1;
    return result == 1
               ? 0
               : err_set(
                     err, ERR_FULL,
                     "%s has more than %lld bytes (limits.wal_bytes), because "
                     "a program reads the database for long (find it with "
                     "`fuser -v`) or a slow disk delays writing it back",
                     store->wal, store->log_max);
}

static struct file_id identify(const char *path) {
    struct stat st;
    return path && stat(path, &st) == 0 ? (struct file_id){st.st_dev, st.st_ino}
                                        : (struct file_id){0, 0};
}

void log_identify(struct store *store) {
    store->wal_id = identify(store->wal);
    if (store->wal)
        log_owner_record(store->lock, db_file(store->db), store->wal);
}

/* Deletes the -shm of a log that is gone. */
static void drop_index(const char *database) {
    struct strbuf name = {0};
    strbuf_printf(&name, "%s-shm", database);
    if (!name.failed)
        (void)unlink(name.data);
    strbuf_free(&name);
}

/* Renames a log to a unique name, by its inode, and appends the name. False if
 * it could not be renamed. */
static bool set_aside(const char *log, struct strbuf *name) {
    strbuf_printf(name, "%s-left-%llu", log,
                  (unsigned long long)identify(log).number);
    return !name->failed && rename(log, name->data) == 0;
}

void log_disown(struct store *store, const char *path) {
    struct strbuf log = {0};
    struct strbuf name = {0};
    char *database = realpath(path, NULL);
    if (database)
        strbuf_printf(&log, "%s-wal", database);
    if (database && !log.failed &&
        log_owner_differs(store->lock, database, log.data) &&
        set_aside(log.data, &name)) {
        drop_index(database);
        strbuf_printf(&store->notes,
                      "%s was the log of an earlier database of the same name: "
                      "it was renamed to %s\n",
                      log.data, name.data);
    }
    strbuf_free(&name);
    strbuf_free(&log);
    free(database);
}

void log_drop(struct store *store, struct strbuf *left) {
    struct err ignored;
    struct file_id named = identify(store->wal);
    if (!db_file_is_gone(store->db) || named.device != store->wal_id.device ||
        named.number != store->wal_id.number)
        return;
    bool whole = write_back(store, sql_checkpoint, &ignored) == 1;
    drop_index(db_file(store->db));
    if (whole) {
        (void)unlink(store->wal);
        return;
    }
    struct strbuf name = {0};
    if (set_aside(store->wal, &name))
        strbuf_printf(left,
                      "; the last counts are in %s, which must be renamed to "
                      "the name of the moved file plus -wal",
                      name.data);
    else
        (void)unlink(store->wal);
    strbuf_free(&name);
}

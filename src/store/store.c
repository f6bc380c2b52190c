#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/filesystem.h"
#include "base/side_lock.h"
#include "sql.h"
#include "store/checkpoint.h"
#include "store/connection.h"
#include "store/family_load.h"
#include "store/history.h"
#include "store/history_load.h"
#include "store/log.h"
#include "store/meta.h"
#include "store/open_families.h"
#include "store/open_labels.h"
#include "store/schema.h"
#include "store/session_merge.h"
#include "store/sql_claim.h"
#include "store/turn.h"

static int prepare_all(struct store *store, struct err *err) {
    struct statements *sql = &store->sql;
    const struct {
        struct db_statement **statement;
        const char *text;
    } list[] = {
#define ROW(name) {&sql->name, sql_##name},
        SQL_STORE(ROW)
#undef ROW
    };
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
        if (db_prepare(store->db, list[i].text, list[i].statement, err) != 0)
            return -1;
    return 0;
}

/* SQLite would create the file with the permissions of the umask. An existing
 * file is not opened: closing it would release the locks that SQLite holds on
 * it in this process, for a reader (sqlite.org/howtocorrupt.html, 2.2). */
static int create_file(const char *path, struct err *err) {
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        return close(fd);
    if (errno == EEXIST && access(path, R_OK | W_OK) == 0)
        return 0;
    return err_set(err,
                   errno == ENOSPC || errno == EDQUOT  ? ERR_FULL
                   : errno == EROFS || errno == EACCES ? ERR_READONLY
                                                       : ERR_IO,
                   "database %s: %s", path, strerror(errno));
}

static char *name_beside(const char *path, const char *suffix) {
    struct strbuf name = {0};
    strbuf_printf(&name, "%s%s", path, suffix);
    if (!name.failed)
        return name.data;
    strbuf_free(&name);
    return NULL;
}

/* With a leftover file of another user, SQLite reports only that the database
 * cannot be opened or is read-only. */
static int check_beside(const char *path, const char *suffix, struct err *err) {
    char *name = name_beside(path, suffix);
    if (!name)
        return err_no_memory(err);
    int result = access(name, R_OK | W_OK) == 0 || errno == ENOENT
                     ? 0
                     : err_set(err, ERR_READONLY,
                               "%s: %s; give it to the owner of the database",
                               name, strerror(errno));
    free(name);
    return result;
}

static int open_locked(struct store *store, const char *path, struct err *err) {
    if (create_file(path, err) != 0 ||
        db_open(path, false, OUTSIDER_BUSY_MS, &store->db, err) != 0)
        return -1;
    const char *file = db_file(store->db);
    if (!(store->wal = name_beside(file, "-wal")))
        return err_no_memory(err);
    if (check_beside(file, "-wal", err) != 0 ||
        check_beside(file, "-shm", err) != 0 ||
        schema_migrate(store->db, path, err) != 0 ||
        db_query_number(store->db, sql_page_size, &store->log.page_size, err) !=
            0)
        return -1;
    checkpoint_limit(store);
    db_log_follow(&store->log, store->db);
    return prepare_all(store, err);
}

static int open_lock(struct store *store, const char *path, struct err *err) {
    char *name = name_beside(path, "-lock");
    store->lock = name ? side_lock_open(name, err) : err_no_memory(err);
    free(name);
    return store->lock < 0 ? -1 : 0;
}

int store_open(const char *path, bool power, struct store **out,
               struct err *err) {
    struct store *store = calloc(1, sizeof(*store));
    int result = -1;
    *out = NULL;
    if (!store)
        return err_no_memory(err);
    store->lock = -1;
    store->wal_fd = -1;
    store->power = power;
    if (!(store->path = strdup(path))) {
        (void)err_no_memory(err);
        goto out;
    }
    if (filesystem_check(path, err) != 0 || open_lock(store, path, err) != 0 ||
        store_lock(store, err) != 0)
        goto out;
    log_disown(store, path);
    result = open_locked(store, path, err);
    if (result == 0 && power)
        result = db_log_sync(store->db, DB_LOG, err);
    log_identify(store);
    store_unlock(store);
out:
    if (result != 0) {
        store_close(store);
        store = NULL;
    }
    *out = store;
    return result;
}

/* A later open of a file with the same name must not find this log. */
static void drop_log(struct store *store) {
    struct strbuf left = {0};
    struct err ignored;
    if (!store->db || !store->wal || !db_file_is_gone(store->db) ||
        store_lock(store, &ignored) != 0)
        return;
    log_drop(store, &left);
    store_unlock(store);
    strbuf_free(&left);
}

void store_close(struct store *store) {
    if (!store)
        return;
    drop_log(store);
    db_close(store->db);
    if (store->lock >= 0)
        (void)close(store->lock);
    if (store->wal_fd >= 0)
        (void)close(store->wal_fd);
    free(store->path);
    free(store->wal);
    open_families_free(store);
    fold_free(&store->fold);
    strbuf_free(&store->labels);
    strbuf_free(&store->pushed_labels);
    strbuf_free(&store->buckets);
    strbuf_free(&store->notes);
    history_free(store);
    free(store);
}

int store_load(struct store *store, struct registry *registry, int64_t now,
               struct strbuf *notes, struct err *err) {
    int64_t generation = 0;
    const int64_t since = store->history.since;
    if (turn_begin(store, err) != 0)
        return -1;
    int result = history_load(store, now, err);
    if (result == 0)
        result = family_load(store, registry, now, notes, err);
    if (result == 0)
        result = sql_claims_load(store, registry, err);
    if (result == 0)
        result = sessions_merge(store, registry->session_rules, err);
    if (result == 0)
        result = meta_read_generation(store->sql.generation, &generation, err);
    if (result == 0)
        result = open_labels_learn(store, registry, err);
    result = turn_end(store, result, err);
    if (result != 0) {
        store->history.since = since;
        return -1;
    }
    fold_free(&store->fold);
    store->registry = registry;
    store->values_fresh = false;
    store->generation = generation;
    store->open.generation = 0;
    registry->generation = generation;
    store->history.due = false;
    return 0;
}

void store_limit_log(struct store *store, long long bytes) {
    store->log_max = bytes;
    checkpoint_limit(store);
}

void store_keep_history(struct store *store,
                        const struct history_config *config) {
    store->history.config = *config;
}

#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db.h"
#include "filesystem.h"
#include "fold.h"
#include "histogram.h"
#include "label.h"
#include "side_lock.h"
#include "sql.h"
#include "store_schema.h"

enum {
    LOCK_TIMEOUT_MS = 3000,
    OUTSIDER_BUSY_MS = 500 /* the sqlite3 shell, a backup */
};

struct statements {
    struct db_statement *begin;
    struct db_statement *commit;
    struct db_statement *rollback;
    struct db_statement *generation;
    struct db_statement *touch;
    struct db_statement *batch_insert;
    struct db_statement *batch_prune;
    struct db_statement *series_find;
    struct db_statement *series_insert;
    struct db_statement *counter_add;
    struct db_statement *gauge_set;
    struct db_statement *histogram_add;
    struct db_statement *label_values;
};

struct store {
    struct db *db;
    struct statements sql;
    int lock;
    bool locked; /* the side lock is held, for the next commit */
    char *wal;   /* path of the WAL file; NULL unless commits are synced */
    int wal_fd;  /* of it, -1 before the first commit */
    struct fold fold;
    struct registry *registry;
    int64_t generation; /* as it was at store_load */
    struct strbuf labels;
    struct strbuf buckets;
};

static int prepare_all(struct store *store, struct err *err) {
    struct statements *sql = &store->sql;
    const struct {
        struct db_statement **statement;
        const char *text;
    } list[] = {
        {&sql->begin, sql_begin},
        {&sql->commit, sql_commit},
        {&sql->rollback, sql_rollback},
        {&sql->generation, sql_generation},
        {&sql->touch, sql_touch},
        {&sql->batch_insert, sql_batch_insert},
        {&sql->batch_prune, sql_batch_prune},
        {&sql->series_find, sql_series_find},
        {&sql->series_insert, sql_series_insert},
        {&sql->counter_add, sql_counter_add},
        {&sql->gauge_set, sql_gauge_set},
        {&sql->histogram_add, sql_histogram_add},
        {&sql->label_values, sql_label_values},
    };
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
        if (db_prepare(store->db, list[i].text, list[i].statement, err) != 0)
            return -1;
    return 0;
}

/* SQLite would create the file readable by everybody whom the umask lets. One
 * that is there is not opened: closing it would drop the locks that SQLite
 * holds on it in this process, for a reader (sqlite.org/howtocorrupt.html,
 * 2.2). */
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

static int open_locked(struct store *store, const char *path, struct err *err) {
    if (create_file(path, err) != 0 ||
        db_open(path, false, OUTSIDER_BUSY_MS, &store->db, err) != 0 ||
        schema_migrate(store->db, path, err) != 0)
        return -1;
    return prepare_all(store, err);
}

static char *name_wal(const char *path) {
    struct strbuf name = {0};
    strbuf_printf(&name, "%s-wal", path);
    if (!name.failed)
        return name.data;
    strbuf_free(&name);
    return NULL;
}

static int open_lock(struct store *store, const char *path, struct err *err) {
    struct strbuf name = {0};
    strbuf_printf(&name, "%s-lock", path);
    store->lock = name.failed ? err_set(err, ERR_MEMORY, "out of memory")
                              : side_lock_open(name.data, err);
    strbuf_free(&name);
    return store->lock < 0 ? -1 : 0;
}

int store_open(const char *path, bool power, struct store **out,
               struct err *err) {
    struct store *store = calloc(1, sizeof(*store));
    int result = -1;
    *out = NULL;
    if (!store)
        return err_set(err, ERR_MEMORY, "out of memory");
    store->lock = -1;
    store->wal_fd = -1;
    if (power && !(store->wal = name_wal(path))) {
        (void)err_set(err, ERR_MEMORY, "out of memory");
        goto out;
    }
    if (filesystem_check(path, err) != 0 || open_lock(store, path, err) != 0 ||
        side_lock_take(store->lock, LOCK_TIMEOUT_MS, err) != 0)
        goto out;
    result = open_locked(store, path, err);
    side_lock_release(store->lock);
out:
    if (result != 0) {
        store_close(store);
        store = NULL;
    }
    *out = store;
    return result;
}

void store_close(struct store *store) {
    if (!store)
        return;
    db_close(store->db);
    if (store->lock >= 0)
        (void)close(store->lock);
    if (store->wal_fd >= 0)
        (void)close(store->wal_fd);
    free(store->wal);
    fold_free(&store->fold);
    strbuf_free(&store->labels);
    strbuf_free(&store->buckets);
    free(store);
}

bool store_try_lock(struct store *store) {
    store->locked = store->locked || side_lock_try(store->lock);
    return store->locked;
}

static void unlock(struct store *store) {
    side_lock_release(store->lock);
    store->locked = false;
}

/* Takes the side lock and begins a transaction. */
static int begin(struct store *store, struct err *err) {
    if (!store->locked &&
        side_lock_take(store->lock, LOCK_TIMEOUT_MS, err) != 0)
        return -1;
    if (db_run(store->sql.begin, err) == 0)
        return 0;
    unlock(store);
    return -1;
}

/* Ends the transaction, well if result is 0, and releases the side lock. */
static int end(struct store *store, int result, struct err *err) {
    struct err ignored;
    if (result == 0)
        result = db_run(store->sql.commit, err);
    if (result != 0 && db_in_transaction(store->db))
        (void)db_run(store->sql.rollback, &ignored);
    unlock(store);
    return result;
}

static int read_generation(struct store *store, int64_t *generation,
                           struct err *err) {
    int result = db_step(store->sql.generation, err);
    if (result == 1)
        *generation = db_integer(store->sql.generation, 0);
    else if (result == 0)
        result = err_set(err, ERR_CORRUPT,
                         "database: the row `generation` of meta is gone");
    db_reset(store->sql.generation);
    return result == 1 ? 0 : -1;
}

/* Adds values that other responders have admitted to an open label. */
static int learn_values(struct store *store, const struct family *family,
                        struct label_rule *rule, struct err *err) {
    struct db_statement *statement = store->sql.label_values;
    int result = 0;
    db_bind_integer(statement, ":family", family->id);
    db_bind_text(statement, ":label", rule->name, strlen(rule->name));
    while (rule->values.count < label_rule_size(rule) &&
           (result = db_step(statement, err)) == 1) {
        size_t len;
        const char *value = db_text(statement, 0, &len);
        if (value && value_set_add(&rule->values, value, len) == VALUE_NONE)
            result = err_set(err, ERR_MEMORY, "out of memory");
        if (result < 0)
            break;
    }
    db_reset(statement);
    return result < 0 ? -1 : 0;
}

static int learn_open_labels(struct store *store, struct registry *registry,
                             struct err *err) {
    for (size_t i = 0; i < registry_count(registry); i++) {
        struct family *family = registry->families[i];
        for (size_t j = 0; j < family->label_count; j++) {
            struct label_rule *rule = &family->labels[j];
            if (rule->max_values > 0 &&
                learn_values(store, family, rule, err) != 0)
                return -1;
            rule->settled = rule->values.count;
        }
    }
    return 0;
}

int store_load(struct store *store, struct registry *registry, int64_t now,
               struct strbuf *notes, struct err *err) {
    int64_t generation = 0;
    if (begin(store, err) != 0)
        return -1;
    int result = schema_load(store->db, registry, now, notes, err);
    if (result == 0)
        result = read_generation(store, &generation, err);
    if (result == 0)
        result = learn_open_labels(store, registry, err);
    result = end(store, result, err);
    if (result != 0)
        return -1;
    fold_free(&store->fold);
    store->registry = registry;
    store->generation = generation;
    registry->generation = generation;
    return 0;
}

/* The values of the sample's open labels that were not known when it was
 * parsed: admitted while there is room, `other` after that. */
static int resolve_values(struct store *store, struct sample *sample,
                          struct err *err) {
    const struct family *family = sample->family;
    for (size_t i = 0; sample->texts && i < family->label_count; i++) {
        struct label_rule *rule = &family->labels[i];
        const struct label *text = &sample->texts[i];
        if (sample->values[i] != VALUE_NONE)
            continue;
        uint32_t value =
            value_set_find(&rule->values, text->value, text->value_len);
        if (value == VALUE_NONE && learn_values(store, family, rule, err) != 0)
            return -1;
        if (value == VALUE_NONE)
            value = value_set_find(&rule->values, text->value, text->value_len);
        if (value == VALUE_NONE && rule->values.count >= label_rule_size(rule))
            value = OPEN_OTHER;
        if (value == VALUE_NONE)
            value = value_set_add(&rule->values, text->value, text->value_len);
        if (value == VALUE_NONE)
            return err_set(err, ERR_MEMORY, "out of memory");
        sample->values[i] = value;
    }
    return 0;
}

static int fold_batch(struct store *store, struct batch *batch,
                      struct err *err) {
    for (size_t i = 0; i < batch->count; i++) {
        struct sample *sample = &batch->samples[i];
        if (resolve_values(store, sample, err) != 0)
            return -1;
        if (fold_add(&store->fold, sample) != 0)
            return err_set(err, ERR_MEMORY, "out of memory");
    }
    return 0;
}

static int insert_id(struct store *store, struct batch *batch, int64_t now,
                     struct err *err) {
    db_bind_blob(store->sql.batch_insert, ":id", batch->id, sizeof(batch->id));
    db_bind_integer(store->sql.batch_insert, ":now", now);
    if (db_run(store->sql.batch_insert, err) != 0)
        return -1;
    batch->repeated = db_changes(store->db) == 0;
    return 0;
}

/* Sets delta->row, with a new row at zero if there is none. */
static int find_row(struct store *store, struct delta *delta, int64_t now,
                    struct err *err) {
    struct label labels[FAMILY_LABELS_MAX];
    const struct family *family = delta->family;
    struct strbuf *json = &store->labels;
    strbuf_reset(json);
    family_labels(family, delta->combination, labels);
    label_set_write_json(labels, family->label_count, json);
    if (json->failed)
        return err_set(err, ERR_MEMORY, "out of memory");
    struct db_statement *find = store->sql.series_find;
    db_bind_integer(find, ":family", family->id);
    db_bind_text(find, ":labels", json->data, json->len);
    int result = db_step(find, err);
    if (result == 1)
        delta->row = db_integer(find, 0);
    db_reset(find);
    if (result != 0)
        return result == 1 ? 0 : -1;
    if (schema_insert_series(store->sql.series_insert, family, json, now,
                             err) != 0)
        return -1;
    delta->row = db_last_id(store->db);
    return 0;
}

static struct db_statement *bind_delta(struct store *store,
                                       const struct delta *delta) {
    static const char *const rules[] = {[GAUGE_LAST] = "last",
                                        [GAUGE_MAX] = "max",
                                        [GAUGE_MIN] = "min",
                                        [GAUGE_SUM] = "sum"};
    struct db_statement *statement = NULL;
    const struct family *family = delta->family;
    switch (family->type) {
    case METRIC_COUNTER:
        statement = store->sql.counter_add;
        db_bind_real(statement, ":value", delta->value);
        break;
    case METRIC_SUMMARY:
    case METRIC_UNTYPED:
    case METRIC_GAUGE:
        statement = store->sql.gauge_set;
        db_bind_real(statement, ":value", delta->value);
        db_bind_integer(statement, ":count", (int64_t)delta->count);
        db_bind_text(statement, ":rule", rules[family->gauge],
                     strlen(rules[family->gauge]));
        break;
    case METRIC_HISTOGRAM:
        statement = store->sql.histogram_add;
        strbuf_reset(&store->buckets);
        histogram_write_json(delta->buckets, family->bound_count + 1,
                             &store->buckets);
        db_bind_real(statement, ":sum", delta->sum);
        db_bind_integer(statement, ":count", (int64_t)delta->count);
        db_bind_text(statement, ":buckets", store->buckets.data,
                     store->buckets.len);
        break;
    }
    return statement;
}

/* A row that was pruned since it was last seen is made anew. */
static int apply_delta(struct store *store, struct delta *delta, int64_t now,
                       struct err *err) {
    for (int attempt = 0; attempt < 2; attempt++) {
        if (delta->row == 0 && find_row(store, delta, now, err) != 0)
            return -1;
        struct db_statement *statement = bind_delta(store, delta);
        if (store->buckets.failed)
            return err_set(err, ERR_MEMORY, "out of memory");
        db_bind_integer(statement, ":now", now);
        db_bind_integer(statement, ":id", delta->row);
        if (db_run(statement, err) != 0)
            return -1;
        if (db_changes(store->db) == 1)
            return 0;
        delta->row = 0;
    }
    return err_set(err, ERR_CORRUPT, "database: a new series has no row");
}

static int prune_ids(struct store *store, const struct store_clock *clock,
                     struct err *err) {
    db_bind_blob(store->sql.batch_prune, ":horizon", clock->batch_horizon,
                 sizeof(clock->batch_horizon));
    return db_run(store->sql.batch_prune, err);
}

static int apply_turn(struct store *store, struct batch *const *batches,
                      size_t count, bool touch, const struct store_clock *clock,
                      struct err *err) {
    int64_t generation;
    bool ids = false;
    if (read_generation(store, &generation, err) != 0)
        return -1;
    if (generation != store->generation)
        return err_set(err, ERR_STALE,
                       "another responder has loaded a newer configuration");
    for (size_t i = 0; i < count; i++) {
        struct batch *batch = batches[i];
        batch->repeated = false;
        ids = ids || batch->has_id;
        if (batch->has_id && insert_id(store, batch, clock->now, err) != 0)
            return -1;
        if (!batch->repeated && fold_batch(store, batch, err) != 0)
            return -1;
    }
    for (size_t i = 0; i < store->fold.pending_count; i++)
        if (apply_delta(store, store->fold.pending[i], clock->now, err) != 0)
            return -1;
    if (touch) {
        db_bind_integer(store->sql.touch, ":now", clock->now);
        if (db_run(store->sql.touch, err) != 0)
            return -1;
    }
    return ids ? prune_ids(store, clock, err) : 0;
}

/* Keeps the values of open labels that the turn has admitted, or forgets
 * them after a rollback. */
static void settle_values(struct batch *const *batches, size_t count,
                          bool committed) {
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < batches[i]->count; j++) {
            const struct sample *sample = &batches[i]->samples[j];
            const struct family *family = sample->family;
            for (size_t k = 0; sample->texts && k < family->label_count; k++) {
                struct label_rule *rule = &family->labels[k];
                if (committed)
                    rule->settled = rule->values.count;
                else if (rule->max_values > 0)
                    value_set_truncate(&rule->values, rule->settled);
            }
        }
    }
}

/* Puts the commit on the disk, where that was asked for. It is after the side
 * lock was released, so that others commit meanwhile: what SQLite calls
 * synchronous=FULL would sync before. All that makes the commit durable is in
 * the WAL file, or was synced by the checkpoint that has reset it. */
static int sync_commit(struct store *store, struct err *err) {
    if (!store->wal)
        return 0;
    if (store->wal_fd < 0)
        store->wal_fd = open(store->wal, O_RDWR | O_CLOEXEC);
    if (store->wal_fd >= 0 && fdatasync(store->wal_fd) == 0)
        return 0;
    return err_set(err, ERR_IO, "%s: %s: counted, but a power cut may take it",
                   store->wal, strerror(errno));
}

int store_commit(struct store *store, struct batch *const *batches,
                 size_t count, bool touch, const struct store_clock *clock,
                 struct err *err) {
    if (begin(store, err) != 0)
        return -1;
    int result = apply_turn(store, batches, count, touch, clock, err);
    result = end(store, result, err);
    fold_clear(&store->fold, result != 0);
    settle_values(batches, count, result == 0);
    return result == 0 ? sync_commit(store, err) : -1;
}

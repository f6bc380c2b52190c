#include "store/commit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "sql.h"
#include "store/connection.h"
#include "store/delta.h"
#include "store/groups.h"
#include "store/history.h"
#include "store/history_merge.h"
#include "store/meta.h"
#include "store/open_families.h"
#include "store/open_labels.h"
#include "store/pushers.h"
#include "store/removal.h"
#include "store/session_merge.h"
#include "store/sessions.h"
#include "store/sql_outcome.h"
#include "store/turn.h"

static int fold_batch(struct store *store, struct batch *batch, int64_t now,
                      struct err *err) {
    for (size_t i = 0; i < batch->count; i++) {
        struct sample *sample = &batch->samples[i];
        if (open_labels_resolve(store, sample, err) != 0)
            return -1;
        if (sample->pusher) {
            if (pushers_fold(store, sample, now, err) != 0)
                return -1;
        } else if (fold_add(&store->fold, sample) != 0) {
            return err_set(err, ERR_MEMORY, "out of memory");
        }
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

static int insert_key(struct store *store, struct batch *batch, int64_t now,
                      struct err *err) {
    db_bind_blob(store->sql.key_insert, ":key", batch->key, sizeof(batch->key));
    db_bind_integer(store->sql.key_insert, ":now", now);
    if (db_run(store->sql.key_insert, err) != 0)
        return -1;
    batch->repeated = batch->repeated || db_changes(store->db) == 0;
    return 0;
}

int store_find_origin(struct store *store, const char *key, int64_t *added_at,
                      struct err *err) {
    struct db_statement *find = store->sql.origin_find;
    db_bind_text(find, ":key", key, strlen(key));
    int result = db_step(find, err);
    if (result == 1)
        *added_at = db_integer(find, 0);
    db_reset(find);
    return result;
}

static int insert_origins(struct store *store, const struct batch *batch,
                          int64_t now, struct err *err) {
    struct db_statement *insert = store->sql.origin_insert;
    for (size_t i = 0; i < batch->origin_count; i++) {
        const char *key = batch->origins[i];
        db_bind_text(insert, ":key", key, strlen(key));
        db_bind_integer(insert, ":now", now);
        if (db_run(insert, err) != 0)
            return -1;
    }
    return 0;
}

static int prune_ids(struct store *store, const struct store_clock *clock,
                     struct err *err) {
    db_bind_blob(store->sql.batch_prune, ":horizon", clock->batch_horizon,
                 sizeof(clock->batch_horizon));
    return db_run(store->sql.batch_prune, err);
}

static int prune_keys(struct store *store, const struct store_clock *clock,
                      struct err *err) {
    db_bind_integer(store->sql.key_prune, ":horizon", clock->key_horizon);
    return db_run(store->sql.key_prune, err);
}

/* Checks the whole batch before it applies any of it. */
static int apply_batch(struct store *store, struct batch *batch, int64_t now,
                       struct err *err) {
    struct open_mark mark;
    bool open = open_families_in(batch);
    batch->repeated = false;
    batch->refused = false;
    if (open && open_families_admit(store, batch, &mark, err) != 0)
        return -1;
    if (!batch->refused && pushers_in(batch) &&
        pushers_admit(store, batch, now, err) != 0)
        return -1;
    if (!batch->refused && groups_admit(store, batch, now, err) != 0)
        return -1;
    if (!batch->refused && batch->has_id &&
        insert_id(store, batch, now, err) != 0)
        return -1;
    if (!batch->refused && batch->has_key &&
        insert_key(store, batch, now, err) != 0)
        return -1;
    bool fits = !batch->refused && !batch->repeated;
    if (open && !fits)
        open_families_take_back(store, &mark);
    if (open && fits && open_families_keep(store, &mark, err) != 0)
        return -1;
    if (!fits)
        return 0;
    if (insert_origins(store, batch, now, err) != 0 ||
        pushers_take(store, batch, err) != 0 ||
        groups_take(store, batch, err) != 0)
        return -1;
    if (batch->session && sessions_apply(store, batch->session, now, err) != 0)
        return -1;
    if (batch->sql_outcome &&
        sql_outcome_apply(store, batch->sql_outcome, now, err) != 0)
        return -1;
    return fold_batch(store, batch, now, err);
}

static int touch_meta(struct store *store, int64_t now, struct err *err) {
    db_bind_integer(store->sql.touch, ":now", now);
    return db_run(store->sql.touch, err);
}

/* The parts of a turn other than increments of listed families. */
struct uses {
    bool open;
    bool meta;
    bool totals;
};

static struct uses uses_of(struct batch *const *batches, size_t count) {
    struct uses uses = {.open = false};
    for (size_t i = 0; i < count; i++) {
        uses.open = uses.open || open_families_in(batches[i]);
        uses.totals = uses.totals || batches[i]->totals;
        uses.meta = uses.meta || batches[i]->removal ||
                    batches[i]->pusher_count > 0 ||
                    batches[i]->group_count > 0 || pushers_in(batches[i]);
    }
    uses.meta = uses.meta || uses.open;
    return uses;
}

/* Removals precede all additions of the turn. */
static int begin_batches(struct store *store, struct batch *const *batches,
                         size_t count, int64_t now, struct err *err) {
    int64_t generation;
    struct uses uses = uses_of(batches, count);
    if (meta_read_generation(store->sql.generation, &generation, err) != 0)
        return -1;
    if (generation != store->generation)
        return turn_stale(err);
    if (uses.meta && meta_read(store->sql.meta_open, store->meta, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (batches[i]->removal &&
            removal_apply(store, batches[i], now, err) != 0)
            return -1;
    history_bring(store, uses.totals);
    sessions_begin(store, batches, count);
    return open_families_begin(store, uses.open, err);
}

static int merge_histories(struct store *store, struct batch *const *batches,
                           size_t count, struct err *err) {
    for (size_t i = 0; i < count; i++)
        if (batches[i]->history && !batches[i]->refused &&
            history_merge(store, batches[i], err) != 0)
            return -1;
    return 0;
}

static int adopt_sessions(struct store *store, struct batch *const *batches,
                          size_t count, struct err *err) {
    for (size_t i = 0; i < count; i++)
        if (batches[i]->origin_count > 0 && !batches[i]->refused &&
            sessions_adopt(store, batches[i], err) != 0)
            return -1;
    return 0;
}

/* Runs after all batches, because it cannot cause another one to be refused. */
static int fail_groups(struct store *store, struct batch *const *batches,
                       size_t count, struct err *err) {
    for (size_t i = 0; i < count; i++)
        if (batches[i]->refused && groups_fail(store, batches[i], err) != 0)
            return -1;
    return 0;
}

static int apply_turn(struct store *store, struct batch *const *batches,
                      size_t count, bool touch, const struct store_clock *clock,
                      struct err *err) {
    bool ids = false;
    bool keys = false;
    if (begin_batches(store, batches, count, clock->now, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (apply_batch(store, batches[i], clock->now, err) != 0)
            return -1;
        ids = ids || batches[i]->has_id;
        keys = keys || batches[i]->has_key;
    }
    if (fail_groups(store, batches, count, err) != 0)
        return -1;
    if (sessions_finish(store, clock->now, err) != 0 ||
        delta_apply_all(store, clock->now, err) != 0 ||
        merge_histories(store, batches, count, err) != 0 ||
        adopt_sessions(store, batches, count, err) != 0 ||
        open_families_finish(store, err) != 0 ||
        (touch && touch_meta(store, clock->now, err) != 0))
        return -1;
    if (ids && prune_ids(store, clock, err) != 0)
        return -1;
    return keys ? prune_keys(store, clock, err) : 0;
}

/* Syncs the commit to disk, where that is configured. It runs after the side
 * lock is released, so that others can commit meanwhile; SQLite's
 * synchronous=FULL would sync before. A durable commit needs only the WAL file,
 * or pages that the checkpoint synced before it reset the file. */
static int sync_commit(struct store *store, struct err *err) {
    if (!store->power)
        return 0;
    if (store->wal_fd < 0)
        store->wal_fd = open(store->wal, O_RDWR | O_CLOEXEC);
    if (store->wal_fd >= 0 && fdatasync(store->wal_fd) == 0)
        return 0;
    return err_set(err, ERR_UNSYNCED,
                   "%s: %s: committed, but a power cut may lose it", store->wal,
                   strerror(errno));
}

/* Restarts the turn after a failure: nothing of it is left, and the memory
 * matches the database. */
static int restart(struct store *store, struct batch *const *batches,
                   size_t count, struct err *err) {
    struct err ignored;
    strbuf_reset(&store->notes);
    for (size_t i = 0; i < count; i++)
        if (batch_unresolve(batches[i]) != 0)
            return err_set(err, ERR_MEMORY, "out of memory");
    sessions_end(store, false);
    fold_free(&store->fold);
    store->open.generation = 0;
    if (db_in_transaction(store->db))
        (void)db_run(store->sql.rollback, &ignored);
    if (db_run(store->sql.begin, err) != 0 ||
        open_labels_learn(store, store->registry, err) != 0)
        return -1;
    store->relearned = true;
    return 0;
}

/* The error may belong to one batch, so the others may still be committed. */
static bool is_batch_error(const struct err *err) {
    return err->code == ERR_VALUE || err->code == ERR_SYNTAX ||
           err->code == ERR_MEMORY || err->code == ERR_CORRUPT;
}

static void refuse_alone(struct store *store, struct batch *batch,
                         const struct err *why) {
    batch->refused = true;
    batch->refusal = REJECT_NOT_STORED;
    batch->why = *why;
    strbuf_printf(&store->notes,
                  "one push was refused, the others in the same commit were "
                  "accepted: %s\n",
                  why->message);
}

/* Stores the time of the failure in the group of a batch that was refused on
 * its own. If that fails too, the others are still committed. */
static int fail_alone(struct store *store, struct batch *batch, int64_t now,
                      struct err *err) {
    struct err why = {.code = ERR_NONE};
    if (batch->group_count != 1)
        return 0;
    if (db_execute(store->db, sql_savepoint, err) != 0)
        return -1;
    bool stored = meta_read(store->sql.meta_open, store->meta, &why) == 0 &&
                  groups_fail(store, batch, &why) == 0 &&
                  delta_apply_all(store, now, &why) == 0;
    fold_clear(&store->fold, !stored);
    open_labels_settle(&batch, 1, stored);
    *err = why;
    if (!stored && (!db_in_transaction(store->db) ||
                    db_execute(store->db, sql_savepoint_rollback, err) != 0))
        return -1;
    return db_execute(store->db, sql_savepoint_release, err);
}

/* Applies one batch within the transaction. Returns 1 when it is applied, 0
 * when the batch was refused, -1 when the store fails. */
static int apply_alone(struct store *store, struct batch *batch,
                       const struct store_clock *clock, struct err *err) {
    struct err why = {.code = ERR_NONE};
    if (db_execute(store->db, sql_savepoint, err) != 0)
        return -1;
    int result = apply_turn(store, &batch, 1, false, clock, &why);
    fold_clear(&store->fold, result != 0);
    sessions_end(store, result == 0);
    open_labels_settle(&batch, 1, result == 0);
    if (result == 0)
        return db_execute(store->db, sql_savepoint_release, err) == 0 ? 1 : -1;
    store->open.generation = 0;
    *err = why;
    /* Some errors roll back the whole transaction. */
    if (!is_batch_error(&why) || !db_in_transaction(store->db) ||
        db_execute(store->db, sql_savepoint_rollback, err) != 0 ||
        db_execute(store->db, sql_savepoint_release, err) != 0)
        return -1;
    refuse_alone(store, batch, &why);
    return fail_alone(store, batch, clock->now, err);
}

/* Applies each batch on its own after the turn has failed, so that only the
 * failing ones are refused. Removals still come first. When all fail, the store
 * is at fault, unless the error certainly belongs to a batch. */
static int apply_each(struct store *store, struct batch *const *batches,
                      size_t count, bool touch, const struct store_clock *clock,
                      struct err *err) {
    struct err first = *err;
    size_t stored = 0;
    if (restart(store, batches, count, err) != 0)
        return -1;
    for (size_t i = 0; i < 2 * count; i++) {
        struct batch *batch = batches[i % count];
        if ((batch->removal != NULL) != (i < count))
            continue;
        int result = apply_alone(store, batch, clock, err);
        if (result < 0)
            return -1;
        stored += (size_t)result;
    }
    if (stored == 0 && first.code != ERR_VALUE) {
        *err = first;
        return -1;
    }
    return touch ? touch_meta(store, clock->now, err) : 0;
}

/* Called after a rollback or a commit: a batch that was settled alone may still
 * have been rolled back. */
static void settle_batches(struct store *store, struct batch *const *batches,
                           size_t count, bool committed) {
    fold_clear(&store->fold, !committed);
    sessions_end(store, committed);
    open_labels_settle(batches, count, committed);
    if (committed)
        return;
    store->history.due = true;
    store->open.generation = 0;
    for (size_t i = 0; i < count; i++)
        batches[i]->refused = false;
    if (!store->relearned)
        return;
    store->learned = 0;
    fold_free(&store->fold);
}

int store_commit(struct store *store, struct batch *const *batches,
                 size_t count, bool touch, const struct store_clock *clock,
                 struct err *err) {
    strbuf_reset(&store->notes);
    store->values_fresh = false;
    store->relearned = false;
    if (turn_begin(store, err) != 0)
        return -1;
    history_begin_turn(store, clock->now);
    int result = apply_turn(store, batches, count, touch, clock, err);
    if (result != 0 && err->code == ERR_RELEARN &&
        restart(store, batches, count, err) == 0)
        result = apply_turn(store, batches, count, touch, clock, err);
    if (result != 0 && is_batch_error(err))
        result = apply_each(store, batches, count, touch, clock, err);
    if (result == 0)
        result = history_write(store, clock->now, err);
    result = turn_end(store, result, err);
    settle_batches(store, batches, count, result == 0);
    return result == 0 ? sync_commit(store, err) : -1;
}

bool store_history_due(const struct store *store) {
    return store->history.due;
}

int store_write_history(struct store *store, const struct store_clock *clock,
                        struct err *err) {
    int result = store_commit(store, NULL, 0, false, clock, err);
    if (result != 0)
        store->history.due = false;
    return result;
}

const char *store_notes(const struct store *store) {
    return strbuf_text(&store->notes);
}

#include "store/turn.h"

#include "base/side_lock.h"
#include "base/strbuf.h"
#include "store/connection.h"
#include "store/log.h"
#include "store/meta.h"

enum {
    LOCK_TIMEOUT_MS = 3000,
    /* Both waits are shorter after a turn whose wait has timed out: a lock held
     * for so long is rarely released soon, and every later turn waits for it,
     * too. */
    LOCK_AGAIN_MS = 500,
    OUTSIDER_AGAIN_MS = 20
};

int store_lock(struct store *store, struct err *err) {
    if (store->locked)
        return 0;
    int patience = store->locked_out ? LOCK_AGAIN_MS : LOCK_TIMEOUT_MS;
    if (side_lock_take(store->lock, patience, err) != 0)
        return -1;
    store->locked = true;
    return 0;
}

void store_unlock(struct store *store) {
    side_lock_release(store->lock);
    store->locked = false;
}

int turn_stale(struct err *err) {
    return err_set(err, ERR_STALE,
                   "another responder has loaded a newer configuration");
}

bool store_try_lock(struct store *store) {
    store->locked = store->locked || side_lock_try(store->lock);
    return store->locked;
}

/* The caller holds the side lock. */
static int check_locked(struct store *store, struct err *err) {
    if (!db_is_gone(store->db))
        return 0;
    struct strbuf left = {0};
    log_drop(store, &left);
    int result =
        err_set(err, ERR_IO,
                "database %s was deleted, moved or replaced by another file "
                "while responders had it open%s",
                store->path, strbuf_text(&left));
    strbuf_free(&left);
    return result;
}

/* An error does not close the store: later reads report it. */
static int check_generation(struct store *store, struct err *err) {
    int64_t generation;
    if (meta_read_generation(store->sql.generation, &generation, err) != 0 ||
        generation == store->generation)
        return 0;
    return turn_stale(err);
}

int store_check(struct store *store, struct err *err) {
    if (!db_is_gone(store->db))
        return check_generation(store, err);
    if (store_lock(store, err) != 0)
        return -1;
    int result = check_locked(store, err);
    store_unlock(store);
    return result;
}

static int begin_locked(struct store *store, struct err *err) {
    if (check_locked(store, err) == 0 && log_check(store, err) == 0 &&
        db_run(store->sql.begin, err) == 0)
        return 0;
    store_unlock(store);
    return -1;
}

int turn_begin(struct store *store, struct err *err) {
    int result = store_lock(store, err);
    if (result == 0)
        result = begin_locked(store, err);
    bool locked_out = result != 0 && err->code == ERR_BUSY;
    if (locked_out != store->locked_out)
        db_set_busy(store->db,
                    locked_out ? OUTSIDER_AGAIN_MS : OUTSIDER_BUSY_MS);
    store->locked_out = locked_out;
    return result;
}

int turn_end(struct store *store, int result, struct err *err) {
    struct err ignored;
    if (result == 0)
        result = db_run(store->sql.commit, err);
    if (result != 0 && db_in_transaction(store->db))
        (void)db_run(store->sql.rollback, &ignored);
    store_unlock(store);
    return result;
}

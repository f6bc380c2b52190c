#include "store/session_steps.h"

#include "store/connection.h"
#include "store/session_row.h"
#include "store/session_totals.h"

/* What a turn closes and forgets beyond what it has added itself, so that the
 * rest becomes less with each. Each session that is forgotten changes a page of
 * its own in the index of uuids, and it is the checkpoint of many such pages
 * that makes a turn long: they are few. */
enum { CLOSED_MAX = 10, FORGOTTEN_MAX = 5, TIMES_MAX = 200 };

/* Of a flood of new sessions as many are forgotten when it is over. */
enum { FORGOTTEN_FLOOD = 20 };

/* As many messages as count for it. */
enum { MESSAGES_MAX = 64 };

static int64_t count_messages(const struct store *store) {
    int64_t messages = store->sessions.messages;
    return messages < MESSAGES_MAX ? messages : MESSAGES_MAX;
}

/* A session that is over without an end. */
struct silent {
    int64_t id;
    struct value_text dashboard;
    double seconds;
    bool measured;
};

/* 1 if there is one, 0 if not, -1 on error. */
static int find_silent(struct store *store, int64_t now, struct silent *silent,
                       struct err *err) {
    struct db_statement *find = store->sql.session_silent;
    size_t len;
    db_bind_integer(find, ":now", now);
    int result = db_step(find, err);
    if (result == 1) {
        const char *dashboard = db_text(find, 1, &len);
        *silent = (struct silent){
            .id = db_integer(find, 0),
            .dashboard = session_row_labels(
                store->sessions.rules->families[SESSIONS_LENGTHS], dashboard,
                len),
            .seconds = (double)db_integer(find, 2) / 1000,
            .measured = db_integer(find, 3) != 0};
        if (!silent->dashboard.text)
            result = err_no_memory(err);
    }
    db_reset(find);
    return result;
}

static int close_some(struct store *store, int64_t now, struct err *err) {
    struct db_statement *close = store->sql.session_close;
    struct silent silent;
    for (int64_t i = CLOSED_MAX + count_messages(store); i > 0; i--) {
        int result = find_silent(store, now, &silent, err);
        if (result != 1)
            return result;
        if (!silent.measured &&
            session_total_add(store, SESSIONS_LENGTHS, silent.dashboard,
                              silent.seconds, err) != 0)
            return -1;
        db_bind_integer(close, ":id", silent.id);
        if (db_run(close, err) != 0)
            return -1;
    }
    return 0;
}

/* Forgets at most *times times of a session, and it with the last one. Leaves
 * in *times how many more may go. */
static int forget(struct store *store, int64_t id, int64_t *times,
                  struct err *err) {
    struct db_statement *delete = store->sql.session_times_delete;
    db_bind_integer(delete, ":session", id);
    db_bind_integer(delete, ":limit", *times);
    if (db_run(delete, err) != 0)
        return -1;
    int64_t deleted = db_changes(store->db);
    bool all = deleted < *times;
    struct db_statement *last =
        all ? store->sql.session_delete : store->sql.session_detach;
    *times -= deleted;
    db_bind_integer(last, ":id", id);
    return db_run(last, err);
}

static int forget_some(struct store *store, int64_t now, struct err *err) {
    struct db_statement *oldest = store->sql.session_oldest;
    int64_t horizon = now - store->sessions.rules->keep_seconds;
    int64_t sessions = FORGOTTEN_MAX + store->sessions.begun;
    if (sessions > FORGOTTEN_FLOOD)
        sessions = FORGOTTEN_FLOOD;
    int64_t times = TIMES_MAX + 2 * count_messages(store);
    for (; sessions > 0 && times > 0; sessions--) {
        int64_t id;
        db_bind_integer(oldest, ":horizon", horizon);
        if (db_number(oldest, &id, err) != 0)
            return -1;
        if (id == 0) /* none is old enough */
            return 0;
        if (forget(store, id, &times, err) != 0)
            return -1;
    }
    return 0;
}

int session_steps(struct store *store, int64_t now, struct err *err) {
    return close_some(store, now, err) != 0 ? -1 : forget_some(store, now, err);
}

#include "store/sessions.h"

#include <assert.h>
#include <math.h>

#include "store/connection.h"
#include "store/session_row.h"
#include "store/session_times.h"
#include "store/session_variables.h"

/* In milliseconds; a longer timeout has no effect. */
static const double TIMEOUT_MAX = 1e12;

/* The timeout in heartbeat intervals: a message that is slightly late is no
 * gap. */
static const double INTERVALS = 1.25;

/* Also clears the fold, whose deltas point to the label sets. */
static void forget(struct store *store, const struct session_rules *rules) {
    fold_free(&store->fold);
    for (int i = 0; i < SESSION_FAMILIES; i++)
        if (rules->families[i])
            value_set_free(&rules->families[i]->label_sets);
}

void sessions_begin(struct store *store, struct batch *const *batches,
                    size_t count) {
    store->sessions = (struct session_turn){.variables = -1};
    for (size_t i = 0; i < count; i++)
        if (batches[i]->session)
            store->sessions.rules = batches[i]->session->rules;
    const struct session_rules *rules = store->sessions.rules;
    /* At most as many label sets of a family in memory as rows in the
     * database. */
    for (int i = 0; rules && i < SESSION_FAMILIES; i++)
        if (rules->families[i] &&
            rules->families[i]->label_sets.count / 2 > rules->max_series)
            forget(store, rules);
}

void sessions_end(struct store *store, bool committed) {
    if (store->sessions.rules && !committed)
        forget(store, store->sessions.rules);
    store->sessions = (struct session_turn){.rules = NULL};
}

/* Updates everything but the times from the message. */
static void note(struct session_row *row, const struct session_push *push) {
    double timeout = push->rules->timeout > 0
                         ? push->rules->timeout
                         : INTERVALS * push->heartbeat_interval;
    /* Once configured, a timeout caps from this message on, if none did
     * before. */
    bool known = row->timeout > 0 &&
                 (push->rules->timeout <= 0 || row->capped != CAP_NOT_YET);
    if (!known && timeout > 0)
        row->timeout = (int64_t)ceil(fmin(timeout * 1000, TIMEOUT_MAX));
    row->heartbeat = row->heartbeat || push->kind == SESSION_HEARTBEAT;
    row->ended = row->ended || push->kind == SESSION_END;
}

/* Nothing is capped without heartbeats and a configured timeout. */
static bool cap_due(const struct session_row *row,
                    const struct session_rules *rules) {
    return row->capped == CAP_NOT_YET && row->timeout > 0 &&
           (row->heartbeat || rules->timeout > 0);
}

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* Adds the uncounted growth of the sums to the totals. appear: insert the
 * series even if the growth is zero. */
static int count_growth(struct store *store, struct session_row *row,
                        bool appear, struct err *err) {
    int64_t counted = larger(row->counted, row->sum);
    int64_t focused = larger(row->counted_focused, row->focused);
    double growth = (double)(counted - row->counted) / 1000;
    double focused_growth = (double)(focused - row->counted_focused) / 1000;
    if ((appear || growth > 0) &&
        session_total_add(store, SESSIONS_DURATION, row->labels, growth, err) !=
            0)
        return -1;
    if ((appear || focused_growth > 0) &&
        session_total_add(store, SESSIONS_FOCUSED, row->labels, focused_growth,
                          err) != 0)
        return -1;
    row->counted = counted;
    row->counted_focused = focused;
    return 0;
}

/* The length is the duration counted when the first end arrived. */
static int measure(struct store *store, struct session_row *row,
                   struct err *err) {
    if (!row->ended || row->measured)
        return 0;
    row->measured = true;
    return session_total_add(store, SESSIONS_LENGTHS, row->dashboard,
                             (double)row->counted / 1000, err);
}

static int begin_session(struct store *store, const struct session_push *push,
                         struct session_row *row, struct err *err) {
    store->sessions.begun++;
    if (session_labels_choose(store, push, row, err) != 0 ||
        session_total_add(store, SESSIONS_BEGUN, row->labels, 1, err) != 0)
        return -1;
    return session_variables_add(store, push, err);
}

/* A session counts from its first heartbeat or its end. */
static bool counts(const struct session_row *row) {
    return row->heartbeat || row->ended;
}

static int add_message(struct store *store, const struct session_push *push,
                       struct session_row *row, int64_t now, struct err *err) {
    int64_t time = llround(push->time * 1000);
    bool new = row->id == 0;
    bool counted = counts(row);
    note(row, push);
    if (!new &&session_times_add(store, row, time, push->focused, err) != 0)
        return -1;
    if (cap_due(row, push->rules) && session_times_cap(store, row, err) != 0)
        return -1;
    if (counts(row) && count_growth(store, row, !counted, err) != 0)
        return -1;
    if (measure(store, row, err) != 0 ||
        session_row_write(store, push, row, now, err) != 0)
        return -1;
    return new ? session_times_insert(store, row, time, push->focused, err) : 0;
}

int sessions_apply(struct store *store, const struct session_push *push,
                   int64_t now, struct err *err) {
    struct session_row row;
    assert(push->time >= 0 && push->time < 1e12);
    store->sessions.messages++;
    if (session_row_find(store, push, &row, err) != 0 ||
        (row.id == 0 && begin_session(store, push, &row, err) != 0))
        return -1;
    return add_message(store, push, &row, now, err);
}

/* The maximum number of sessions and times that a turn closes and deletes
 * beyond those it has added, so that the backlog shrinks in each turn. Each
 * deleted session changes its own page in the index of uuids, and many changed
 * pages make a checkpoint, and its turn, slow: so the numbers are small. */
enum { CLOSED_MAX = 10, FORGOTTEN_MAX = 5, TIMES_MAX = 200 };

/* The maximum number deleted per turn after a flood of new sessions. */
enum { FORGOTTEN_FLOOD = 20 };

/* A turn with this many messages is a flood. */
enum { MESSAGES_MAX = 64 };

static int64_t count_messages(const struct store *store) {
    int64_t messages = store->sessions.messages;
    return messages < MESSAGES_MAX ? messages : MESSAGES_MAX;
}

/* A session that is over without an end message. */
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

/* Deletes at most *times times of a session, and the session together with its
 * last time. Subtracts the number of deleted times from *times. */
static int forget_times(struct store *store, int64_t id, int64_t *times,
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
        if (forget_times(store, id, &times, err) != 0)
            return -1;
    }
    return 0;
}

int sessions_finish(struct store *store, int64_t now, struct err *err) {
    if (store->sessions.messages == 0)
        return 0;
    return close_some(store, now, err) != 0 ? -1 : forget_some(store, now, err);
}

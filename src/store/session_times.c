#include "store/session_times.h"

#include "store/connection.h"

/* The maximum number of times of a session that are summed up again when its
 * timeout becomes known late; this takes about a millisecond. Grafana's plugin
 * sends the interval with each message, so there are usually one or two. */
enum { CAP_TIMES_MAX = 1000 };

/* The part of a gap that counts. */
static int64_t gap(const struct session_row *row, int64_t from, int64_t to) {
    int64_t length = to - from;
    return row->capped == CAP_ON && length > row->timeout ? row->timeout
                                                          : length;
}

int session_times_insert(struct store *store, const struct session_row *row,
                         int64_t time, bool focused, struct err *err) {
    struct db_statement *insert = store->sql.session_time_insert;
    db_bind_integer(insert, ":session", row->id);
    db_bind_integer(insert, ":time", time);
    db_bind_integer(insert, ":focused", focused);
    return db_run(insert, err);
}

/* Adds a gap to the sums; a negative length subtracts it. */
static void sum_gap(struct session_row *row, int64_t length, bool focused) {
    row->sum += length;
    row->focused += focused ? length : 0;
}

int session_times_add(struct store *store, struct session_row *row,
                      int64_t time, bool focused, struct err *err) {
    struct db_statement *find = store->sql.session_time_neighbours;
    db_bind_integer(find, ":session", row->id);
    db_bind_integer(find, ":time", time);
    if (db_step(find, err) < 0) { /* otherwise there is a row */
        db_reset(find);
        return -1;
    }
    bool is_first = db_is_null(find, 0);
    bool is_last = db_is_null(find, 2);
    int64_t before = db_integer(find, 0);
    bool before_focused = db_integer(find, 1) != 0;
    int64_t after = db_integer(find, 2);
    db_reset(find);
    if (!is_first && before == time)
        return 0;
    if (!is_first && !is_last)
        sum_gap(row, -gap(row, before, after), before_focused);
    if (!is_first)
        sum_gap(row, gap(row, before, time), before_focused);
    if (!is_last)
        sum_gap(row, gap(row, time, after), focused);
    return session_times_insert(store, row, time, focused, err);
}

int session_times_cap(struct store *store, struct session_row *row,
                      struct err *err) {
    struct db_statement *sum = store->sql.session_times_sum;
    db_bind_integer(sum, ":session", row->id);
    db_bind_integer(sum, ":timeout", row->timeout);
    db_bind_integer(sum, ":limit", CAP_TIMES_MAX + 1);
    int result = db_step(sum, err);
    if (result == 1 && db_integer(sum, 0) <= CAP_TIMES_MAX) {
        row->capped = CAP_ON;
        row->sum = db_integer(sum, 1);
        row->focused = db_integer(sum, 2);
    } else {
        row->capped = CAP_NEVER;
    }
    db_reset(sum);
    return result < 0 ? -1 : 0;
}

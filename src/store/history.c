#include "store/history.h"

#include "sql.h"
#include "store/connection.h"
#include "store/history_reader.h"
#include "store/history_sweep.h"
#include "store/history_write.h"

enum {
    /* maximum number of rows that a turn writes; each takes some
     * microseconds */
    ROWS_MAX = 100,
    /* number of copies that take as long as one row */
    COPIES_A_ROW = 8,
    /* minimum number of rows that a turn writes */
    ROWS_LEAST = 10,
    /* with more copies waiting, a responder's first turn in a step writes as
     * many as it makes */
    BACKLOG_MAX = 20000
};

void history_free(struct store *store) {
    strbuf_free(&store->history.value);
    strbuf_free(&store->history.hours);
}

void history_begin_turn(struct store *store, int64_t now) {
    struct history *history = &store->history;
    int64_t step = now - now % HISTORY_STEP_SECONDS;
    /* Another responder may have left copies. */
    history->due = history->due || step != history->step;
    history->step = step;
    history->copied = 0;
    history->waiting = -1;
    history->grown = history->grown_counted = 0;
}

static int copy(struct store *store, struct db_statement *keep, int64_t series,
                int64_t step, struct err *err) {
    db_bind_integer(keep, ":id", series);
    db_bind_integer(keep, ":step", step);
    if (db_run(keep, err) != 0)
        return -1;
    if (db_changes(store->db) > 0) {
        store->history.copied++;
        store->history.due = true;
    }
    return 0;
}

/* Copies the totals of a series, at most once per turn. If no copies existed
 * before the turn, the series has none from this step, and the faster statement
 * can be used. */
static int copy_once(struct store *store, int64_t series, struct err *err) {
    struct history *history = &store->history;
    int64_t any = history->waiting;
    if (any < 0 && db_number(store->sql.history_due_any, &any, err) != 0)
        return -1;
    history->waiting = (int)any;
    return copy(store,
                any ? store->sql.history_copy_after : store->sql.history_copy,
                series, history->step, err);
}

/* A gauge needs no mark: its history holds its values, not its growth. */
static int mark_first(struct store *store, const struct delta *delta,
                      struct err *err) {
    struct db_statement *mark = store->sql.history_mark_first;
    if (delta->shape == SHAPE_VALUE)
        return 0;
    db_bind_integer(mark, ":id", delta->row);
    db_bind_integer(mark, ":since", store->history.since);
    return db_run(mark, err);
}

int history_mark(struct store *store, int64_t series, struct err *err) {
    struct db_statement *mark = store->sql.history_mark_total;
    db_bind_integer(mark, ":id", series);
    return db_run(mark, err);
}

void history_bring(struct store *store, bool brought) {
    store->history.brought = brought;
}

int history_kept(struct store *store, const struct delta *delta,
                 struct err *err) {
    const struct history *history = &store->history;
    return history->since != 0 && history->brought &&
                   delta->shape != SHAPE_VALUE
               ? history_mark(store, delta->row, err)
               : 0;
}

int history_keep(struct store *store, struct delta *delta, struct err *err) {
    const struct history *history = &store->history;
    uint32_t step = (uint32_t)(history->step / HISTORY_STEP_SECONDS);
    if (history->since == 0)
        return 0;
    if (history->brought)
        return history_settle(store, delta->row, err);
    if (delta->step == step)
        return 0;
    if (delta->step == 0 && mark_first(store, delta, err) != 0)
        return -1;
    delta->step = step;
    return copy_once(store, delta->row, err);
}

/* Sets *rows to the number of copies to write in this turn. */
static int find_rows(struct store *store, size_t *rows, struct err *err) {
    struct history *history = &store->history;
    size_t pause = history->copied / COPIES_A_ROW;
    *rows = pause + ROWS_LEAST < ROWS_MAX ? ROWS_MAX - pause : ROWS_LEAST;
    if (history->counted_in == history->step)
        return 0;
    int64_t due;
    history->counted_in = history->step;
    if (db_number(store->sql.history_due_count, &due, err) != 0)
        return -1;
    if (due > BACKLOG_MAX)
        *rows = history->copied + ROWS_MAX;
    return 0;
}

static int write_some(struct store *store, int64_t now, struct err *err) {
    struct history *history = &store->history;
    size_t rows;
    int result = 1;
    struct history_sweep sweep = {.before = {0}};
    if (history_sweep_begin(store, now, &sweep, err) != 0 ||
        find_rows(store, &rows, err) != 0)
        return -1;
    for (; rows > 0 && result == 1; rows--)
        result = history_write_first(store, INT64_MIN, INT64_MAX, err);
    if (result < 0 || history_sweep_end(store, &sweep, err) != 0)
        return -1;
    history->due = result == 1 || history->next != 0;
    return 0;
}

/* An error in one damaged row, which must not block pushes. */
static bool is_row_error(const struct err *err) {
    return err->code == ERR_VALUE || err->code == ERR_SYNTAX ||
           err->code == ERR_CORRUPT;
}

int history_write(struct store *store, int64_t now, struct err *err) {
    struct err why = {.code = ERR_NONE};
    if (!store->history.due)
        return 0;
    if (db_execute(store->db, sql_savepoint, err) != 0)
        return -1;
    if (write_some(store, now, &why) != 0) {
        *err = why;
        if (!is_row_error(&why) || !db_in_transaction(store->db) ||
            db_execute(store->db, sql_savepoint_rollback, err) != 0)
            return -1;
        store->history.due = false;
        strbuf_printf(&store->notes, "the history was not written: %s\n",
                      why.message);
    }
    return db_execute(store->db, sql_savepoint_release, err);
}

int history_settle(struct store *store, int64_t series, struct err *err) {
    if (store->history.since == 0)
        return 0;
    return copy(store, store->sql.history_copy_after, series, INT64_MAX, err) ==
                   0
               ? history_write_all(store, series, series, err)
               : -1;
}

int history_restart(struct store *store, int64_t series, int64_t now,
                    struct err *err) {
    struct db_statement *drop = store->sql.history_mark_drop;
    if (store->history.since == 0)
        return 0;
    /* After a clock change the series would look older than the history. */
    if (now < store->history.since)
        return history_mark(store, series, err);
    db_bind_integer(drop, ":id", series);
    return db_run(drop, err);
}

typedef int series_action(struct store *store, int64_t series, int64_t now,
                          struct err *err);

/* Runs a statement on the series of a family in a group. */
static int each_of_group(struct store *store, const struct history_group *group,
                         series_action *action, struct err *err) {
    struct db_statement *next = store->sql.history_group_next;
    int64_t series = 0;
    if (store->history.since == 0)
        return 0;
    for (;;) {
        db_bind_integer(next, ":family", group->family);
        db_bind_integer(next, ":group", group->id);
        db_bind_integer(next, ":after", series);
        if (db_number(next, &series, err) != 0)
            return -1;
        if (series == 0)
            return 0;
        if (action(store, series, group->now, err) != 0)
            return -1;
    }
}

static int settle_one(struct store *store, int64_t series, int64_t now,
                      struct err *err) {
    (void)now;
    return history_settle(store, series, err);
}

int history_settle_group(struct store *store, const struct history_group *group,
                         struct err *err) {
    return each_of_group(store, group, settle_one, err);
}

int history_restart_group(struct store *store,
                          const struct history_group *group, struct err *err) {
    return each_of_group(store, group, history_restart, err);
}

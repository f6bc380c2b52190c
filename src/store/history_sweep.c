#include "store/history_sweep.h"

#include <string.h>

#include "store/connection.h"
#include "store/history_write.h"

enum {
    /* A turn sweeps at most this many series, and starts no further series
     * after ROWS_MAX rows. */
    SERIES_MAX = 5,
    ROWS_MAX = 2000,
    /* A history that is too large is counted again after growing by this
     * fraction (1/64). */
    GROWN_PART = 64,
    /* The fraction of the retention that is cut when the history is too large
     * (1/4). */
    CUT_PART = 4
};

/* In the column order of history_meta.sql. */
enum { BYTES, COUNTED, NEXT, CLOCK, AHEAD, SINCE, VALUES = SINCE + 3 };
_Static_assert((int)VALUES == (int)HISTORY_SWEEP_VALUES, "a value for each");

static const char *const names[VALUES] = {
    [BYTES] = "history_bytes",
    [COUNTED] = "history_counted",
    [NEXT] = "history_next",
    [CLOCK] = "history_clock",
    [AHEAD] = "history_ahead",
    [SINCE + HISTORY_STEP] = "history_step_since",
    [SINCE + HISTORY_HOUR] = "history_hour_since",
    [SINCE + HISTORY_DAY] = "history_day_since"};

static int read_values(struct store *store, int64_t values[VALUES],
                       struct err *err) {
    struct db_statement *row = store->sql.history_meta;
    int result = db_step(row, err);
    for (int i = 0; i < VALUES; i++)
        values[i] = result == 1 ? db_integer(row, i) : 0;
    db_reset(row);
    return result < 0 ? -1 : 0;
}

static int set_value(struct store *store, int key, int64_t value,
                     struct err *err) {
    struct db_statement *set = store->sql.meta_set;
    db_bind_string(set, ":key", names[key]);
    db_bind_integer(set, ":value", value);
    return db_run(set, err);
}

/* Writes the values that have changed. */
static int write_values(struct store *store, const struct history_sweep *sweep,
                        struct err *err) {
    for (int i = 0; i < VALUES; i++)
        if (sweep->values[i] != sweep->before[i] &&
            set_value(store, i, sweep->values[i], err) != 0)
            return -1;
    return 0;
}

/* Keeps the values for rows written meanwhile, and for the next turn. */
static void remember(struct store *store, const int64_t values[VALUES]) {
    store->history.next = values[NEXT];
    for (int level = 0; level < HISTORY_LEVELS; level++)
        store->history.kept_since[level] = values[SINCE + level];
}

static int64_t day_of(int64_t time) {
    return time - time % HISTORY_DAY_SECONDS;
}

static int64_t kept_days(const struct store *store, int level) {
    const struct history_config *config = &store->history.config;
    const long long days[HISTORY_LEVELS] = {
        config->step_days, config->hour_days, config->day_days};
    return days[level];
}

static void start(int64_t values[VALUES]) {
    values[NEXT] = 1;
    values[COUNTED] = 0;
}

/* Sets the time that retention is measured from. */
static void set_clock(const struct store *store, int64_t now,
                      int64_t values[VALUES]) {
    bool first = values[CLOCK] == 0;
    bool new_day = day_of(now) != day_of(values[CLOCK]);
    values[CLOCK] = now;
    values[AHEAD] = 0;
    if (!new_day)
        return;
    for (int level = 0; level < HISTORY_LEVELS; level++) {
        int64_t oldest =
            day_of(now) - kept_days(store, level) * HISTORY_DAY_SECONDS;
        if (values[SINCE + level] < oldest)
            values[SINCE + level] = oldest;
    }
    if (values[NEXT] == 0 && !first)
        start(values);
}

/* Ensures that nothing newer than now counts as too old. */
static void set_clock_back(int64_t now, int64_t values[VALUES]) {
    values[CLOCK] = now;
    values[AHEAD] = 0;
    for (int level = 0; level < HISTORY_LEVELS; level++)
        if (values[SINCE + level] > now)
            values[SINCE + level] = now - now % history_row_seconds(level);
}

/* Accepts a clock that is far ahead after it has been so for a day. */
static void move_clock(const struct store *store, int64_t now,
                       int64_t values[VALUES]) {
    int64_t clock = values[CLOCK];
    bool first = clock == 0;
    if (now < clock) {
        set_clock_back(now, values);
    } else if (first || now - clock <= HISTORY_DAY_SECONDS ||
               (values[AHEAD] != 0 &&
                now - values[AHEAD] >= HISTORY_DAY_SECONDS)) {
        if (first || now - clock >= HISTORY_HOUR_SECONDS ||
            day_of(now) != day_of(clock))
            set_clock(store, now, values);
    } else if (values[AHEAD] == 0 || now < values[AHEAD]) {
        values[AHEAD] = now;
    }
}

int history_sweep_begin(struct store *store, int64_t now,
                        struct history_sweep *sweep, struct err *err) {
    int64_t *values = sweep->values;
    const int64_t max = store->history.config.max_bytes;
    if (read_values(store, sweep->before, err) != 0)
        return -1;
    memcpy(values, sweep->before, sizeof(sweep->values));
    if (store->history.since == 0)
        return 0;
    move_clock(store, now, values);
    if (values[NEXT] == 0 && values[BYTES] > max &&
        values[BYTES] - values[COUNTED] > max / GROWN_PART)
        start(values);
    remember(store, values);
    return 0;
}

/* Deletes old rows of a series, and counts the rest. */
static int sweep_series(struct store *store, int64_t series,
                        int64_t values[VALUES], int64_t *rows,
                        struct err *err) {
    const struct statements *sql = &store->sql;
    struct db_statement *const expire[HISTORY_LEVELS] = {
        sql->history_steps_expire, sql->history_hours_expire,
        sql->history_days_expire};
    struct db_statement *const count[HISTORY_LEVELS] = {
        sql->history_steps_count, sql->history_hours_count,
        sql->history_days_count};
    for (int level = 0; level < HISTORY_LEVELS; level++) {
        db_bind_integer(expire[level], ":id", series);
        db_bind_integer(expire[level], ":since", values[SINCE + level]);
        if (db_run(expire[level], err) != 0)
            return -1;
        *rows += db_changes(store->db);
        db_bind_integer(count[level], ":id", series);
        if (db_step(count[level], err) < 0)
            return -1;
        int64_t left = db_integer(count[level], 0);
        values[COUNTED] +=
            left * HISTORY_ROW_BYTES + db_integer(count[level], 1);
        db_reset(count[level]);
        *rows += left;
    }
    return 0;
}

/* Shortens the retention of the finest level that still exceeds its minimum. */
static bool cut(int64_t values[VALUES]) {
    static const int64_t least[HISTORY_LEVELS] = {
        HISTORY_HOUR_SECONDS, HISTORY_DAY_SECONDS, HISTORY_DAY_SECONDS};
    for (int level = 0; level < HISTORY_LEVELS; level++) {
        int64_t *since = &values[SINCE + level];
        int64_t unit = history_row_seconds(level);
        int64_t span = values[CLOCK] - *since;
        int64_t part = span / CUT_PART > unit ? span / CUT_PART : unit;
        if (span - part < least[level])
            continue;
        *since += part - part % unit;
        return true;
    }
    return false;
}

static void finish(const struct store *store, int64_t values[VALUES]) {
    values[NEXT] = 0;
    values[BYTES] = values[COUNTED];
    if (values[BYTES] > store->history.config.max_bytes && cut(values))
        start(values);
}

static int sweep_some(struct store *store, int64_t values[VALUES],
                      struct err *err) {
    struct db_statement *next = store->sql.history_series_next;
    int64_t rows = 0;
    for (int i = 0; i < SERIES_MAX && rows < ROWS_MAX; i++) {
        int64_t series;
        db_bind_integer(next, ":id", values[NEXT]);
        if (db_number(next, &series, err) != 0)
            return -1;
        if (series == 0) {
            finish(store, values);
            return 0;
        }
        if (sweep_series(store, series, values, &rows, err) != 0)
            return -1;
        values[NEXT] = series + 1;
    }
    return 0;
}

int history_sweep_end(struct store *store, struct history_sweep *sweep,
                      struct err *err) {
    int64_t *values = sweep->values;
    struct history *history = &store->history;
    values[BYTES] += history->grown;
    values[COUNTED] += history->grown_counted;
    history->grown = history->grown_counted = 0;
    if (values[NEXT] != 0 && sweep_some(store, values, err) != 0)
        return -1;
    remember(store, values);
    return write_values(store, sweep, err);
}

#include "lock_time.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/side_lock.h"
#include "store/commit.h"

enum { TURNS = 1 << 20 };       /* later ones are not measured */
enum { USUAL = 13, ABOUT = 1 }; /* rows of the turns with times of their own */

enum part { WAIT, HELD, BEGIN, STATEMENTS, COMMIT, BETWEEN, PARTS };

/* The turn of this thread. */
struct turn {
    size_t pushes; /* 0: not in a turn */
    bool holding;
    uint64_t taken_at;
    int rows; /* changed; before COMMIT, what the connection had before */
    uint64_t spent[PARTS];
};

static _Thread_local struct turn turn;
static uint32_t times[PARTS][TURNS]; /* in ns */
static uint32_t rows[TURNS];         /* changed */
static size_t turns;
static size_t pushes;

/* The linker puts these around the product's functions. */
int __real_side_lock_take(int lock, int timeout_ms, struct err *err);
bool __real_side_lock_try(int lock);
void __real_side_lock_release(int lock);
int __real_store_commit(struct store *store, struct batch *const *batches,
                        size_t count, bool touch,
                        const struct store_clock *clock, struct err *err);
int __real_sqlite3_step(sqlite3_stmt *statement);
int __wrap_side_lock_take(int lock, int timeout_ms, struct err *err);
bool __wrap_side_lock_try(int lock);
void __wrap_side_lock_release(int lock);
int __wrap_store_commit(struct store *store, struct batch *const *batches,
                        size_t count, bool touch,
                        const struct store_clock *clock, struct err *err);
int __wrap_sqlite3_step(sqlite3_stmt *statement);

static uint64_t now_ns(void) {
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void take(uint64_t asked_at) {
    memset(turn.spent, 0, sizeof(turn.spent));
    turn.holding = true;
    turn.taken_at = now_ns();
    turn.spent[WAIT] = turn.taken_at - asked_at;
}

int __wrap_side_lock_take(int lock, int timeout_ms, struct err *err) {
    uint64_t asked_at = now_ns();
    int result = __real_side_lock_take(lock, timeout_ms, err);
    if (result == 0)
        take(asked_at);
    return result;
}

bool __wrap_side_lock_try(int lock) {
    uint64_t asked_at = now_ns();
    bool taken = __real_side_lock_try(lock);
    if (taken)
        take(asked_at);
    return taken;
}

static void keep(void) {
    uint64_t *spent = turn.spent;
    spent[HELD] = now_ns() - turn.taken_at;
    spent[BETWEEN] =
        spent[HELD] - spent[BEGIN] - spent[STATEMENTS] - spent[COMMIT];
    for (int i = 0; i < PARTS; i++)
        times[i][turns] =
            spent[i] < UINT32_MAX ? (uint32_t)spent[i] : UINT32_MAX;
    rows[turns++] = (uint32_t)turn.rows;
    pushes += turn.pushes;
}

void __wrap_side_lock_release(int lock) {
    if (turn.holding && turn.pushes > 0 && turns < TURNS)
        keep();
    turn.holding = false;
    __real_side_lock_release(lock);
}

int __wrap_store_commit(struct store *store, struct batch *const *batches,
                        size_t count, bool touch,
                        const struct store_clock *clock, struct err *err) {
    turn.pushes = count;
    int result = __real_store_commit(store, batches, count, touch, clock, err);
    turn.pushes = 0;
    return result;
}

/* The open transaction tells the statement: BEGIN opens one, COMMIT ends it. */
int __wrap_sqlite3_step(sqlite3_stmt *statement) {
    if (!turn.holding || turn.pushes == 0)
        return __real_sqlite3_step(statement);
    sqlite3 *db = sqlite3_db_handle(statement);
    bool outside = sqlite3_get_autocommit(db);
    uint64_t start = now_ns();
    int result = __real_sqlite3_step(statement);
    uint64_t time = now_ns() - start;
    if (outside == (bool)sqlite3_get_autocommit(db)) {
        turn.spent[STATEMENTS] += time;
    } else if (outside) {
        turn.spent[BEGIN] += time;
        turn.rows = sqlite3_total_changes(db);
    } else {
        turn.spent[COMMIT] += time;
        turn.rows = sqlite3_total_changes(db) - turn.rows;
    }
    return result;
}

void lock_time_clear(void) {
    turns = pushes = 0;
}

static int compare(const void *a, const void *b) {
    const uint32_t *x = a;
    const uint32_t *y = b;
    return *x < *y ? -1 : *x > *y;
}

static double mean(const uint32_t *values) {
    double sum = 0;
    for (size_t i = 0; i < turns; i++)
        sum += values[i];
    return turns ? sum / (double)turns : 0;
}

static double median_us(uint32_t *values, size_t count) {
    qsort(values, count, sizeof(*values), compare);
    return count ? values[count / 2] / 1e3 : 0;
}

/* Medians of the turns that changed about this number of rows. */
static double usual_us(void) {
    static uint32_t held[TURNS];
    size_t count = 0;
    for (size_t i = 0; i < turns; i++)
        if (rows[i] >= USUAL - ABOUT && rows[i] <= USUAL + ABOUT)
            held[count++] = times[HELD][i];
    return median_us(held, count);
}

void lock_time_report(struct strbuf *out) {
    strbuf_printf(out, "%zu\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f", turns,
                  turns ? (double)pushes / (double)turns : 0, mean(rows),
                  mean(times[WAIT]) / 1e3, mean(times[HELD]) / 1e3,
                  mean(times[COMMIT]) / 1e3, usual_us());
    for (enum part part = HELD; part < PARTS; part++)
        strbuf_printf(out, "\t%.1f", median_us(times[part], turns));
}

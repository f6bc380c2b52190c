#include "store/history_reader.h"

#include <math.h>

#include "base/arena.h"
#include "store/history_hours.h"
#include "store/history_value.h"
#include "store/reading.h"

const int64_t history_seconds[HISTORY_LEVELS] = {
    HISTORY_STEP_SECONDS, HISTORY_HOUR_SECONDS, HISTORY_DAY_SECONDS};

/* Growth of a period that is not written yet. */
struct unwritten {
    int64_t at;
    struct history_value *value;
    struct unwritten *next;
};

struct walk {
    struct reader *reader;
    const struct family *family;
    enum metric_shape shape;
    enum history_level level;
    int64_t from;
    int64_t to;
    history_visit *visit;
    void *context;
    struct err *err;
    /* Of the current series: */
    struct history_series series;
    struct history_value total;
    struct history_value before; /* gauge: the last value before from */
    int64_t before_at;
    bool before_known;
    bool found; /* a row had such a value */
    struct arena arena;
    struct unwritten *unwritten; /* in order of time */
    struct history_value row;
};

/* Called with walk->value, read from a row. */
typedef int value_visit(struct walk *walk, int64_t at);

static int64_t period_of(enum history_level level, int64_t time) {
    const int64_t past = time % history_seconds[level];
    return time - (past < 0 ? past + history_seconds[level] : past);
}

static int visit(const struct walk *walk, int64_t at,
                 const struct history_value *value) {
    const struct history_growth growth = {.at = at,
                                          .value = value->value,
                                          .sum = value->sum,
                                          .count = value->count,
                                          .buckets = value->buckets};
    return walk->visit(walk->context, &walk->series, &growth);
}

/* --- unwritten growth ----------------------------------------------------- */

/* The gauge was set at that time, before `from`. */
static int keep_before(struct walk *walk, int64_t at,
                       const struct history_value *value) {
    if (walk->before_known && at < walk->before_at)
        return 0;
    walk->before = *value;
    walk->before_at = at;
    walk->before_known = true;
    return 0;
}

static int add_unwritten(struct walk *walk, int64_t at,
                         const struct history_value *value) {
    struct unwritten **place = &walk->unwritten;
    while (*place && (*place)->at < at)
        place = &(*place)->next;
    if (*place && (*place)->at == at) {
        history_value_add(walk->family, (*place)->value, value);
        return 0;
    }
    struct unwritten *added = arena_take(&walk->arena, sizeof(*added));
    if (!added ||
        !(added->value = arena_take(&walk->arena, sizeof(*added->value))))
        return err_no_memory(walk->err);
    *added->value = *value;
    added->at = at;
    added->next = *place;
    *place = added;
    return 0;
}

/* The totals last changed at that time. */
static int take_growth(struct walk *walk, int64_t time,
                       const struct history_value *growth) {
    const int64_t at = period_of(walk->level, time);
    if (at >= walk->from && at < walk->to)
        return add_unwritten(walk, at, growth);
    return walk->shape == SHAPE_VALUE && time < walk->from
               ? keep_before(walk, period_of(HISTORY_STEP, time), growth)
               : 0;
}

/* Successive totals of a series. */
struct chain {
    bool kept; /* a history is kept */
    bool known;
    struct history_value last;
};

static int take_totals(struct walk *walk, struct chain *chain, int64_t time,
                       enum history_found found,
                       const struct history_value *totals) {
    struct history_value growth = *totals;
    if (walk->shape == SHAPE_VALUE)
        return found == HISTORY_FOUND ? take_growth(walk, time, totals) : 0;
    const bool grown =
        found == HISTORY_FOUND && chain->known && chain->kept &&
        history_value_subtract(walk->family, &growth, &chain->last);
    chain->known = found == HISTORY_FOUND;
    chain->last = *totals;
    return grown ? take_growth(walk, time, &growth) : 0;
}

/* Without a mark, a series younger than the history begins at zero. */
static void begin_chain(struct walk *walk, struct db_statement *row,
                        struct chain *chain) {
    const bool marked = !db_is_null(row, 8);
    const int64_t since = db_integer(row, 13);
    chain->last = (struct history_value){.value = 0};
    chain->kept = since != 0;
    if (marked)
        chain->known = history_total_of(row, 9, walk->family, &chain->last) ==
                       HISTORY_FOUND;
    else
        chain->known = walk->series.created_at >= since;
}

static int read_unwritten(struct walk *walk, struct chain *chain) {
    int result;
    struct history_value totals;
    struct db_statement *dues = walk->reader->sql.history_dues;
    db_bind_integer(dues, ":series", walk->series.id);
    while ((result = db_step(dues, walk->err)) == 1) {
        const enum history_found found =
            history_total_of(dues, 1, walk->family, &totals);
        result = take_totals(walk, chain, db_integer(dues, 0), found, &totals);
        if (result != 0)
            break;
    }
    db_reset(dues);
    if (result != 0)
        return result;
    const bool set = walk->shape != SHAPE_VALUE || walk->series.count > 0 ||
                     isnan(walk->total.value);
    return take_totals(walk, chain, walk->series.updated_at,
                       set ? HISTORY_FOUND : HISTORY_NONE, &walk->total);
}

/* --- written growth ------------------------------------------------------- */

/* Takes the hours of a day in order, until take returns non-zero. */
static int take_hours(struct walk *walk, struct db_statement *row,
                      value_visit *take) {
    size_t len;
    const int64_t day = db_integer(row, 0);
    const char *at = db_text(row, 1, &len);
    const char *end = at + len;
    if (len < 2 || *at != '[' || end[-1] != ']')
        return 0;
    end--;
    for (int64_t hour = 0; hour < HOURS_A_DAY && ++at < end; hour++) {
        const enum history_found found =
            history_value_read(&at, end, walk->family, &walk->row);
        if (found == HISTORY_DAMAGED || (at < end && *at != ','))
            return 0;
        const int result = found == HISTORY_FOUND
                               ? take(walk, day + hour * HISTORY_HOUR_SECONDS)
                               : 0;
        if (result != 0)
            return result;
    }
    return 0;
}

static int take_row(struct walk *walk, struct db_statement *row, bool hours,
                    value_visit *take) {
    if (hours)
        return take_hours(walk, row, take);
    return history_value_of(row, 1, walk->family, &walk->row) == HISTORY_FOUND
               ? take(walk, db_integer(row, 0))
               : 0;
}

/* Visits unwritten growth of periods before that one. */
static int visit_unwritten(struct walk *walk, int64_t before) {
    int result = 0;
    while (result == 0 && walk->unwritten && walk->unwritten->at < before) {
        result = visit(walk, walk->unwritten->at, walk->unwritten->value);
        walk->unwritten = walk->unwritten->next;
    }
    return result;
}

static int visit_written(struct walk *walk, int64_t at) {
    if (at < walk->from || at >= walk->to)
        return 0;
    int result = visit_unwritten(walk, at);
    if (result != 0)
        return result;
    if (walk->unwritten && walk->unwritten->at == at) {
        history_value_add(walk->family, &walk->row, walk->unwritten->value);
        walk->unwritten = walk->unwritten->next;
    }
    return visit(walk, at, &walk->row);
}

static int read_written(struct walk *walk) {
    struct reader_statements *sql = &walk->reader->sql;
    const bool hours = walk->level == HISTORY_HOUR;
    struct db_statement *rows[HISTORY_LEVELS] = {
        sql->history_steps, sql->history_hours, sql->history_days};
    struct db_statement *row = rows[walk->level];
    int result;
    int64_t from = walk->from;
    if (hours)
        from -= HISTORY_DAY_SECONDS - HISTORY_HOUR_SECONDS;
    db_bind_integer(row, ":series", walk->series.id);
    db_bind_integer(row, ":from", from);
    db_bind_integer(row, ":to", walk->to);
    while ((result = db_step(row, walk->err)) == 1)
        if ((result = take_row(walk, row, hours, visit_written)) != 0)
            break;
    db_reset(row);
    return result;
}

/* --- a gauge before ------------------------------------------------------- */

/* Keeps the last of several hours of a day. */
static int take_before(struct walk *walk, int64_t at) {
    walk->found = true;
    return keep_before(walk, at, &walk->row);
}

static int take_hour_before(struct walk *walk, int64_t at) {
    return at + HISTORY_HOUR_SECONDS <= walk->from ? take_before(walk, at) : 0;
}

/* Reads backwards until a row has a value. */
static int read_back(struct walk *walk, struct db_statement *row, bool hours) {
    int result;
    walk->found = false;
    db_bind_integer(row, ":series", walk->series.id);
    db_bind_integer(row, ":from", walk->from);
    while ((result = db_step(row, walk->err)) == 1) {
        (void)take_row(walk, row, hours,
                       hours ? take_hour_before : take_before);
        if (walk->found)
            break;
    }
    db_reset(row);
    return result < 0 ? -1 : 0;
}

/* Shorter periods are more precise, but may be deleted already. */
static int read_before(struct walk *walk) {
    struct reader_statements *sql = &walk->reader->sql;
    if (walk->shape != SHAPE_VALUE)
        return 0;
    return read_back(walk, sql->history_days_before, false) != 0 ||
                   read_back(walk, sql->history_hours_before, true) != 0 ||
                   read_back(walk, sql->history_steps_before, false) != 0
               ? -1
               : 0;
}

/* --- all of it ------------------------------------------------------------ */

/* False when the row is damaged. */
static bool read_series(struct walk *walk, struct db_statement *row) {
    struct history_series *series = &walk->series;
    const enum history_found found =
        history_total_of(row, 4, walk->family, &walk->total);
    *series = (struct history_series){
        .id = db_integer(row, 0),
        .value = found == HISTORY_NONE ? NAN : walk->total.value,
        .sum = walk->total.sum,
        .count = walk->total.count,
        .buckets = walk->total.buckets,
        .created_at = db_integer(row, 2),
        .updated_at = db_integer(row, 3)};
    series->labels = db_text(row, 1, &series->labels_len);
    return found != HISTORY_DAMAGED && series->labels;
}

static int visit_series(struct walk *walk, struct db_statement *row) {
    struct chain chain;
    if (!read_series(walk, row))
        return 0;
    int result = walk->visit(walk->context, &walk->series, NULL);
    if (result != 0)
        return result;
    walk->before_known = false;
    walk->unwritten = NULL;
    arena_reset(&walk->arena);
    begin_chain(walk, row, &chain);
    if (read_before(walk) != 0 || read_unwritten(walk, &chain) != 0)
        return -1;
    if (walk->before_known)
        result = visit(walk, walk->before_at, &walk->before);
    if (result == 0)
        result = read_written(walk);
    return result == 0 ? visit_unwritten(walk, walk->to) : result;
}

int reader_history(struct reader *reader, const struct family *family,
                   enum history_level level, int64_t from, int64_t to,
                   history_visit *visitor, void *context, struct err *err) {
    int result;
    struct db_statement *row = reader->sql.history_series;
    struct walk walk = {.reader = reader,
                        .family = family,
                        .shape = metric_shape(family->type),
                        .level = level,
                        .from = from,
                        .to = to,
                        .visit = visitor,
                        .context = context,
                        .err = err};
    db_bind_integer(row, ":family", family->id);
    while ((result = db_step(row, err)) == 1)
        if ((result = visit_series(&walk, row)) != 0)
            break;
    db_reset(row);
    arena_free(&walk.arena);
    return result;
}

int reader_history_since(struct reader *reader, enum history_level level,
                         int64_t *since, struct err *err) {
    static const char *const keys[HISTORY_LEVELS] = {
        "history_step_since", "history_hour_since", "history_day_since"};
    db_bind_string(reader->sql.history_begin, ":key", keys[level]);
    return db_number(reader->sql.history_begin, since, err);
}

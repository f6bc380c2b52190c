#include "store/history_write.h"

#include <math.h>
#include <string.h>

#include "store/connection.h"
#include "store/history_hours.h"

/* A copy that is being written. */
struct due {
    struct db_statement *row; /* of history_due_first.sql */
    int64_t series;
    int64_t at;           /* last change of its totals */
    struct family family; /* only its type and number of bounds */
    struct history_value growth;
};

static void bind(struct db_statement *statement,
                 const struct history_place *place) {
    int64_t seconds = history_row_seconds((int)place->level);
    db_bind_integer(statement, ":id", place->series);
    db_bind_integer(statement, ":at", place->at - place->at % seconds);
}

/* Adds to the count of a series that was counted already. */
static void count_bytes(struct store *store, const struct history_place *place,
                        int64_t bytes) {
    struct history *history = &store->history;
    history->grown += bytes;
    if (place->series < history->next)
        history->grown_counted += bytes;
}

/* An earlier value of a gauge never replaces a later one. */
static void add(const struct history_place *place, struct history_value *sum,
                const struct history_value *growth) {
    if (!place->keep || metric_shape(place->family->type) != SHAPE_VALUE)
        history_value_add(place->family, sum, growth);
}

static int64_t text_length(const struct family *family,
                           const struct strbuf *text) {
    return metric_observes(family->type) ? (int64_t)text->len : 0;
}

/* Adds the value to the row of a step or a day. */
static int add_value(struct store *store, const struct history_place *place,
                     const struct history_value *growth,
                     struct db_statement *find, struct db_statement *set,
                     struct err *err) {
    struct strbuf *text = &store->history.value;
    struct history_value sum = {.value = 0};
    size_t len = 0;
    bind(find, place);
    int there = db_step(find, err);
    if (there == 1 &&
        history_value_of(find, 0, place->family, &sum) == HISTORY_FOUND)
        add(place, &sum, growth);
    else
        sum = *growth;
    if (there == 1 && metric_observes(place->family->type))
        (void)db_text(find, 0, &len);
    db_reset(find);
    if (there < 0)
        return -1;
    bind(set, place);
    history_value_bind(set, ":value", place->family, &sum, text);
    count_bytes(store, place,
                text_length(place->family, text) - (int64_t)len +
                    (there == 1 ? 0 : HISTORY_ROW_BYTES));
    return text->failed ? err_no_memory(err) : db_run(set, err);
}

/* Adds the growth to the element of the hour, and returns the new array. */
static struct value_text add_to_hour(struct store *store,
                                     const struct history_place *place,
                                     const struct hours *hours, size_t hour,
                                     const struct history_value *growth) {
    struct strbuf *value = &store->history.value;
    struct history_value sum = {.value = 0};
    const char *at = "null";
    const char *end = at + strlen(at);
    if (hour < hours->count) {
        at = hours->values[hour].text;
        end = at + hours->values[hour].len;
    }
    if (history_value_read(&at, end, place->family, &sum) == HISTORY_FOUND)
        add(place, &sum, growth);
    else
        sum = *growth;
    strbuf_reset(value);
    history_value_write(place->family, &sum, value);
    return (struct value_text){value->data, value->len};
}

static int add_hour(struct store *store, const struct history_place *place,
                    const struct history_value *growth, struct err *err) {
    struct db_statement *find = store->sql.history_hour_find;
    struct db_statement *set = store->sql.history_hour_set;
    struct strbuf *text = &store->history.hours;
    struct hours hours = {.count = 0};
    size_t len = 0;
    size_t hour =
        (size_t)(place->at % HISTORY_DAY_SECONDS / HISTORY_HOUR_SECONDS);
    bind(find, place);
    int there = db_step(find, err);
    const char *before = there == 1 ? db_text(find, 0, &len) : NULL;
    if (hours_split(before, len, &hours) != 0)
        hours.count = 0;
    const struct value_text value =
        add_to_hour(store, place, &hours, hour, growth);
    strbuf_reset(text);
    hours_write(&hours, place->family, hour, &value, text);
    db_reset(find);
    if (there < 0)
        return -1;
    if (store->history.value.failed || text->failed)
        return err_no_memory(err);
    bind(set, place);
    db_bind_text(set, ":hours", text->data, text->len);
    count_bytes(store, place,
                (int64_t)text->len - (int64_t)len +
                    (there == 1 ? 0 : HISTORY_ROW_BYTES));
    return db_run(set, err);
}

int history_add(struct store *store, const struct history_place *place,
                const struct history_value *growth, struct err *err) {
    const struct statements *sql = &store->sql;
    switch (place->level) {
    case HISTORY_STEP:
        return add_value(store, place, growth, sql->history_step_find,
                         sql->history_step_set, err);
    case HISTORY_HOUR:
        return add_hour(store, place, growth, err);
    case HISTORY_DAY:
    case HISTORY_LEVELS:
        break;
    }
    return add_value(store, place, growth, sql->history_day_find,
                     sql->history_day_set, err);
}

static int set_mark(struct store *store, const struct due *due,
                    struct err *err) {
    struct db_statement *set = store->sql.history_mark_set;
    db_bind_integer(set, ":id", due->series);
    db_bind_integer(set, ":at", due->at);
    return db_run(set, err);
}

static bool same(double a, double b) {
    return (isnan(a) && isnan(b)) || (a >= b && a <= b);
}

/* Computes the growth since the mark. The past of a gauge is its value only. */
static enum history_found find_growth(struct due *due, int64_t since) {
    struct history_value mark = {.value = 0};
    bool marked = !db_is_null(due->row, 9);
    bool gauge = metric_shape(due->family.type) == SHAPE_VALUE;
    enum history_found found =
        history_total_of(due->row, 4, &due->family, &due->growth);
    if (found != HISTORY_FOUND)
        return found;
    if (marked) {
        found = history_total_of(due->row, 8, &due->family, &mark);
        if (found == HISTORY_DAMAGED)
            return found;
    } else if (!gauge && db_integer(due->row, 3) < since) {
        return HISTORY_NONE;
    }
    if (gauge)
        return marked && found == HISTORY_FOUND &&
                       same(mark.value, due->growth.value)
                   ? HISTORY_NONE
                   : HISTORY_FOUND;
    return history_value_subtract(&due->family, &due->growth, &mark)
               ? HISTORY_FOUND
               : HISTORY_NONE;
}

/* Adds the growth to its periods, unless they are too old to be kept. */
static int write_growth(struct store *store, struct due *due, struct err *err) {
    struct history_place place = {
        .series = due->series, .family = &due->family, .at = due->at};
    bool grown = find_growth(due, store->history.since) == HISTORY_FOUND;
    for (int level = 0; grown && level < HISTORY_LEVELS; level++) {
        place.level = (enum history_level)level;
        if (due->at >= store->history.kept_since[level] &&
            history_add(store, &place, &due->growth, err) != 0)
            return -1;
    }
    return set_mark(store, due, err);
}

static int drop(struct store *store, const struct due *due, struct err *err) {
    struct db_statement *statement = store->sql.history_due_drop;
    db_bind_integer(statement, ":id", due->series);
    db_bind_integer(statement, ":at", due->at);
    return db_run(statement, err);
}

/* Reads the row of history_due_first; false when its series is gone. */
static bool read_due(struct db_statement *row, struct due *due) {
    size_t len;
    const char *name = db_text(row, 2, &len);
    *due = (struct due){
        .row = row, .series = db_integer(row, 0), .at = db_integer(row, 1)};
    if (!name || due->at < 0 ||
        !metric_type_parse(name, len, &due->family.type))
        return false;
    const char *buckets = db_text(row, 7, &len);
    for (size_t i = 0; buckets && i < len; i++)
        due->family.bound_count += buckets[i] == ',';
    return due->family.bound_count <= HISTOGRAM_BOUNDS_MAX;
}

int history_write_first(struct store *store, int64_t from, int64_t to,
                        struct err *err) {
    struct db_statement *first = store->sql.history_due_first;
    struct due due;
    db_bind_integer(first, ":from", from);
    db_bind_integer(first, ":to", to);
    int result = db_step(first, err);
    if (result == 1 && read_due(first, &due) &&
        write_growth(store, &due, err) != 0)
        result = -1;
    if (result == 1 && drop(store, &due, err) != 0)
        result = -1;
    db_reset(first);
    return result;
}

int history_write_all(struct store *store, int64_t from, int64_t to,
                      struct err *err) {
    int result = 1;
    while (result == 1)
        result = history_write_first(store, from, to, err);
    return result;
}

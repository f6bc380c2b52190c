#include "store/sql_outcome.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/number.h"
#include "store/connection.h"
#include "store/history.h"
#include "store/series_row.h"

/* State while a result is applied. */
struct taking {
    struct store *store;
    const struct sql_outcome *outcome;
    const struct family *family;
    int64_t now;
    int64_t *ids; /* of the rows' series; 0: new */
    size_t added; /* number of new series */
    struct arena arena;
    struct err *why; /* why the result is refused */
    struct err *err;
};

enum taken { TAKEN = 0, REFUSED = 1 };

/* --- can it be taken? ----------------------------------------------------- */

static int refuse_fall(struct taking *taking, const struct sql_row *row,
                       double before) {
    char old[NUMBER_SIZE];
    char new[NUMBER_SIZE];
    (void)number_format(before, old);
    (void)number_format(row->value, new);
    (void)err_set(taking->why, ERR_VALUE,
                  "query %.100s: the value of %.150s fell from %s to %s; a "
                  "counter never falls: use a gauge",
                  taking->family->name, row->labels, old, new);
    return REFUSED;
}

static int find_series(struct taking *taking, size_t index) {
    const struct sql_row *row = &taking->outcome->rows->rows[index];
    struct db_statement *find = taking->store->sql.sql_total_find;
    db_bind_integer(find, ":family", taking->family->id);
    db_bind_text(find, ":labels", row->labels, row->labels_len);
    const int found = db_step(find, taking->err);
    const double before = found == 1 ? db_real(find, 1) : 0;
    taking->ids[index] = found == 1 ? db_integer(find, 0) : 0;
    taking->added += taking->ids[index] == 0;
    db_reset(find);
    if (found < 0)
        return -1;
    return taking->family->type == METRIC_COUNTER && row->value < before
               ? refuse_fall(taking, row, before)
               : TAKEN;
}

/* Counts the series of all queries. */
static int count_series(struct taking *taking, int64_t *count) {
    const struct registry *registry = taking->store->registry;
    *count = 0;
    for (size_t i = 0; i < registry_count(registry); i++) {
        int64_t more = 0;
        if (registry->families[i]->queried &&
            series_row_count(taking->store, registry->families[i]->id, &more,
                             taking->err) != 0)
            return -1;
        *count += more;
    }
    return 0;
}

static int check_limit(struct taking *taking) {
    const int64_t max = taking->outcome->series_max;
    int64_t count;
    if (taking->added == 0)
        return TAKEN;
    if (count_series(taking, &count) != 0)
        return -1;
    if (count + (int64_t)taking->added <= max)
        return TAKEN;
    (void)err_set(
        taking->why, ERR_VALUE,
        "query %.100s: the result has %zu new label sets, and the database "
        "%lld series of queries; both must be at most limits.series, "
        "%lld: drop a label whose values change with each run, such "
        "as a number or a time",
        taking->family->name, taking->added, (long long)count, (long long)max);
    return REFUSED;
}

static int check(struct taking *taking) {
    int result = TAKEN;
    const size_t count = taking->outcome->rows->count;
    taking->ids = arena_take(&taking->arena, count * sizeof(int64_t) + 1);
    if (!taking->ids)
        return err_no_memory(taking->err);
    for (size_t i = 0; i < count && result == TAKEN; i++)
        result = find_series(taking, i);
    return result == TAKEN ? check_limit(taking) : result;
}

/* --- the values ----------------------------------------------------------- */

static int keep_history(struct taking *taking, int64_t id) {
    struct delta delta = {.family = taking->family,
                          .row = id,
                          .shape = metric_shape(taking->family->type)};
    return history_keep(taking->store, &delta, taking->err);
}

static int set_gauge(struct taking *taking, int64_t id, double value) {
    struct db_statement *set = taking->store->sql.gauge_set;
    db_bind_integer(set, ":id", id);
    db_bind_real(set, ":value", value);
    db_bind_integer(set, ":count", 1);
    db_bind_string(set, ":rule", gauge_rule_name(GAUGE_LAST));
    db_bind_integer(set, ":now", taking->now);
    return db_run(set, taking->err);
}

/* The first value of a new series is not growth, because its past is
 * unknown. */
static int set_counter(struct taking *taking, int64_t id, double value,
                       bool first) {
    struct store *store = taking->store;
    struct db_statement *set = store->sql.sql_total_set;
    db_bind_integer(set, ":id", id);
    db_bind_real(set, ":value", value);
    db_bind_integer(set, ":now", taking->now);
    if (db_run(set, taking->err) != 0)
        return -1;
    return first && store->history.since != 0
               ? history_mark(store, id, taking->err)
               : 0;
}

static int set_row(struct taking *taking, size_t index) {
    const struct sql_row *row = &taking->outcome->rows->rows[index];
    struct store *store = taking->store;
    int64_t *id = &taking->ids[index];
    const bool first = *id == 0;
    bool added;
    if (first) {
        if (series_row_insert(store, taking->family, row->labels,
                              row->labels_len, taking->now, &added,
                              taking->err) != 0)
            return -1;
        *id = db_last_id(store->db);
    } else if (keep_history(taking, *id) != 0) {
        return -1;
    }
    return taking->family->type == METRIC_COUNTER
               ? set_counter(taking, *id, row->value, first)
               : set_gauge(taking, *id, row->value);
}

/* --- series that have vanished -------------------------------------------- */

static int compare_ids(const void *a, const void *b) {
    const int64_t *left = a;
    const int64_t *right = b;
    return (*left > *right) - (*left < *right);
}

struct vanished {
    struct taking *taking;
    int64_t *ids;
    size_t count;
};

/* A db_visit for sql_totals_set.sql. */
static int add_vanished(void *context, struct db_statement *row,
                        struct err *err) {
    struct vanished *vanished = context;
    const struct taking *taking = vanished->taking;
    const int64_t id = db_integer(row, 0);
    const size_t rows = taking->outcome->rows->count;
    if (rows > 0 && bsearch(&id, taking->ids, rows, sizeof(id), compare_ids))
        return 0;
    int64_t *ids = list_grow(vanished->ids, vanished->count, sizeof(*ids));
    if (!ids)
        return err_no_memory(err);
    vanished->ids = ids;
    ids[vanished->count++] = id;
    return 0;
}

static int unset(struct taking *taking, int64_t id) {
    struct db_statement *statement = taking->store->sql.sql_total_unset;
    if (keep_history(taking, id) != 0)
        return -1;
    db_bind_integer(statement, ":id", id);
    db_bind_integer(statement, ":now", taking->now);
    return db_run(statement, taking->err);
}

/* A counter without a row keeps its last value. */
static int unset_vanished(struct taking *taking) {
    struct vanished vanished = {.taking = taking};
    struct db_statement *list = taking->store->sql.sql_totals_set;
    const size_t count = taking->outcome->rows->count;
    if (taking->family->type == METRIC_COUNTER)
        return 0;
    if (count > 0)
        qsort(taking->ids, count, sizeof(*taking->ids), compare_ids);
    db_bind_integer(list, ":family", taking->family->id);
    int result = db_each(list, add_vanished, &vanished, taking->err);
    for (size_t i = 0; i < vanished.count && result == 0; i++)
        result = unset(taking, vanished.ids[i]);
    free(vanished.ids);
    return result;
}

/* --- all of it ------------------------------------------------------------ */

/* Leaves everything unchanged when it returns REFUSED. */
static int take(struct taking *taking) {
    int result = check(taking);
    for (size_t i = 0; i < taking->outcome->rows->count && result == TAKEN; i++)
        result = set_row(taking, i);
    return result == TAKEN ? unset_vanished(taking) : result;
}

/* Compares the run with the previous one; sets late when the claim is lost. */
static int look(struct store *store, struct sql_outcome *outcome,
                struct strbuf *before, struct err *err) {
    struct db_statement *find = store->sql.sql_query_find;
    size_t len;
    db_bind_string(find, ":name", outcome->query->family->name);
    const int found = db_step(find, err);
    const double started = found == 1 ? db_real(find, 0) : 0;
    outcome->late = started < outcome->started_at ||
                    started > outcome->started_at || !(db_real(find, 1) > 0);
    const char *error = found == 1 ? db_text(find, 2, &len) : NULL;
    if (error)
        strbuf_add(before, error, len);
    db_reset(find);
    if (found < 0)
        return -1;
    return before->failed ? err_no_memory(err) : 0;
}

static enum sql_news compare_errors(const struct strbuf *before,
                                    const struct err *now) {
    if (now->code == ERR_NONE)
        return before->len > 0 ? SQL_MENDED : SQL_NO_NEWS;
    return before->len > 0 && strcmp(before->data, now->message) == 0
               ? SQL_NO_NEWS
               : SQL_FAILED;
}

static int note_end(struct store *store, const struct sql_outcome *outcome,
                    struct err *err) {
    struct db_statement *done = store->sql.sql_query_done;
    const struct err *why = &outcome->err;
    db_bind_string(done, ":name", outcome->query->family->name);
    db_bind_real(done, ":seconds", outcome->seconds);
    db_bind_string(done, ":error", why->code == ERR_NONE ? NULL : why->message);
    return db_run(done, err);
}

int sql_outcome_apply(struct store *store, struct sql_outcome *outcome,
                      int64_t now, struct err *err) {
    struct strbuf before = {0};
    struct taking taking = {.store = store,
                            .outcome = outcome,
                            .family = outcome->query->family,
                            .now = now,
                            .why = &outcome->err,
                            .err = err};
    int status = look(store, outcome, &before, err);
    if (status == 0 && !outcome->late) {
        if (outcome->err.code == ERR_NONE)
            status = take(&taking);
        if (status >= 0) {
            outcome->news = compare_errors(&before, &outcome->err);
            status = note_end(store, outcome, err);
        }
    }
    arena_free(&taking.arena);
    strbuf_free(&before);
    return status;
}

#include "store/delta.h"

#include <math.h>
#include <string.h>

#include "metrics/histogram.h"
#include "metrics/label.h"
#include "store/connection.h"
#include "store/exemplars.h"
#include "store/history.h"
#include "store/open_labels.h"
#include "store/series_row.h"

int series_find(struct store *store, const struct family *family,
                const char *labels, size_t labels_len, int64_t *row,
                struct err *err) {
    struct db_statement *find = store->sql.series_find;
    db_bind_integer(find, ":family", family->id);
    db_bind_text(find, ":labels", labels, labels_len);
    return db_number(find, row, err);
}

struct value_text series_labels(struct store *store,
                                const struct family *family,
                                uint64_t combination) {
    struct label labels[FAMILY_LABELS_MAX];
    struct strbuf *json = &store->labels;
    if (family->any_labels)
        return family->label_sets.values[combination];
    strbuf_reset(json);
    family_labels(family, combination, labels);
    label_set_write_json(labels, family->label_count, json);
    return (struct value_text){json->failed ? NULL : json->data, json->len};
}

/* Counts a new series of an open family. This responder may still list a family
 * that another responder no longer lists and has opened. */
static int count_added(struct store *store, const struct family *family,
                       struct err *err) {
    int64_t is_open;
    db_bind_integer(store->sql.family_is_open, ":id", family->id);
    if (db_number(store->sql.family_is_open, &is_open, err) != 0)
        return -1;
    store->open.added += is_open;
    return 0;
}

/* Such a family does not have a row for every combination from the start. */
static bool has_open_label(const struct family *family) {
    return !family->any_labels && !family_closed(family);
}

/* The stored totals are lost. Later pushes must not fail for that reason. */
static int start_again(struct store *store, const struct delta *delta,
                       const char *lost, int64_t now, struct err *err) {
    struct value_text labels =
        series_labels(store, delta->family, delta->combination);
    if (!labels.text)
        return err_set(err, ERR_MEMORY, "out of memory");
    strbuf_printf(&store->notes,
                  "%s%.*s: its %s: the series starts again at zero\n",
                  delta->family->name, (int)labels.len, labels.text, lost);
    return series_row_zero(store, delta->family, delta->row, now, err);
}

/* Sets delta->row, and inserts a row at zero if there is none. */
static int find_row(struct store *store, struct delta *delta, int64_t now,
                    struct err *err) {
    const struct family *family = delta->family;
    bool added;
    struct value_text labels = series_labels(store, family, delta->combination);
    if (!labels.text)
        return err_set(err, ERR_MEMORY, "out of memory");
    if (series_find(store, family, labels.text, labels.len, &delta->row, err) !=
        0)
        return -1;
    if (delta->row != 0)
        return 0;
    if (has_open_label(family) && open_labels_check(store, err) != 0)
        return -1;
    if (series_row_insert(store, family, labels.text, labels.len, now, &added,
                          err) != 0)
        return -1;
    delta->row = db_last_id(store->db);
    return added ? count_added(store, family, err)
                 : start_again(store, delta,
                               "row in the table total was missing", now, err);
}

/* A series belongs to a group only if it carries the group's labels: not a
 * total of several processes, nor one of `other`. */
static int join_group(struct store *store, struct delta *delta,
                      struct err *err) {
    struct db_statement *join = store->sql.group_join;
    const struct batch_group *group = delta->group;
    struct value_text labels =
        series_labels(store, delta->family, delta->combination);
    if (!labels.text)
        return err_set(err, ERR_MEMORY, "out of memory");
    delta->row_group = group->id;
    if (!label_json_includes(labels.text, labels.len, group->labels,
                             group->labels_len))
        return 0;
    db_bind_integer(join, ":group", group->id);
    db_bind_integer(join, ":id", delta->row);
    return db_run(join, err);
}

static struct db_statement *bind_relative(struct store *store,
                                          const struct delta *delta) {
    struct db_statement *add = store->sql.gauge_add;
    db_bind_real(add, ":value", delta->value);
    db_bind_integer(add, ":count", (int64_t)delta->count);
    db_bind_real(add, ":least", family_clamp(delta->family, -INFINITY));
    db_bind_real(add, ":most", family_clamp(delta->family, INFINITY));
    return add;
}

static struct db_statement *bind_delta(struct store *store,
                                       const struct delta *delta) {
    struct db_statement *statement = NULL;
    const struct family *family = delta->family;
    const char *rule;
    switch (delta->shape) {
    case SHAPE_TOTAL:
        statement = store->sql.counter_add;
        db_bind_real(statement, ":value", delta->value);
        break;
    case SHAPE_VALUE:
        if (delta->relative)
            return bind_relative(store, delta);
        statement =
            delta->at != 0 ? store->sql.gauge_merge : store->sql.gauge_set;
        if (delta->at != 0)
            db_bind_integer(statement, ":at", delta->at);
        db_bind_real(statement, ":value",
                     family->gauge == GAUGE_SUM
                         ? metric_value_clamp(delta->value)
                         : delta->value);
        db_bind_integer(statement, ":count", (int64_t)delta->count);
        rule = gauge_rule_name(family->gauge);
        db_bind_text(statement, ":rule", rule, strlen(rule));
        break;
    case SHAPE_OBSERVATIONS:
        statement = store->sql.summary_add;
        db_bind_real(statement, ":sum", delta->sum);
        db_bind_integer(statement, ":count", (int64_t)delta->count);
        break;
    case SHAPE_BUCKETS:
        statement = store->sql.histogram_add;
        db_bind_real(statement, ":sum", delta->sum);
        db_bind_integer(statement, ":count", (int64_t)delta->count);
        db_bind_blob(statement, ":buckets", delta->buckets,
                     (family->bound_count + 1) * sizeof(*delta->buckets));
        break;
    }
    return statement;
}

/* Writes everything but the totals of a delta. */
static int finish_delta(struct store *store, struct delta *delta,
                        struct err *err) {
    if (delta->exemplars && exemplars_write(store, delta, err) != 0)
        return -1;
    return delta->group && delta->group->id != delta->row_group
               ? join_group(store, delta, err)
               : 0;
}

/* Inserts a row again that was pruned since its last use. */
static int apply_delta(struct store *store, struct delta *delta, int64_t now,
                       struct err *err) {
    for (int attempt = 0; attempt < 2; attempt++) {
        if (delta->row == 0 && find_row(store, delta, now, err) != 0)
            return -1;
        if (history_keep(store, delta, err) != 0)
            return -1;
        struct db_statement *statement = bind_delta(store, delta);
        db_bind_integer(statement, ":now", now);
        db_bind_integer(statement, ":id", delta->row);
        if (db_run(statement, err) != 0) {
            if (err->code != ERR_SYNTAX ||
                start_again(store, delta,
                            "buckets in the database were damaged", now,
                            err) != 0)
                return -1;
            continue;
        }
        if (db_changes(store->db) == 1)
            return history_kept(store, delta, err) == 0
                       ? finish_delta(store, delta, err)
                       : -1;
        /* The row may have been removed by hand, without a new generation. */
        if (has_open_label(delta->family) && !store->relearned)
            return err_set(err, ERR_RELEARN, "a series was removed");
        delta->row = 0;
        delta->row_group = 0;
        delta->step = 0;
    }
    return err_set(err, ERR_CORRUPT, "database: a new series has no row");
}

int delta_apply_all(struct store *store, int64_t now, struct err *err) {
    for (size_t i = 0; i < store->fold.pending_count; i++)
        if (apply_delta(store, store->fold.pending[i], now, err) != 0)
            return -1;
    return 0;
}

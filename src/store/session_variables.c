#include "store/session_variables.h"

#include <assert.h>
#include <string.h>

#include "store/connection.h"
#include "store/delta.h"
#include "store/series_row.h"
#include "store/session_row.h"

/* Counts the series once in each turn, because rows may be deleted by hand. */
static int count_series(struct store *store, const struct family *family,
                        struct err *err) {
    return store->sessions.variables >= 0
               ? 0
               : series_row_count(store, family->id, &store->sessions.variables,
                                  err);
}

/* A series in memory is in the database, or will be at the end of the turn. */
static int find_series(struct store *store, const struct family *family,
                       const struct value_text *labels, bool *found,
                       struct err *err) {
    int64_t row = 0;
    *found = value_set_find(&family->label_sets, labels->text, labels->len) !=
             VALUE_NONE;
    if (*found)
        return 0;
    if (series_find(store, family, labels->text, labels->len, &row, err) != 0)
        return -1;
    *found = row != 0;
    return 0;
}

/* 1 if the variable may have the value, 0 if it counts as `other`, -1 on error.
 */
static int admit_value(struct store *store, const struct session_rules *rules,
                       const struct session_value *value, struct err *err) {
    struct db_statement *find = store->sql.session_value_find;
    struct db_statement *insert = store->sql.session_value_insert;
    int64_t known;
    db_bind_value(find, ":variable", &value->variable);
    db_bind_value(find, ":value", &value->value);
    if (db_number(find, &known, err) != 0)
        return -1;
    if (known)
        return 1;
    db_bind_value(insert, ":variable", &value->variable);
    db_bind_value(insert, ":value", &value->value);
    db_bind_integer(insert, ":max", (int64_t)rules->max_variable_values);
    return db_run(insert, err) == 0 ? db_changes(store->db) : -1;
}

/* The label set that the value counts in. */
static int choose_labels(struct store *store, const struct session_rules *rules,
                         const struct session_value *value,
                         const struct value_text **labels, struct err *err) {
    const struct family *family = rules->families[SESSIONS_VARIABLES];
    bool found;
    *labels = &value->labels;
    if (find_series(store, family, *labels, &found, err) != 0)
        return -1;
    if (found)
        return 0;
    int admitted = admit_value(store, rules, value, err);
    if (admitted == 0)
        *labels = &value->other;
    if (admitted < 0 || (admitted == 0 &&
                         find_series(store, family, *labels, &found, err) != 0))
        return -1;
    if (found)
        return 0;
    if (count_series(store, family, err) != 0)
        return -1;
    if (store->sessions.variables < (int64_t)rules->max_series)
        store->sessions.variables++;
    else
        *labels = &value->rest;
    return 0;
}

/* The session has counted in that set already: several values may be
 * `other`. */
static bool repeated(const struct value_text *const *chosen, size_t count) {
    const struct value_text *last = chosen[count];
    for (size_t i = 0; i < count; i++)
        if (chosen[i]->len == last->len &&
            memcmp(chosen[i]->text, last->text, last->len) == 0)
            return true;
    return false;
}

int session_variables_add(struct store *store, const struct session_push *push,
                          struct err *err) {
    const struct value_text *chosen[SESSION_VALUES_MAX];
    const struct session_rules *rules = push->rules;
    assert(push->variable_count <= SESSION_VALUES_MAX);
    for (size_t i = 0; i < push->variable_count; i++) {
        if (choose_labels(store, rules, &push->variables[i], &chosen[i], err) !=
            0)
            return -1;
        if (!repeated(chosen, i) && session_total_add(store, SESSIONS_VARIABLES,
                                                      *chosen[i], 1, err) != 0)
            return -1;
    }
    return 0;
}

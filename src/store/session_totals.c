#include "store/session_totals.h"

#include "store/connection.h"

/* *id is 0 if there is no such label set yet. */
static int find_label_set(struct store *store, const struct value_text *labels,
                          int64_t *id, struct err *err) {
    struct db_statement *find = store->sql.session_label_set_find;
    db_bind_value(find, ":labels", labels);
    return db_number(find, id, err);
}

static int insert_label_set(struct store *store,
                            const struct value_text *labels,
                            const struct value_text *dashboard, int64_t *id,
                            struct err *err) {
    struct db_statement *insert = store->sql.session_label_set_insert;
    db_bind_value(insert, ":labels", labels);
    db_bind_value(insert, ":dashboard", dashboard);
    if (db_run(insert, err) != 0)
        return -1;
    *id = db_last_id(store->db);
    return 0;
}

int session_labels_choose(struct store *store, const struct session_push *push,
                          struct session_row *row, struct err *err) {
    const struct session_rules *rules = push->rules;
    const struct value_text *labels = &push->labels;
    const struct value_text *dashboard = &push->dashboard;
    int64_t count = 0;
    if (find_label_set(store, labels, &row->label_set, err) != 0 ||
        (row->label_set == 0 &&
         db_number(store->sql.session_label_set_last, &count, err) != 0))
        return -1;
    if (count >= (int64_t)rules->max_series) {
        labels = &push->rest;
        dashboard = &push->rest_dashboard;
        if (find_label_set(store, labels, &row->label_set, err) != 0)
            return -1;
    }
    if (row->label_set == 0 &&
        insert_label_set(store, labels, dashboard, &row->label_set, err) != 0)
        return -1;
    row->labels = session_row_labels(rules->families[SESSIONS_BEGUN],
                                     labels->text, labels->len);
    row->dashboard = session_row_labels(rules->families[SESSIONS_LENGTHS],
                                        dashboard->text, dashboard->len);
    return row->labels.text && row->dashboard.text ? 0 : err_no_memory(err);
}

int session_total_add(struct store *store, enum session_family which,
                      struct value_text labels, double value, struct err *err) {
    struct family *family = store->sessions.rules->families[which];
    uint32_t index =
        value_set_add(&family->label_sets, labels.text, labels.len);
    const struct sample sample = {.family = family,
                                  .values = &index,
                                  .value = value,
                                  .observations = &value,
                                  .observation_count = 1};
    if (index == VALUE_NONE || fold_add(&store->fold, &sample) != 0)
        return err_no_memory(err);
    return 0;
}

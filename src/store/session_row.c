#include "store/session_row.h"

#include "store/connection.h"

enum { PATIENCE_MIN = 120 };

struct value_text session_row_labels(struct family *family, const char *text,
                                     size_t len) {
    uint32_t index =
        text ? value_set_add(&family->label_sets, text, len) : VALUE_NONE;
    return index == VALUE_NONE ? (struct value_text){NULL, 0}
                               : family->label_sets.values[index];
}

/* Reads the current row of find. */
static int read_row(struct db_statement *find,
                    const struct session_rules *rules, struct session_row *row,
                    struct err *err) {
    size_t len[2];
    const char *labels = db_text(find, 1, &len[0]);
    const char *dashboard = db_text(find, 2, &len[1]);
    *row = (struct session_row){
        .id = db_integer(find, 0),
        .labels =
            session_row_labels(rules->families[SESSIONS_BEGUN], labels, len[0]),
        .dashboard = session_row_labels(rules->families[SESSIONS_LENGTHS],
                                        dashboard, len[1]),
        .label_set = db_integer(find, 3),
        .timeout = db_integer(find, 4),
        .capped = (enum session_cap)db_integer(find, 5),
        .heartbeat = db_integer(find, 6) != 0,
        .ended = db_integer(find, 7) != 0,
        .measured = db_integer(find, 8) != 0,
        .sum = db_integer(find, 9),
        .focused = db_integer(find, 10),
        .counted = db_integer(find, 11),
        .counted_focused = db_integer(find, 12)};
    return row->labels.text && row->dashboard.text ? 0 : err_no_memory(err);
}

int session_row_find(struct store *store, const struct session_push *push,
                     struct session_row *row, struct err *err) {
    struct db_statement *find = store->sql.session_find;
    *row = (struct session_row){.id = 0};
    db_bind_string(find, ":uuid", push->uuid);
    int result = db_step(find, err);
    if (result == 1)
        result = read_row(find, push->rules, row, err);
    db_reset(find);
    return result;
}

/* The silence in seconds after which a session is over, at most the time that
 * it is kept. */
static int64_t patience_of(const struct session_row *row,
                           const struct session_rules *rules) {
    int64_t patience = (2 * row->timeout + 999) / 1000;
    if (patience < PATIENCE_MIN)
        patience = PATIENCE_MIN;
    return patience < rules->keep_seconds ? patience : rules->keep_seconds;
}

int session_row_write(struct store *store, const struct session_push *push,
                      struct session_row *row, int64_t now, struct err *err) {
    bool new = row->id == 0;
    struct db_statement *write =
        new ? store->sql.session_insert : store->sql.session_update;
    if (new) {
        db_bind_string(write, ":uuid", push->uuid);
        db_bind_integer(write, ":label_set", row->label_set);
    } else {
        db_bind_integer(write, ":id", row->id);
    }
    db_bind_integer(write, ":timeout", row->timeout);
    db_bind_integer(write, ":capped", row->capped);
    db_bind_integer(write, ":heartbeat", row->heartbeat);
    db_bind_integer(write, ":ended", row->ended);
    db_bind_integer(write, ":measured", row->measured);
    db_bind_integer(write, ":sum", row->sum);
    db_bind_integer(write, ":focused", row->focused);
    db_bind_integer(write, ":counted", row->counted);
    db_bind_integer(write, ":counted_focused", row->counted_focused);
    db_bind_integer(write, ":now", now);
    db_bind_integer(write, ":open_until", now + patience_of(row, push->rules));
    if (db_run(write, err) != 0)
        return -1;
    if (new)
        row->id = db_last_id(store->db);
    return 0;
}

/* *id is 0 if the label set is new. */
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

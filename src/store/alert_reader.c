#include "store/alert_reader.h"

#include "store/reading.h"

/* The function that gets the rows, and its context. */
struct visitor {
    union {
        alert_rule_visit *rule;
        alert_visit *alert;
        alert_notice_visit *notice;
    } visit;
    void *context;
};

static int visit_rule(void *context, struct db_statement *row,
                      struct err *err) {
    const struct visitor *visitor = context;
    const struct alert_rule_row rule = {
        .name = db_string(row, 0),
        .query = db_string(row, 1),
        .condition = db_string(row, 2),
        .measured = db_string(row, 3),
        .unit = db_string(row, 4),
        .families = db_string(row, 5),
        .every_seconds = db_integer(row, 6),
        .for_seconds = db_integer(row, 7),
        .severity = db_string(row, 8),
        .text = db_string(row, 9),
        .evaluated_at = db_real(row, 10),
        .seconds = db_real(row, 11),
        .error = db_is_null(row, 12) ? NULL : db_string(row, 12),
        .early = db_integer(row, 13) != 0};
    (void)err;
    return visitor->visit.rule(visitor->context, &rule);
}

int alert_reader_rules(struct reader *reader, alert_rule_visit *visit,
                       void *context, struct err *err) {
    struct visitor visitor = {.visit.rule = visit, .context = context};
    return db_each(reader->sql.alert_rules, visit_rule, &visitor, err);
}

static int visit_alert(void *context, struct db_statement *row,
                       struct err *err) {
    const struct visitor *visitor = context;
    struct alert_row alert = {.firing = db_integer(row, 1) != 0,
                              .since = db_real(row, 2),
                              .value = db_real(row, 3)};
    alert.labels = db_text(row, 0, &alert.labels_len);
    (void)err;
    return alert.labels ? visitor->visit.alert(visitor->context, &alert) : 0;
}

int alert_reader_alerts(struct reader *reader, const char *rule,
                        alert_visit *visit, void *context, struct err *err) {
    struct visitor visitor = {.visit.alert = visit, .context = context};
    db_bind_string(reader->sql.alerts_active, ":rule", rule);
    return db_each(reader->sql.alerts_active, visit_alert, &visitor, err);
}

static int visit_notice(void *context, struct db_statement *row,
                        struct err *err) {
    const struct visitor *visitor = context;
    const struct alert_notice_row notice = {
        .id = db_integer(row, 0),
        .channel = db_string(row, 1),
        .message = db_string(row, 2),
        .made_at = db_real(row, 3),
        .tries = db_integer(row, 4),
        .error = db_is_null(row, 5) ? NULL : db_string(row, 5)};
    (void)err;
    return visitor->visit.notice(visitor->context, &notice);
}

int alert_reader_notices(struct reader *reader, const char *channel,
                         alert_notice_visit *visit, void *context,
                         struct err *err) {
    struct visitor visitor = {.visit.notice = visit, .context = context};
    db_bind_string(reader->sql.alert_notices, ":channel", channel);
    return db_each(reader->sql.alert_notices, visit_notice, &visitor, err);
}

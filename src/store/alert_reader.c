#include "store/alert_reader.h"

#include "store/reading.h"

int alert_reader_rules(struct reader *reader, alert_rule_visit *visit,
                       void *context, struct err *err) {
    int result;
    struct db_statement *row = reader->sql.alert_rules;
    while ((result = db_step(row, err)) == 1) {
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
        result = visit(context, &rule);
        if (result != 0)
            break;
    }
    db_reset(row);
    return result;
}

int alert_reader_alerts(struct reader *reader, const char *rule,
                        alert_visit *visit, void *context, struct err *err) {
    int result;
    struct db_statement *row = reader->sql.alerts_active;
    db_bind_string(row, ":rule", rule);
    while ((result = db_step(row, err)) == 1) {
        struct alert_row alert = {.firing = db_integer(row, 1) != 0,
                                  .since = db_real(row, 2),
                                  .value = db_real(row, 3)};
        alert.labels = db_text(row, 0, &alert.labels_len);
        if (!alert.labels)
            continue;
        result = visit(context, &alert);
        if (result != 0)
            break;
    }
    db_reset(row);
    return result;
}

int alert_reader_notices(struct reader *reader, const char *channel,
                         alert_notice_visit *visit, void *context,
                         struct err *err) {
    int result;
    struct db_statement *row = reader->sql.alert_notices;
    db_bind_string(row, ":channel", channel);
    while ((result = db_step(row, err)) == 1) {
        const struct alert_notice_row notice = {
            .id = db_integer(row, 0),
            .channel = db_string(row, 1),
            .message = db_string(row, 2),
            .made_at = db_real(row, 3),
            .tries = db_integer(row, 4),
            .error = db_is_null(row, 5) ? NULL : db_string(row, 5)};
        result = visit(context, &notice);
        if (result != 0)
            break;
    }
    db_reset(row);
    return result;
}

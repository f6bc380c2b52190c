#include "store/alert_reader.h"

#include "store/reading.h"

static const char *text_of(struct db_statement *row, int column) {
    size_t len;
    const char *text = db_text(row, column, &len);
    return text ? text : "";
}

int alert_reader_rules(struct reader *reader, alert_rule_visit *visit,
                       void *context, struct err *err) {
    int result;
    struct db_statement *row = reader->sql.alert_rules;
    while ((result = db_step(row, err)) == 1) {
        const struct alert_rule_row rule = {
            .name = text_of(row, 0),
            .query = text_of(row, 1),
            .condition = text_of(row, 2),
            .measured = text_of(row, 3),
            .unit = text_of(row, 4),
            .families = text_of(row, 5),
            .every_seconds = db_integer(row, 6),
            .for_seconds = db_integer(row, 7),
            .severity = text_of(row, 8),
            .text = text_of(row, 9),
            .evaluated_at = db_real(row, 10),
            .seconds = db_real(row, 11),
            .error = db_is_null(row, 12) ? NULL : text_of(row, 12),
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

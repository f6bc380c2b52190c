#include "store/alerts.h"

#include <string.h>

#include "store/connection.h"
#include "store/reading.h"
#include "store/turn.h"

static const char *text_of(struct db_statement *row, int column) {
    size_t len;
    const char *text = db_text(row, column, &len);
    return text ? text : "";
}

int reader_alert_notices(struct reader *reader, const char *channel,
                         alert_notice_visit *visit, void *context,
                         struct err *err) {
    int result;
    struct db_statement *row = reader->sql.alert_notices;
    db_bind_text(row, ":channel", channel, channel ? strlen(channel) : 0);
    while ((result = db_step(row, err)) == 1) {
        const struct alert_notice_row notice = {
            .id = db_integer(row, 0),
            .channel = text_of(row, 1),
            .message = text_of(row, 2),
            .made_at = db_real(row, 3),
            .tries = db_integer(row, 4),
            .error = db_is_null(row, 5) ? NULL : text_of(row, 5)};
        result = visit(context, &notice);
        if (result != 0)
            break;
    }
    db_reset(row);
    return result;
}

static int change_within(struct store *store, alert_change *change,
                         void *context, struct err *err) {
    struct reader *reader;
    if (reader_share(store->db, &reader, err) != 0)
        return -1;
    int result = change(context, store, reader, err);
    reader_close(reader);
    return result;
}

int store_alerts_change(struct store *store, alert_change *change,
                        void *context, struct err *err) {
    if (turn_begin(store, err) != 0)
        return -1;
    return turn_end(store, change_within(store, change, context, err), err);
}

int store_alert_rule_set(struct store *store, int64_t position,
                         const struct alert_rule_row *rule, struct err *err) {
    struct db_statement *set = store->sql.alert_rule_set;
    db_bind_string(set, ":name", rule->name);
    db_bind_integer(set, ":position", position);
    db_bind_string(set, ":query", rule->query);
    db_bind_string(set, ":condition", rule->condition);
    db_bind_string(set, ":measured", rule->measured);
    db_bind_string(set, ":unit", rule->unit);
    db_bind_string(set, ":families", rule->families);
    db_bind_integer(set, ":every_seconds", rule->every_seconds);
    db_bind_integer(set, ":for_seconds", rule->for_seconds);
    db_bind_string(set, ":severity", rule->severity);
    db_bind_string(set, ":text", rule->text);
    db_bind_real(set, ":evaluated_at", rule->evaluated_at);
    db_bind_real(set, ":seconds", rule->seconds);
    db_bind_text(set, ":error", rule->error,
                 rule->error ? strlen(rule->error) : 0);
    db_bind_integer(set, ":early", rule->early);
    return db_run(set, err);
}

int store_alert_rule_delete(struct store *store, const char *name,
                            struct err *err) {
    db_bind_string(store->sql.alert_rule_delete, ":name", name);
    return db_run(store->sql.alert_rule_delete, err);
}

int store_alert_set(struct store *store, const char *rule,
                    const struct alert_row *alert, struct err *err) {
    struct db_statement *set = store->sql.alert_set;
    db_bind_string(set, ":rule", rule);
    db_bind_text(set, ":labels", alert->labels, alert->labels_len);
    db_bind_integer(set, ":firing", alert->firing);
    db_bind_real(set, ":since", alert->since);
    db_bind_real(set, ":value", alert->value);
    return db_run(set, err);
}

int store_alert_delete(struct store *store, const char *rule,
                       const struct alert_row *alert, struct err *err) {
    struct db_statement *delete = store->sql.alert_delete;
    db_bind_string(delete, ":rule", rule);
    db_bind_text(delete, ":labels", alert->labels, alert->labels_len);
    return db_run(delete, err);
}

int store_alert_notice_add(struct store *store, const char *channel,
                           const char *message, double made_at,
                           struct err *err) {
    struct db_statement *add = store->sql.alert_notice_add;
    db_bind_string(add, ":channel", channel);
    db_bind_string(add, ":message", message);
    db_bind_real(add, ":made_at", made_at);
    return db_run(add, err);
}

/* Runs a statement about one notice. */
static int change_notice(struct store *store, struct db_statement *statement,
                         int64_t id, struct err *err) {
    if (turn_begin(store, err) != 0) {
        db_reset(statement);
        return -1;
    }
    db_bind_integer(statement, ":id", id);
    return turn_end(store, db_run(statement, err), err);
}

int store_alert_notice_delete(struct store *store, int64_t id,
                              struct err *err) {
    return change_notice(store, store->sql.alert_notice_delete, id, err);
}

int store_alert_notice_fail(struct store *store, int64_t id, const char *why,
                            struct err *err) {
    db_bind_string(store->sql.alert_notice_fail, ":why", why);
    return change_notice(store, store->sql.alert_notice_fail, id, err);
}

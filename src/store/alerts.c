#include "store/alerts.h"

#include "store/connection.h"
#include "store/turn.h"

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
    db_bind_string(set, ":error", rule->error);
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

/* alert_reader: reads alert rules, active alerts and notices. */
#ifndef TALLYMAN_STORE_ALERT_READER_H
#define TALLYMAN_STORE_ALERT_READER_H

#include "store/reader.h"

/* A row of alert_rule; schema.sql describes the columns. No text is NULL except
 * the error. */
struct alert_rule_row {
    const char *name;
    const char *query;
    const char *condition;
    const char *measured;
    const char *unit;
    const char *families;
    int64_t every_seconds; /* the longest time between evaluations */
    int64_t for_seconds;
    const char *severity;
    const char *text;
    double evaluated_at; /* Unix seconds; 0: never */
    double seconds;
    const char *error; /* NULL: the last evaluation succeeded */
    bool early;        /* the history is too short for a result */
};

/* A row of alert; labels[0..labels_len) is a label set as canonical JSON. */
struct alert_row {
    const char *labels;
    size_t labels_len;
    bool firing;
    double since; /* Unix seconds */
    double value;
};

/* A row of alert_notice. */
struct alert_notice_row {
    int64_t id;
    const char *channel;
    const char *message; /* see alert/run.h */
    double made_at;      /* Unix seconds */
    int64_t tries;
    const char *error; /* NULL for none */
};

/* The texts are valid during the visit. */
typedef int alert_rule_visit(void *context, const struct alert_rule_row *rule);
typedef int alert_visit(void *context, const struct alert_row *alert);
typedef int alert_notice_visit(void *context,
                               const struct alert_notice_row *row);

/* Calls visit for each rule, in the order of the file, until it returns
 * non-zero. Returns that value, or -1 with err set. These functions are called
 * between reader_begin and reader_end. */
int alert_reader_rules(struct reader *reader, alert_rule_visit *visit,
                       void *context, struct err *err);

/* The same for each active alert of the rule, ordered by labels. */
int alert_reader_alerts(struct reader *reader, const char *rule,
                        alert_visit *visit, void *context, struct err *err);

/* The same for each notice, oldest first. channel: only those of one channel;
 * NULL: all. */
int alert_reader_notices(struct reader *reader, const char *channel,
                         alert_notice_visit *visit, void *context,
                         struct err *err);

#endif

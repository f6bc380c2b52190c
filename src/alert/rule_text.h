/* rule_text: writes a rule as queries in PromQL and as text. */
#ifndef TALLYMAN_ALERT_RULE_TEXT_H
#define TALLYMAN_ALERT_RULE_TEXT_H

#include "alert/alerts.h"
#include "config/sql_query.h"
#include "metrics/label.h"
#include "metrics/registry.h"

/* A family of a rule. */
struct rule_family {
    const char *name;
    const struct family *family;   /* NULL: unlisted */
    const struct sql_query *query; /* of the family; NULL without one */
};

/* A family without label rules may have any label, except the family of an SQL
 * query, which has those of its columns. */
bool rule_family_has_label(const struct rule_family *rule_family,
                           const char *name);

enum { RULE_FAMILIES_MAX = 64 };

/* A rule, and the names in its file from which its texts are made. */
struct rule_parts {
    struct alert_rule *rule;
    /* One; two of a ratio; all distinct families of expr. */
    struct rule_family families[RULE_FAMILIES_MAX];
    size_t family_count;
    struct label labels[FAMILY_LABELS_MAX]; /* sorted by name */
    size_t label_count;
    const char *by[FAMILY_LABELS_MAX];
    size_t by_count;
    const char *expr;
    const char *over; /* such as "1h" */
};

/* Sets query, count_query, condition, measured, unit and families of the rule;
 * the texts are in the arena. Returns -1 if memory ran out. */
int rule_text_make(const struct rule_parts *parts, struct arena *arena);

#endif

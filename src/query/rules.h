/* rules: the alert rules and the active alerts that `tallyman alert` stored in
 * the database, in the envelope of Prometheus's HTTP API. */
#ifndef TALLYMAN_QUERY_RULES_H
#define TALLYMAN_QUERY_RULES_H

#include "query/query.h"

/* A rule is visible if all families that it reads are visible. */

struct rules_request {
    bool none; /* only recording rules are requested; there are none */
    bool without_alerts;      /* omit the alerts of rules */
    const char *const *names; /* of the requested rules */
    size_t name_count;        /* 0: all */
};

/* Appends the complete answer to out: one group with the rules and their
 * alerts, or no group if there are no rules. Returns -1 with err set. */
int rules_answer(const struct query_source *source,
                 const struct rules_request *request, struct strbuf *out,
                 struct err *err);

/* Like rules_answer, for the active alerts of all rules. */
int rules_alerts(const struct query_source *source, struct strbuf *out,
                 struct err *err);

#endif

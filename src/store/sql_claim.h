/* sql_claim: of the responders that share a database, only the one that has
 * claimed a query of the allowlist files runs it. */
#ifndef TALLYMAN_STORE_SQL_CLAIM_H
#define TALLYMAN_STORE_SQL_CLAIM_H

#include "base/err.h"
#include "config/sql_query.h"

struct store;

/* Seconds after a query's timeout until its result must be in the totals. Then
 * another responder may run it. */
enum { SQL_CLAIM_MARGIN = 10 };

struct sql_claim {
    double started_at; /* start of the run, in Unix seconds; 0: not due */
    double wait;       /* if not due: seconds until it may be */
};

/* Claims the query if it is due at now, in Unix seconds: once per `every`, and
 * again when the claimed run has not ended in time, or the clock was set back.
 * On error nothing is claimed; the codes are those of store_commit. */
int store_claim_query(struct store *store, const struct sql_query *query,
                      double now, struct sql_claim *claim, struct err *err);

/* Part of store_load: the queries are those of the registry. */
int sql_claims_load(struct store *store, const struct registry *registry,
                    struct err *err);

#endif

/* sql_outcome: the outcome of a run of a query of the allowlist files. */
#ifndef TALLYMAN_STORE_SQL_OUTCOME_H
#define TALLYMAN_STORE_SQL_OUTCOME_H

#include <stdint.h>

#include "base/err.h"
#include "config/sql_query.h"
#include "store/sql_rows.h"

struct store;

/* The outcome compared with the previous run's. */
enum sql_news {
    SQL_NO_NEWS,
    SQL_FAILED, /* the previous run succeeded, or had another error */
    SQL_MENDED  /* the previous run failed */
};

/* A query's part of a batch. */
struct sql_outcome {
    const struct sql_query *query; /* from the current configuration */
    double started_at;             /* of the claim */
    double seconds;                /* duration of the run */
    const struct sql_rows *rows;
    /* ERR_NONE: the rows are valid; otherwise why the query failed.
     * store_commit also sets it when it refuses the rows. */
    struct err err;
    int64_t series_max; /* limit for the series of all queries */
    /* Set by store_commit: */
    bool late; /* the query was claimed again: nothing is changed */
    enum sql_news news;
};

/* As a part of a turn, sets the query's series to the rows, or none of them if
 * one row is refused, and records the outcome. A gauge without a row is unset.
 * Counters grow to their values; a first value is not growth. */
int sql_outcome_apply(struct store *store, struct sql_outcome *outcome,
                      int64_t now, struct err *err);

#endif

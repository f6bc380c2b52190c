/* sql_states: the last runs of the queries of the allowlist files. */
#ifndef TALLYMAN_STORE_SQL_STATES_H
#define TALLYMAN_STORE_SQL_STATES_H

#include "store/reader.h"

struct sql_state {
    const char *name;    /* of the query and its family */
    double started_at;   /* Unix seconds of the last run; 0: none */
    double runs;         /* completed runs */
    double errors;       /* failed runs */
    double succeeded_at; /* Unix seconds of the last success; 0: none */
    double seconds;      /* duration of the last run */
    const char *error;   /* of the last run; NULL: it succeeded */
};

/* The texts are valid during the visit. */
typedef int sql_state_visit(void *context, const struct sql_state *state);

/* Calls visit for each query, ordered by name, until it returns non-zero.
 * Returns that value, or -1 with err set. Called between reader_begin and
 * reader_end. */
int reader_sql_states(struct reader *reader, sql_state_visit *visit,
                      void *context, struct err *err);

#endif

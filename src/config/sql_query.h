/* sql_query: a business metric that a query of an SQLite file computes. */
#ifndef TALLYMAN_CONFIG_SQL_QUERY_H
#define TALLYMAN_CONFIG_SQL_QUERY_H

#include "metrics/registry.h"

enum {
    SQL_QUERY_ROWS_MAX = 1000,   /* rows of a result, each one series */
    SQL_QUERY_TEXT_MAX = 65536,  /* bytes of its SQL */
    SQL_QUERY_EVERY_MAX = 86400, /* seconds */
    SQL_QUERY_TIMEOUT_MAX = 60   /* likewise */
};

/* Its pointers are valid as long as the registry. */
struct sql_query {
    const struct family
        *family;       /* internal, any_labels, queried: a counter or a gauge */
    const char *sql;   /* one statement */
    const char *place; /* file:line:column of sql, for messages */
    const char *database; /* path; NULL: Tallyman's own */
    const char **labels;  /* sorted columns; the remaining one is the value */
    size_t label_count;
    long long every; /* seconds between two runs */
    double timeout;  /* seconds that a run may take */
};

struct sql_query_list {
    struct sql_query *queries;
    size_t count;
};

#endif

/* sql_rows: the result of a query of an allowlist file. */
#ifndef TALLYMAN_STORE_SQL_ROWS_H
#define TALLYMAN_STORE_SQL_ROWS_H

#include <stddef.h>

#include "base/arena.h"

struct sql_row {
    const char *labels; /* canonical JSON, unique in the result */
    size_t labels_len;
    double value; /* finite, at most METRIC_VALUE_MAX; counter: at least 0 */
};

/* A zeroed struct is empty. The arena owns everything. */
struct sql_rows {
    struct arena arena;
    struct sql_row *rows;
    size_t count;
};

#endif

/* series_row: a series as a row of the table series. */
#ifndef TALLYMAN_STORE_SERIES_ROW_H
#define TALLYMAN_STORE_SERIES_ROW_H

#include <stdint.h>

#include "base/strbuf.h"
#include "metrics/registry.h"
#include "store/db.h"

struct store;

/* Inserts a series at zero with statement, series_insert.sql, unless it is
 * there. now is its birth, in Unix seconds. */
int series_row_insert(struct db_statement *statement,
                      const struct family *family, const char *labels,
                      size_t labels_len, int64_t now, struct err *err);

/* Sets the series of that id back to zero with statement, series_zero.sql, with
 * a new birth. */
int series_row_zero(struct db_statement *statement, const struct family *family,
                    int64_t id, int64_t now, struct err *err);

/* The same for the series of the family in a group, with group_zero.sql. */
int series_rows_zero(struct db_statement *statement,
                     const struct family *family, int64_t group, int64_t now,
                     struct err *err);

/* How many series the family with that id has. */
int series_row_count(struct store *store, int64_t family, int64_t *count,
                     struct err *err);

#endif

/* series_row: a series as a row of the table series, and its totals as a row of
 * the table total. */
#ifndef TALLYMAN_STORE_SERIES_ROW_H
#define TALLYMAN_STORE_SERIES_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "metrics/registry.h"

struct store;

/* Inserts a series at zero unless it exists; missing totals are inserted at
 * zero. now is its birth, in Unix seconds. If a row was inserted, db_last_id is
 * its id. *added: the series itself was new. */
int series_row_insert(struct store *store, const struct family *family,
                      const char *labels, size_t labels_len, int64_t now,
                      bool *added, struct err *err);

/* Sets the series of that id to zero, with a new birth. */
int series_row_zero(struct store *store, const struct family *family,
                    int64_t id, int64_t now, struct err *err);

/* The same for the series of the family in a group. *count is their number. */
int series_rows_zero(struct store *store, const struct family *family,
                     int64_t group, int64_t now, int *count, struct err *err);

/* The number of series of the family with that id. */
int series_row_count(struct store *store, int64_t family, int64_t *count,
                     struct err *err);

#endif

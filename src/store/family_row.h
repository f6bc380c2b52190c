/* family_row: a metric family as a row of the table family. */
#ifndef TALLYMAN_STORE_FAMILY_ROW_H
#define TALLYMAN_STORE_FAMILY_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "metrics/histogram.h"
#include "metrics/registry.h"
#include "store/db.h"

struct store;

/* How a family stands in the database. */
struct family_row {
    int64_t id;            /* 0 when it is not there */
    enum metric_type type; /* what it is there */
    bool same_kind;        /* type and bounds are those asked for */
    bool same_text;        /* help and unit as well */
    bool open;             /* a push has added it */
    int64_t zeroed;
};

/* Looks the family up by its name with statement, family_find.sql. */
int family_row_find(struct db_statement *statement, const struct family *family,
                    struct family_row *row, struct err *err);

/* Writes the family over the row of its id; without one it is inserted and has
 * an id then. */
int family_row_write(struct store *store, struct family *family,
                     struct err *err);

/* Sets what family_row.zeroed is of the family with that id. */
int family_row_set_zeroed(struct store *store, int64_t id, int64_t zeroed,
                          struct err *err);

/* Reads the current row of families_open.sql or families_exposed.sql. The
 * texts belong to the row, the bounds are in bounds. Returns -1 when somebody
 * has damaged the row. */
int family_row_read(struct db_statement *statement,
                    double bounds[HISTOGRAM_BOUNDS_MAX], struct family *family);

#endif

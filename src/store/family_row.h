/* family_row: a metric family as a row of the table family. */
#ifndef TALLYMAN_STORE_FAMILY_ROW_H
#define TALLYMAN_STORE_FAMILY_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "metrics/histogram.h"
#include "metrics/registry.h"
#include "store/db.h"

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

/* Inserts the family with statement, family_insert.sql. Its id is the last one
 * of the connection. */
int family_row_insert(struct db_statement *statement,
                      const struct family *family, struct err *err);

/* Writes the family over the row of its id with statement,
 * family_update.sql. */
int family_row_update(struct db_statement *statement,
                      const struct family *family, struct err *err);

/* Reads the current row of families_open.sql or families_exposed.sql. The
 * texts belong to the row, the bounds are in bounds. Returns -1 when somebody
 * has damaged the row. */
int family_row_read(struct db_statement *statement,
                    double bounds[HISTOGRAM_BOUNDS_MAX], struct family *family);

#endif

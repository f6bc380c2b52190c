/* family_row: a metric family as a row of the table family. */
#ifndef TALLYMAN_STORE_FAMILY_ROW_H
#define TALLYMAN_STORE_FAMILY_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "metrics/histogram.h"
#include "metrics/registry.h"
#include "store/db.h"

struct store;

/* A family as it is stored. */
struct family_row {
    int64_t id;            /* 0 when there is no such row */
    enum metric_type type; /* stored type */
    bool same_kind;        /* type and bounds match the registry's */
    bool same_text;        /* so do help and unit */
    bool open;             /* added by a push */
    int64_t zeroed;
};

/* Looks the family up by its name with statement, family_find.sql. */
int family_row_find(struct db_statement *statement, const struct family *family,
                    struct family_row *row, struct err *err);

/* Overwrites the row of the family's id. Without an id it inserts one and sets
 * the id. */
int family_row_write(struct store *store, struct family *family,
                     struct err *err);

/* Sets the stored `zeroed` of the family with that id; see struct
 * family_row. */
int family_row_set_zeroed(struct store *store, int64_t id, int64_t zeroed,
                          struct err *err);

/* Reads the current row of families_open.sql, families_exposed.sql or
 * families_all.sql as an open family. The row owns the texts, bounds the
 * bounds. Returns -1 when the row is damaged. */
int family_row_read(struct db_statement *statement,
                    double bounds[HISTOGRAM_BOUNDS_MAX], struct family *family);

#endif

/* exemplar_rows: the exemplars of a family, read along with its series. */
#ifndef TALLYMAN_STORE_EXEMPLAR_ROWS_H
#define TALLYMAN_STORE_EXEMPLAR_ROWS_H

#include <stdbool.h>

#include "base/arena.h"
#include "metrics/histogram.h"
#include "metrics/registry.h"
#include "metrics/series.h"
#include "store/db.h"

/* Reads the current row of exemplars_list.sql, which owns the labels. Returns
 * -1 when the row is damaged: an exemplar must lie in its bucket and have a
 * form that scrapers accept. */
int exemplar_row_read(struct db_statement *row, const struct family *family,
                      struct exemplar *exemplar);

/* A zeroed struct has no exemplars. */
struct exemplar_rows {
    struct db_statement *rows; /* of exemplars_list.sql; NULL: none */
    const struct family *family;
    bool waiting; /* its current row belongs to a later series */
    struct arena arena;
    struct exemplar list[HISTOGRAM_BOUNDS_MAX + 1]; /* of the series */
};

int exemplar_rows_begin(struct exemplar_rows *exemplars,
                        struct db_statement *rows, const struct family *family,
                        struct err *err);

/* Gives the series its exemplars, valid until the next call. The series come in
 * the order of their labels. Damaged rows are skipped. */
int exemplar_rows_take(struct exemplar_rows *exemplars, struct series *series,
                       struct err *err);

void exemplar_rows_end(struct exemplar_rows *exemplars);

#endif

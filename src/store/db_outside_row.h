/* db_outside_row: checks the rows of a query's result. */
#ifndef TALLYMAN_STORE_DB_OUTSIDE_ROW_H
#define TALLYMAN_STORE_DB_OUTSIDE_ROW_H

#include "base/err.h"
#include "base/value_set.h"
#include "config/sql_query.h"
#include "store/sql_rows.h"

struct sqlite3_stmt;

/* The result of a query while it is read. The caller sets the first four
 * members, and gives seen to value_set_free. */
struct outside_reading {
    const struct sql_query *query;
    struct sqlite3_stmt *statement;
    long long label_max;
    struct sql_rows *rows;
    int value;                      /* its column */
    int columns[FAMILY_LABELS_MAX]; /* of the labels */
    struct value_set seen;          /* label sets of earlier rows */
};

/* Finds the columns of the statement. Returns -1 with err: a sentence without
 * the name of the query. */
int outside_columns_find(struct outside_reading *reading, struct err *err);

/* Adds the current row to the rows; fails like outside_columns_find. */
int outside_row_add(struct outside_reading *reading, struct err *err);

#endif

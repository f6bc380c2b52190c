/* history_value: the growth of a series in a period, as a struct and as
 * stored. */
#ifndef TALLYMAN_STORE_HISTORY_VALUE_H
#define TALLYMAN_STORE_HISTORY_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "metrics/histogram.h"
#include "metrics/registry.h"
#include "store/db.h"

/* A value. Members that the family's type does not have are not set. */
struct history_value {
    double value; /* counter: the growth; gauge, untyped: the last value, NaN if
                     it was not a number */
    double sum;   /* histogram, summary: the growth */
    double count; /* likewise */
    double buckets[HISTOGRAM_BOUNDS_MAX + 1]; /* histogram: plain counts, one
                                                 more than the family has bounds
                                               */
};

/* The result of reading a value. */
enum history_found { HISTORY_DAMAGED = -1, HISTORY_NONE, HISTORY_FOUND };

/* Reads the value at *at, an element of the JSON array that ends before end,
 * and advances *at. HISTORY_NONE is a period without a change. */
enum history_found history_value_read(const char **at, const char *end,
                                      const struct family *family,
                                      struct history_value *out);

/* Appends the value as JSON that history_value_read reads back. */
void history_value_write(const struct family *family,
                         const struct history_value *value, struct strbuf *out);

/* Reads the value in a column of history_step or history_day. */
enum history_found history_value_of(struct db_statement *row, int column,
                                    const struct family *family,
                                    struct history_value *out);

/* Binds a value for the column `value`, as an integer if it is integral. text
 * holds an array, and must live until the statement is reset. */
void history_value_bind(struct db_statement *statement, const char *name,
                        const struct family *family,
                        const struct history_value *value, struct strbuf *text);

/* Reads a series' totals from four columns: value, sum, count, buckets. */
enum history_found history_total_of(struct db_statement *row, int column,
                                    const struct family *family,
                                    struct history_value *out);

/* Adds the value `more`, of a later period. This and the difference are rounded
 * to the digits of the operands. */
void history_value_add(const struct family *family, struct history_value *value,
                       const struct history_value *more);

/* Subtracts `before` from the totals. A total that has decreased has no growth.
 * False without any growth. Not for gauges. */
bool history_value_subtract(const struct family *family,
                            struct history_value *totals,
                            const struct history_value *before);

#endif

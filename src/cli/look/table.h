/* table: aligned columns of text. */
#ifndef TALLYMAN_CLI_LOOK_TABLE_H
#define TALLYMAN_CLI_LOOK_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/strbuf.h"

struct table_column {
    size_t width; /* of the widest cell, in columns of the terminal */
    bool left;    /* has a cell that is no number: aligned to the left */
};

/* A zeroed struct with utf8 set is an empty table. */
struct table {
    bool utf8;           /* see utf8_escape */
    struct strbuf cells; /* row by row, each ends in NUL */
    struct table_column *columns;
    size_t column_count;
    size_t cell_count; /* without the heads */
    bool failed;       /* an allocation failed: cells are missing */
};

/* Adds a column; all come before the first cell. The head is text of others,
 * too. */
void table_head(struct table *table, const char *head);

/* Adds the next cell: from left to right, row by row. A column in which every
 * cell but empty ones is a number is aligned to the right. */
void table_text(struct table *table, const char *text, size_t len);
void table_string(struct table *table, const char *text);

/* The shortest text that reads back equal, or rounded to four digits; NaN is
 * an empty cell. */
void table_number(struct table *table, double value);
void table_rounded(struct table *table, double value);

/* A cell that is shown as it is, aligned as a number is. */
void table_digits(struct table *table, const char *text);

/* Prints the heads and all rows, each behind indent. */
void table_print(const struct table *table, const char *indent, FILE *out);

void table_free(struct table *table);

/* Room for any rounded_format result with its NUL. */
enum { ROUNDED_SIZE = 32 };

/* Writes value with four digits, and all those before the decimal point. */
void rounded_format(double value, char out[ROUNDED_SIZE]);

#endif

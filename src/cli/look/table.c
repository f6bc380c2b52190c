#include "cli/look/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"
#include "cli/command/terminal.h"

/* The cell that was appended last, from start to its NUL. */
static void measure(struct table *table, size_t column, size_t start) {
    if (table->cells.failed) {
        table->failed = true;
        return;
    }
    size_t width =
        terminal_width(table->cells.data + start, table->cells.len - start - 1);
    if (width > table->columns[column].width)
        table->columns[column].width = width;
}

void table_head(struct table *table, const char *head) {
    size_t start = table->cells.len;
    struct table_column *columns = realloc(
        table->columns, (table->column_count + 1) * sizeof(*table->columns));
    if (!columns) {
        table->failed = true;
        return;
    }
    table->columns = columns;
    columns[table->column_count] = (struct table_column){.width = 0};
    utf8_escape(&table->cells, head, strlen(head), table->utf8);
    strbuf_add_char(&table->cells, '\0');
    measure(table, table->column_count++, start);
}

static void add_cell(struct table *table, const char *text, size_t len,
                     bool left) {
    size_t start = table->cells.len;
    if (table->failed)
        return;
    size_t column = table->cell_count++ % table->column_count;
    utf8_escape(&table->cells, text, len, table->utf8);
    strbuf_add_char(&table->cells, '\0');
    measure(table, column, start);
    if (left && len > 0)
        table->columns[column].left = true;
}

void table_text(struct table *table, const char *text, size_t len) {
    add_cell(table, text, len, true);
}

void table_string(struct table *table, const char *text) {
    add_cell(table, text, strlen(text), true);
}

void table_digits(struct table *table, const char *text) {
    add_cell(table, text, strlen(text), false);
}

void table_number(struct table *table, double value) {
    char text[NUMBER_SIZE] = "";
    if (!isnan(value))
        (void)number_format(value, text);
    table_digits(table, text);
}

void rounded_format(double value, char out[ROUNDED_SIZE]) {
    char shortest[NUMBER_SIZE];
    double size = fabs(value);
    if (!isfinite(value) || size >= 1e15) {
        (void)number_format(value, shortest);
        (void)snprintf(out, ROUNDED_SIZE, "%s", shortest);
    } else if (size >= 1000) {
        (void)snprintf(out, ROUNDED_SIZE, "%.0f", value);
    } else {
        (void)snprintf(out, ROUNDED_SIZE, "%.4g", value);
    }
}

void table_rounded(struct table *table, double value) {
    char text[ROUNDED_SIZE] = "";
    if (!isnan(value))
        rounded_format(value, text);
    table_digits(table, text);
}

static void print_cell(const struct table_column *column, const char *cell,
                       bool last, FILE *out) {
    size_t len = strlen(cell);
    int gap = (int)(column->width - terminal_width(cell, len));
    if (!column->left)
        (void)fprintf(out, "%*s", gap, "");
    (void)fwrite(cell, 1, len, out);
    if (column->left && !last)
        (void)fprintf(out, "%*s", gap, "");
    (void)fputs(last ? "\n" : "  ", out);
}

/* A line ends with its last cell that has text. */
static const char *print_row(const struct table *table, const char *cell,
                             const char *indent, FILE *out) {
    size_t used = 1;
    const char *next = cell;
    for (size_t i = 0; i < table->column_count; i++) {
        if (*next)
            used = i + 1;
        next += strlen(next) + 1;
    }
    (void)fputs(indent, out);
    for (size_t i = 0; i < used; i++) {
        print_cell(&table->columns[i], cell, i + 1 == used, out);
        cell += strlen(cell) + 1;
    }
    return next;
}

void table_print(const struct table *table, const char *indent, FILE *out) {
    const char *cell = table->cells.data;
    if (table->failed || table->column_count == 0)
        return;
    size_t rows = table->cell_count / table->column_count;
    for (size_t i = 0; i <= rows; i++)
        cell = print_row(table, cell, indent, out);
}

void table_free(struct table *table) {
    strbuf_free(&table->cells);
    free(table->columns);
    *table = (struct table){.utf8 = table->utf8};
}

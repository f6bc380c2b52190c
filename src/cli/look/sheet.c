#include "cli/look/sheet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"
#include "cli/command/terminal.h"

void sheet_begin(struct sheet *sheet, enum sheet_format format, bool utf8,
                 struct strbuf *out) {
    *sheet = (struct sheet){.format = format, .utf8 = utf8, .out = out};
    sheet->json = (struct json_writer){
        .out = out, .layout = JSON_ROWS, .escape = JSON_ESCAPE_ALL};
    if (format == SHEET_JSON)
        json_writer_open(&sheet->json, NULL, '[');
}

/* --- one cell ------------------------------------------------------------- */

static void add_table_cell(struct sheet *sheet, struct sheet_column *column,
                           const char *text, size_t len) {
    size_t start = sheet->cells.len;
    utf8_escape(&sheet->cells, text, len, sheet->utf8);
    size_t end = sheet->cells.len;
    strbuf_add_char(&sheet->cells, '\0');
    if (sheet->cells.failed)
        return;
    size_t width = terminal_width(sheet->cells.data + start, end - start);
    if (width > column->width)
        column->width = width;
}

/* Quotes the field if necessary. */
static void add_csv_text(struct strbuf *out, const char *text, size_t len) {
    if (!memchr(text, ',', len) && !memchr(text, '"', len) &&
        !memchr(text, '\n', len) && !memchr(text, '\r', len)) {
        strbuf_add(out, text, len);
        return;
    }
    strbuf_add_char(out, '"');
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"')
            strbuf_add_char(out, '"');
        strbuf_add_char(out, text[i]);
    }
    strbuf_add_char(out, '"');
}

static void add_csv_cell(struct sheet *sheet, const char *text, size_t len) {
    struct strbuf escaped = {0};
    if (sheet->next > 1)
        strbuf_add_char(sheet->out, ',');
    if (!sheet->terminal) {
        add_csv_text(sheet->out, text, len);
        return;
    }
    utf8_escape(&escaped, text, len, sheet->utf8);
    if (escaped.len > 0)
        add_csv_text(sheet->out, escaped.data, escaped.len);
    sheet->out->failed |= escaped.failed;
    strbuf_free(&escaped);
}

static void add_cell(struct sheet *sheet, const char *text, size_t len,
                     bool number) {
    if (sheet->out->failed)
        return; /* columns are missing after a failed allocation */
    struct sheet_column *column = &sheet->columns[sheet->next++];
    switch (sheet->format) {
    case SHEET_TABLE:
        if (column->shown) {
            add_table_cell(sheet, column, text, len);
            column->left |= !number && len > 0;
        }
        break;
    case SHEET_JSON:
        if (column->key && number)
            json_writer_raw(&sheet->json, column->key, text, len);
        else if (column->key)
            json_writer_text(&sheet->json, column->key, text, len);
        break;
    case SHEET_CSV:
        add_csv_cell(sheet, text, len);
        break;
    }
}

void sheet_column(struct sheet *sheet, const char *key, const char *head) {
    struct sheet_column *columns = realloc(
        sheet->columns, (sheet->column_count + 1) * sizeof(*sheet->columns));
    if (!columns) {
        sheet->out->failed = true;
        return;
    }
    sheet->columns = columns;
    columns[sheet->column_count] = (struct sheet_column){.key = key};
    struct sheet_column *column = &columns[sheet->column_count++];
    column->shown = sheet->format == SHEET_TABLE && head;
    if (column->shown)
        add_table_cell(sheet, column, head, strlen(head));
    sheet->next = sheet->column_count;
    if (sheet->format == SHEET_CSV)
        add_csv_cell(sheet, key, strlen(key));
}

void sheet_row(struct sheet *sheet) {
    if (sheet->format == SHEET_JSON && sheet->rows > 0)
        json_writer_close(&sheet->json, '}');
    if (sheet->format == SHEET_JSON)
        json_writer_open(&sheet->json, NULL, '{');
    if (sheet->format == SHEET_CSV)
        strbuf_add_char(sheet->out, '\n');
    sheet->rows++;
    sheet->next = 0;
}

/* --- values --------------------------------------------------------------- */

void sheet_text(struct sheet *sheet, const char *text, size_t len) {
    add_cell(sheet, text, len, false);
}

void sheet_string(struct sheet *sheet, const char *text) {
    sheet_text(sheet, text, strlen(text));
}

void sheet_null(struct sheet *sheet) {
    add_cell(sheet, "null", sheet->format == SHEET_JSON ? 4 : 0, true);
}

void sheet_number(struct sheet *sheet, double value) {
    char text[NUMBER_SIZE];
    size_t len = number_format(value, text);
    add_cell(sheet, text, len, sheet->format != SHEET_JSON || isfinite(value));
}

void sheet_known(struct sheet *sheet, double value) {
    if (isnan(value))
        sheet_null(sheet);
    else
        sheet_number(sheet, value);
}

void sheet_rounded(struct sheet *sheet, double value) {
    char text[NUMBER_SIZE];
    double size = fabs(value);
    if (sheet->format != SHEET_TABLE || !(size < 1e15)) {
        sheet_known(sheet, value);
        return;
    }
    int len =
        snprintf(text, sizeof(text), size >= 1000 ? "%.0f" : "%.4g", value);
    add_cell(sheet, text, (size_t)len, true);
}

void sheet_count(struct sheet *sheet, uint64_t count) {
    char text[NATURAL_SIZE];
    if (sheet->format == SHEET_JSON)
        add_cell(sheet, text, natural_format(count, text), true);
    else
        sheet_number(sheet, (double)count);
}

struct json_writer *sheet_json(struct sheet *sheet, const char **key) {
    if (sheet->out->failed)
        return NULL;
    *key = sheet->columns[sheet->next++].key;
    return sheet->format == SHEET_JSON ? &sheet->json : NULL;
}

/* --- the end -------------------------------------------------------------- */

static void write_cell(const struct sheet_column *column, const char *cell,
                       bool last, struct strbuf *out) {
    size_t len = strlen(cell);
    int gap = (int)(column->width - terminal_width(cell, len));
    if (!column->left)
        strbuf_printf(out, "%*s", gap, "");
    strbuf_add(out, cell, len);
    if (column->left && !last)
        strbuf_printf(out, "%*s", gap, "");
    strbuf_add_string(out, last ? "\n" : "  ");
}

/* Lines have no trailing spaces. */
static const char *write_row(const struct sheet *sheet, const char *cell,
                             const char *indent) {
    size_t used = 0;
    const char *next = cell;
    for (size_t i = 0; i < sheet->column_count; i++) {
        if (!sheet->columns[i].shown)
            continue;
        if (*next || used == 0)
            used = i + 1;
        next += strlen(next) + 1;
    }
    strbuf_add_string(sheet->out, indent);
    for (size_t i = 0; i < used; i++) {
        if (!sheet->columns[i].shown)
            continue;
        write_cell(&sheet->columns[i], cell, i + 1 == used, sheet->out);
        cell += strlen(cell) + 1;
    }
    return next;
}

static void write_table(const struct sheet *sheet, const char *indent) {
    const char *cell = sheet->cells.data;
    for (size_t i = 0; i <= sheet->rows; i++)
        cell = write_row(sheet, cell, indent);
}

void sheet_end(struct sheet *sheet, const char *indent, const char *empty) {
    sheet->out->failed |= sheet->cells.failed;
    switch (sheet->format) {
    case SHEET_TABLE:
        if (sheet->rows == 0 && empty)
            strbuf_add_string(sheet->out, empty);
        else if (!sheet->out->failed)
            write_table(sheet, indent);
        break;
    case SHEET_JSON:
        if (sheet->rows > 0)
            json_writer_close(&sheet->json, '}');
        json_writer_close(&sheet->json, ']');
        break;
    case SHEET_CSV:
        strbuf_add_char(sheet->out, '\n');
        break;
    }
    strbuf_free(&sheet->cells);
    free(sheet->columns);
}

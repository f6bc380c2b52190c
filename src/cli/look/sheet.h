/* sheet: rows of cells, as a table, JSON or CSV. */
#ifndef TALLYMAN_CLI_LOOK_SHEET_H
#define TALLYMAN_CLI_LOOK_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json_writer.h"
#include "base/strbuf.h"

enum sheet_format {
    SHEET_TABLE, /* aligned, with a heading line; text is escaped */
    SHEET_JSON,  /* an array of objects, one per line, in ASCII */
    SHEET_CSV    /* RFC 4180 with line feeds and a header line */
};

struct sheet_column {
    const char *key;
    bool shown;   /* in tables */
    bool left;    /* left-aligned, since a cell is not a number */
    size_t width; /* of the widest cell, in terminal columns */
};

struct sheet {
    enum sheet_format format;
    bool utf8;           /* of a table, see utf8_escape */
    bool terminal;       /* escape CSV, too: a person reads it */
    struct strbuf *out;  /* JSON and CSV so far; out->failed is set when memory
                            runs out */
    struct strbuf cells; /* of a table, row by row, each with a NUL */
    struct json_writer json;
    struct sheet_column *columns;
    size_t column_count;
    size_t next; /* column of the next cell */
    size_t rows;
};

/* Begins a sheet without columns, which appends to out. The caller ends it with
 * sheet_end. */
void sheet_begin(struct sheet *sheet, enum sheet_format format, bool utf8,
                 struct strbuf *out);

/* Adds a column, before the first row. key names it in JSON and CSV and must
 * live until sheet_end; head is its heading in tables and may be untrusted
 * text. NULL leaves the column out of these formats. */
void sheet_column(struct sheet *sheet, const char *key, const char *head);

/* Begins a row; the caller adds its cells from left to right. */
void sheet_row(struct sheet *sheet);

/* A column with a text that is not empty is left-aligned, others are
 * right-aligned. */
void sheet_text(struct sheet *sheet, const char *text, size_t len);
void sheet_string(struct sheet *sheet, const char *text);

/* null in JSON, an empty cell in other formats. */
void sheet_null(struct sheet *sheet);

/* The shortest text that reads back equal. Non-finite numbers are strings in
 * JSON. */
void sheet_number(struct sheet *sheet, double value);

/* As sheet_number, but NaN as sheet_null. */
void sheet_known(struct sheet *sheet, double value);

/* As sheet_known, but tables round to four significant digits, without rounding
 * the integer part. */
void sheet_rounded(struct sheet *sheet, double value);

/* An integer, in JSON without exponent. */
void sheet_count(struct sheet *sheet, uint64_t count);

/* For JSON, returns the writer that takes the next cell, as the value of *key;
 * NULL for other formats. */
struct json_writer *sheet_json(struct sheet *sheet, const char **key);

/* Appends the table, with indent before each line, or the end of another
 * format, and frees the sheet. Instead of a table without rows it appends
 * `empty`, unless that is NULL. */
void sheet_end(struct sheet *sheet, const char *indent, const char *empty);

#endif

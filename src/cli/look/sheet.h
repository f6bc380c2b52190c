/* sheet: rows of cells, as a table, JSON or CSV. */
#ifndef TALLYMAN_CLI_LOOK_SHEET_H
#define TALLYMAN_CLI_LOOK_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json_writer.h"
#include "base/strbuf.h"

enum sheet_format {
    SHEET_TABLE, /* aligned, below heads; text is made visible */
    SHEET_JSON,  /* an array of objects, an object a line, in ASCII */
    SHEET_CSV    /* RFC 4180 with line feeds, and a first line of heads */
};

struct sheet_column {
    const char *key;
    bool shown;   /* in a table */
    bool left;    /* has a cell that is no number: aligned to the left */
    size_t width; /* of the widest cell, in columns of the terminal */
};

struct sheet {
    enum sheet_format format;
    bool utf8;           /* of a table, see utf8_escape */
    bool terminal;       /* CSV is made visible, which no program should read */
    struct strbuf *out;  /* JSON and CSV so far. When memory runs out, failed
                            tells it */
    struct strbuf cells; /* of a table, row by row, each ends in NUL */
    struct json_writer json;
    struct sheet_column *columns;
    size_t column_count;
    size_t next; /* column of the next cell */
    size_t rows;
};

/* Begins a sheet without columns that is appended to out. The caller gives it
 * to sheet_end. */
void sheet_begin(struct sheet *sheet, enum sheet_format format, bool utf8,
                 struct strbuf *out);

/* Adds a column; all come before the first row. key is that of JSON and CSV and
 * valid until sheet_end, head that of a table and may be text of others; where
 * it is NULL the column is left out. */
void sheet_column(struct sheet *sheet, const char *key, const char *head);

/* Begins a row, whose cells follow from left to right. */
void sheet_row(struct sheet *sheet);

/* A column in which every cell but empty ones is a number is aligned to the
 * right. */
void sheet_text(struct sheet *sheet, const char *text, size_t len);
void sheet_string(struct sheet *sheet, const char *text);

/* null in JSON, else nothing. */
void sheet_null(struct sheet *sheet);

/* The shortest text that reads back equal. What is not finite is a string in
 * JSON. */
void sheet_number(struct sheet *sheet, double value);

/* The same, but NaN is as sheet_null. */
void sheet_known(struct sheet *sheet, double value);

/* Likewise, and four digits are enough for a table, with all that stand before
 * the decimal point. */
void sheet_rounded(struct sheet *sheet, double value);

/* A number without exponent in JSON. */
void sheet_count(struct sheet *sheet, uint64_t count);

/* What takes the value of the next cell, with *key; NULL but in JSON. */
struct json_writer *sheet_json(struct sheet *sheet, const char **key);

/* Appends a table, each line behind indent, or what is missing of another
 * format, and frees the sheet. A table without rows is empty if that is not
 * NULL. */
void sheet_end(struct sheet *sheet, const char *indent, const char *empty);

#endif

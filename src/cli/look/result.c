#include "cli/look/result.h"

#include <math.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/number.h"
#include "base/utf8.h"
#include "cli/command/terminal.h"
#include "cli/look/table.h"

static int no_memory(struct err *err) {
    return err_set(err, ERR_MEMORY, "out of memory");
}

int result_print_table(struct db_statement *statement, bool utf8, FILE *out,
                       struct err *err) {
    struct table table = {.utf8 = utf8};
    int columns = db_columns(statement);
    int result;
    for (int i = 0; i < columns; i++)
        table_head(&table, db_column_name(statement, i));
    while ((result = db_step(statement, err)) == 1)
        for (int i = 0; i < columns; i++) {
            size_t len;
            if (db_is_number(statement, i)) {
                table_number(&table, db_real(statement, i));
                continue;
            }
            const char *text = db_text(statement, i, &len);
            table_text(&table, text ? text : "", len);
        }
    if (result == 0 && table.failed)
        result = no_memory(err);
    if (result == 0)
        table_print(&table, "", out);
    table_free(&table);
    return result;
}

/* The number of a column, which an infinite one is not in JSON. */
static bool finite_number(struct db_statement *statement, int column,
                          char text[NUMBER_SIZE]) {
    if (!db_is_number(statement, column))
        return false;
    double value = db_real(statement, column);
    (void)number_format(value, text);
    return isfinite(value);
}

static void add_json_value(struct json_writer *json,
                           struct db_statement *statement, int column) {
    const char *name = db_column_name(statement, column);
    char number[NUMBER_SIZE];
    size_t len;
    if (finite_number(statement, column, number)) {
        json_writer_raw(json, name, number, strlen(number));
    } else if (db_is_number(statement, column)) {
        json_writer_string(json, name, number);
    } else {
        const char *text = db_text(statement, column, &len);
        if (text)
            json_writer_text(json, name, text, len);
        else
            json_writer_string(json, name, NULL);
    }
}

/* Prints the line and empties it. */
static int flush(struct strbuf *line, FILE *out, struct err *err) {
    if (line->failed)
        return no_memory(err);
    (void)fwrite(line->data, 1, line->len, out);
    strbuf_reset(line);
    return 0;
}

int result_print_json(struct db_statement *statement, FILE *out,
                      struct err *err) {
    struct strbuf line = {0};
    struct json_writer json = {
        .out = &line, .layout = JSON_ROWS, .escape = JSON_ESCAPE_ALL};
    int columns = db_columns(statement);
    int result;
    json_writer_open(&json, NULL, '[');
    while ((result = db_step(statement, err)) == 1) {
        json_writer_open(&json, NULL, '{');
        for (int i = 0; i < columns; i++)
            add_json_value(&json, statement, i);
        json_writer_close(&json, '}');
        if (flush(&line, out, err) != 0) {
            result = -1;
            break;
        }
    }
    json_writer_close(&json, ']');
    if (result == 0)
        result = flush(&line, out, err);
    strbuf_free(&line);
    return result;
}

/* Quoted where it must be. */
static void add_csv_text(struct strbuf *line, const char *text, size_t len) {
    if (!memchr(text, ',', len) && !memchr(text, '"', len) &&
        !memchr(text, '\n', len) && !memchr(text, '\r', len)) {
        strbuf_add(line, text, len);
        return;
    }
    strbuf_add_char(line, '"');
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"')
            strbuf_add_char(line, '"');
        strbuf_add_char(line, text[i]);
    }
    strbuf_add_char(line, '"');
}

static void add_csv_value(struct strbuf *line, struct db_statement *statement,
                          int column, bool terminal) {
    struct strbuf shown = {0};
    char number[NUMBER_SIZE];
    size_t len;
    if (db_is_number(statement, column)) {
        (void)finite_number(statement, column, number);
        strbuf_add_string(line, number);
        return;
    }
    const char *text = db_text(statement, column, &len);
    if (!text)
        return;
    if (!terminal) {
        add_csv_text(line, text, len);
        return;
    }
    utf8_escape(&shown, text, len, terminal_utf8());
    if (shown.data)
        add_csv_text(line, shown.data, shown.len);
    line->failed |= shown.failed;
    strbuf_free(&shown);
}

int result_print_csv(struct db_statement *statement, bool terminal, FILE *out,
                     struct err *err) {
    struct strbuf line = {0};
    int columns = db_columns(statement);
    int result;
    for (int i = 0; i < columns; i++) {
        const char *name = db_column_name(statement, i);
        if (i > 0)
            strbuf_add_char(&line, ',');
        add_csv_text(&line, name, strlen(name));
    }
    strbuf_add_char(&line, '\n');
    while ((result = db_step(statement, err)) == 1) {
        for (int i = 0; i < columns; i++) {
            if (i > 0)
                strbuf_add_char(&line, ',');
            add_csv_value(&line, statement, i, terminal);
        }
        strbuf_add_char(&line, '\n');
        if (flush(&line, out, err) != 0) {
            result = -1;
            break;
        }
    }
    if (result == 0 && line.len > 0)
        result = flush(&line, out, err);
    strbuf_free(&line);
    return result;
}

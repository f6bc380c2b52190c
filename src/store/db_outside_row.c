#include "store/db_outside_row.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "metrics/label.h"
#include "metrics/metric.h"

/* The longest part of a text in a message. */
enum { SHOWN = 60 };

static const char *column_name(const struct outside_reading *reading,
                               int column) {
    const char *name = sqlite3_column_name(reading->statement, column);
    return name ? name : "";
}

/* --- columns -------------------------------------------------------------- */

/* The names of the columns without a label, or of all, for a message. */
static void show_columns(const struct outside_reading *reading, bool all,
                         char out[SHOWN * 3]) {
    struct strbuf list = {0};
    const struct sql_query *query = reading->query;
    int count = sqlite3_column_count(reading->statement);
    for (int i = 0; i < count; i++) {
        bool is_label = false;
        for (size_t k = 0; !all && k < query->label_count; k++)
            is_label = is_label || reading->columns[k] == i;
        if (!is_label)
            strbuf_printf(&list, "%s%s", list.len > 0 ? ", " : "",
                          column_name(reading, i));
    }
    utf8_show(strbuf_text(&list), list.failed ? 0 : list.len, out,
              (size_t)SHOWN * 3);
    strbuf_free(&list);
}

static int find_column(const struct outside_reading *reading,
                       const char *name) {
    int count = sqlite3_column_count(reading->statement);
    for (int i = 0; i < count; i++)
        if (strcmp(column_name(reading, i), name) == 0)
            return i;
    return -1;
}

int outside_columns_find(struct outside_reading *reading, struct err *err) {
    char shown[SHOWN * 3];
    const struct sql_query *query = reading->query;
    const int count = sqlite3_column_count(reading->statement);
    int sum = 0; /* of all column numbers; minus the labels', the value's */
    for (size_t i = 0; i < query->label_count; i++) {
        reading->columns[i] = find_column(reading, query->labels[i]);
        if (reading->columns[i] >= 0)
            continue;
        show_columns(reading, true, shown);
        return err_set(err, ERR_VALUE,
                       "the result has no column %.100s, which `labels` names, "
                       "but %s; must have it, for example by AS %.100s",
                       query->labels[i], shown, query->labels[i]);
    }
    if ((size_t)count != query->label_count + 1) {
        show_columns(reading, false, shown);
        return err_set(
            err, ERR_VALUE,
            (size_t)count == query->label_count
                ? "the result has no column besides its labels%s; must have "
                  "one, the value"
                : "the result has the columns %s besides its labels; must have "
                  "one, the value, and `labels` name the others",
            (size_t)count == query->label_count ? "" : shown);
    }
    for (int i = 0; i < count; i++)
        sum += i;
    for (size_t i = 0; i < query->label_count; i++)
        sum -= reading->columns[i];
    reading->value = sum;
    return 0;
}

/* --- rows ----------------------------------------------------------------- */

static int wrong(const struct outside_reading *reading, int column,
                 const char *is, const char *must, struct err *err) {
    return err_set(
        err, ERR_VALUE, "row %zu: the column %.100s is %s, must be %s",
        reading->rows->count + 1, column_name(reading, column), is, must);
}

/* The text of a column, NUL-terminated; NULL when memory ran out. */
static const char *column_text(const struct outside_reading *reading,
                               int column, size_t *len) {
    const char *text =
        (const char *)sqlite3_column_text(reading->statement, column);
    *len = text ? (size_t)sqlite3_column_bytes(reading->statement, column) : 0;
    return text;
}

static int read_text_value(const struct outside_reading *reading, double *out,
                           struct err *err) {
    char shown[SHOWN];
    char is[SHOWN + 2];
    size_t len;
    const char *text = column_text(reading, reading->value, &len);
    if (!text)
        return err_no_memory(err);
    if (number_read(text, len, false, out) == NUMBER_FINE)
        return 0;
    utf8_show(text, len, shown, sizeof(shown));
    (void)snprintf(is, sizeof(is), "\"%s\"", shown);
    return wrong(reading, reading->value, is, "a number", err);
}

static int read_value(const struct outside_reading *reading, double *out,
                      struct err *err) {
    char number[NUMBER_SIZE];
    const int type = sqlite3_column_type(reading->statement, reading->value);
    if (type == SQLITE_BLOB)
        return wrong(reading, reading->value, "a blob", "a number", err);
    *out = sqlite3_column_double(reading->statement, reading->value);
    if (type == SQLITE_TEXT && read_text_value(reading, out, err) != 0)
        return -1;
    (void)number_format(*out, number);
    if (!(fabs(*out) <= METRIC_VALUE_MAX))
        return wrong(reading, reading->value, number,
                     "a finite number between -1e100 and 1e100", err);
    if (metric_shape(reading->query->family->type) == SHAPE_TOTAL && *out < 0)
        return wrong(reading, reading->value, number,
                     "at least 0, because the query is a counter", err);
    *out += 0.0; /* no -0 */
    return 0;
}

static int read_label(const struct outside_reading *reading, size_t index,
                      struct label *out, struct err *err) {
    char is[SHOWN];
    char must[SHOWN * 2];
    const int column = reading->columns[index];
    const int type = sqlite3_column_type(reading->statement, column);
    *out = (struct label){reading->query->labels[index], "", 0};
    if (type == SQLITE_NULL)
        return 0;
    if (type == SQLITE_BLOB)
        return wrong(reading, column, "a blob", "a text", err);
    out->value = column_text(reading, column, &out->value_len);
    if (!out->value)
        return err_no_memory(err);
    if (!utf8_valid(out->value, out->value_len) ||
        memchr(out->value, '\0', out->value_len))
        return wrong(reading, column, "not UTF-8 text, or has a NUL",
                     "plain text", err);
    if (out->value_len <= (size_t)reading->label_max)
        return 0;
    (void)snprintf(is, sizeof(is), "%zu bytes long", out->value_len);
    (void)snprintf(must, sizeof(must),
                   "at most limits.label_value_bytes, %lld, long",
                   reading->label_max);
    return wrong(reading, column, is, must, err);
}

static int read_labels(struct outside_reading *reading, struct strbuf *json,
                       struct err *err) {
    const size_t count = reading->query->label_count;
    struct label labels[FAMILY_LABELS_MAX];
    for (size_t i = 0; i < count; i++)
        if (read_label(reading, i, &labels[i], err) != 0)
            return -1;
    label_set_write_json(labels, count, json);
    if (json->failed)
        return err_no_memory(err);
    size_t before = reading->seen.count;
    if (value_set_add(&reading->seen, json->data, json->len) == VALUE_NONE)
        return err_no_memory(err);
    if (reading->seen.count > before)
        return 0;
    if (count == 0)
        return err_set(err, ERR_VALUE,
                       "the result has a second row; must be one, since the "
                       "query has no labels");
    struct strbuf shown = {0};
    label_set_show(labels, count, &shown);
    (void)err_set(err, ERR_VALUE,
                  "row %zu: the labels %.150s repeat an earlier row; must be "
                  "unique, for example by GROUP BY",
                  reading->rows->count + 1, strbuf_text(&shown));
    strbuf_free(&shown);
    return -1;
}

static int add(struct sql_rows *rows, const struct strbuf *json, double value,
               struct err *err) {
    if (!rows->rows)
        rows->rows =
            arena_take(&rows->arena, SQL_QUERY_ROWS_MAX * sizeof(*rows->rows));
    const char *labels = arena_copy(&rows->arena, json->data, json->len);
    if (!rows->rows || !labels)
        return err_no_memory(err);
    rows->rows[rows->count++] = (struct sql_row){labels, json->len, value};
    return 0;
}

int outside_row_add(struct outside_reading *reading, struct err *err) {
    struct strbuf json = {0};
    double value = 0;
    if (sqlite3_column_type(reading->statement, reading->value) == SQLITE_NULL)
        return 0;
    if (reading->rows->count == SQL_QUERY_ROWS_MAX)
        return err_set(err, ERR_LIMIT,
                       "the result has more than %d rows; must have fewer, "
                       "for example by GROUP BY or LIMIT",
                       SQL_QUERY_ROWS_MAX);
    int result = read_value(reading, &value, err) == 0 &&
                         read_labels(reading, &json, err) == 0
                     ? add(reading->rows, &json, value, err)
                     : -1;
    strbuf_free(&json);
    return result;
}

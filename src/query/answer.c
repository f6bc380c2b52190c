#include "query/answer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "query/evaluate.h"
#include "query/labels.h"

/* --- numbers -------------------------------------------------------------- */

/* Room for the digits of any number without an exponent, from 1e-6 to 1e21. */
enum { PLAIN_SIZE = 64 };

/* Writes a number without an exponent, as Prometheus does from 1e-6 to 1e21.
 * text is the output of number_format. Returns the length of out. */
static size_t write_plain(const char *text, char out[PLAIN_SIZE]) {
    const char *mark = strchr(text, 'e');
    const int exponent = mark ? (int)strtol(mark + 1, NULL, 10) : 0;
    char *at = out;
    if (!mark || exponent < -6 || exponent > 20)
        return (size_t)(stpcpy(out, text) - out);
    int before = 1 + exponent; /* digits before the point */
    if (*text == '-')
        *at++ = *text++;
    if (before <= 0)
        at = stpcpy(at, "0.");
    for (int i = before; i < 0; i++)
        *at++ = '0';
    int digits = 0;
    for (; text < mark; text++) {
        if (*text == '.')
            continue;
        if (digits == before && before > 0)
            *at++ = '.';
        *at++ = *text;
        digits++;
    }
    for (; digits < before; digits++)
        *at++ = '0';
    return (size_t)(at - out);
}

static void write_value(struct json_writer *json, double value) {
    char number[NUMBER_SIZE];
    char plain[PLAIN_SIZE];
    (void)number_format(value, number);
    json_writer_text(json, NULL, plain, write_plain(number, plain));
}

/* Writes seconds, with three decimals if there is a fraction. */
static void write_time(struct json_writer *json, int64_t ms) {
    char text[NATURAL_SIZE + 5];
    size_t len = natural_format((uint64_t)(ms / 1000), text);
    if (ms % 1000 != 0) {
        char fraction[8];
        (void)snprintf(fraction, sizeof(fraction), ".%03d", (int)(ms % 1000));
        memcpy(text + len, fraction, 4);
        len += 4;
    }
    json_writer_raw(json, NULL, text, len);
}

static void write_sample(struct json_writer *json, const char *key, int64_t ms,
                         double value) {
    json_writer_open(json, key, '[');
    write_time(json, ms);
    write_value(json, value);
    json_writer_close(json, ']');
}

/* --- results -------------------------------------------------------------- */

void answer_open(struct json_writer *json, char bracket) {
    json_writer_open(json, NULL, '{');
    json_writer_string(json, "status", "success");
    json_writer_open(json, "data", bracket);
}

static void open_result(struct json_writer *json, const char *type) {
    answer_open(json, '{');
    json_writer_string(json, "resultType", type);
}

static int write_vector(struct json_writer *json, const struct query *query,
                        const struct vector *vector, struct strbuf *scratch,
                        struct err *err) {
    open_result(json, "vector");
    json_writer_open(json, "result", '[');
    for (size_t i = 0; i < vector->count; i++) {
        const struct vector_row *row = &vector->rows[i];
        if ((i & 15) == 0 && query_check(query->source, err) != 0)
            return -1;
        if (query_is_absent(row->values[0]))
            continue;
        json_writer_open(json, NULL, '{');
        labels_write(json, "metric", row->labels, row->len, scratch);
        write_sample(json, "value", query->grid.start_ms, row->values[0]);
        json_writer_close(json, '}');
    }
    json_writer_close(json, ']');
    return 0;
}

static void write_row(struct json_writer *json, const struct query *query,
                      const struct vector_row *row, double number,
                      struct strbuf *scratch) {
    size_t from = 0;
    while (row->values && from < query->grid.count &&
           query_is_absent(row->values[from]))
        from++;
    if (from == query->grid.count)
        return;
    json_writer_open(json, NULL, '{');
    labels_write(json, "metric", row->labels, row->len, scratch);
    json_writer_open(json, "values", '[');
    for (size_t i = from; i < query->grid.count; i++) {
        const double value = row->values ? row->values[i] : number;
        if (!row->values || !query_is_absent(value))
            write_sample(
                json, NULL,
                query->grid.start_ms + (int64_t)i * query->grid.step_ms, value);
    }
    json_writer_close(json, ']');
    json_writer_close(json, '}');
}

static int write_matrix(struct json_writer *json, const struct query *query,
                        const struct value *value, struct strbuf *scratch,
                        struct err *err) {
    const struct vector_row number = {.labels = ""};
    open_result(json, "matrix");
    json_writer_open(json, "result", '[');
    if (!value->is_vector)
        write_row(json, query, &number, value->number, scratch);
    for (size_t i = 0; i < value->vector.count; i++) {
        if (query_check(query->source, err) != 0)
            return -1;
        write_row(json, query, &value->vector.rows[i], 0, scratch);
    }
    json_writer_close(json, ']');
    return 0;
}

static void write_warnings(struct json_writer *json,
                           const struct query_warnings *warnings) {
    if (!warnings->widened && warnings->rounded == HISTORY_STEP &&
        !warnings->begins && !warnings->parts_only)
        return;
    json_writer_open(json, "warnings", '[');
    if (warnings->widened)
        json_writer_string(
            json, NULL,
            "a range is shorter than the periods of the history at that time "
            "(at least 5m): it was widened to one period");
    if (warnings->rounded != HISTORY_STEP)
        json_writer_string(
            json, NULL,
            warnings->rounded == HISTORY_DAY
                ? "the history has only whole days for part of the time: "
                  "points there are moved to the end of their day"
                : "the history has only whole hours for part of the time: "
                  "points there are moved to the end of their hour");
    if (warnings->begins)
        json_writer_string(json, NULL,
                           "a range begins before the history: growth before "
                           "the history is unknown and not counted");
    if (warnings->parts_only)
        json_writer_string(json, NULL,
                           "the metric is a histogram or a summary: query its "
                           "_bucket, _sum or _count");
    json_writer_close(json, ']');
}

static int write_answer(const struct query *query, struct value *value,
                        bool range, struct strbuf *out, struct err *err) {
    struct json_writer json = {.out = out, .layout = JSON_COMPACT};
    struct strbuf scratch = {0};
    int result = 0;
    vector_sort(&value->vector);
    if (range) {
        result = write_matrix(&json, query, value, &scratch, err);
    } else if (value->is_vector) {
        result = write_vector(&json, query, &value->vector, &scratch, err);
    } else {
        open_result(&json, "scalar");
        write_sample(&json, "result", query->grid.start_ms, value->number);
    }
    json_writer_close(&json, '}');
    write_warnings(&json, &query->warnings);
    json_writer_close(&json, '}');
    strbuf_free(&scratch);
    return result == 0 && out->failed ? err_no_memory(err) : result;
}

/* --- all of it ------------------------------------------------------------ */

/* The output of an answer. */
struct writing {
    bool range;
    struct strbuf *out;
};

static int write_result(void *context, const struct query *query,
                        struct value *value, struct err *err) {
    const struct writing *writing = context;
    return write_answer(query, value, writing->range, writing->out, err);
}

static int answer(const struct query_source *source, const char *text,
                  size_t len, const struct grid *grid, bool range,
                  struct strbuf *out, struct err *err) {
    struct writing writing = {range, out};
    return evaluate_text(source, text, len, grid, write_result, &writing, err);
}

int answer_instant(const struct query_source *source, const char *text,
                   size_t len, int64_t at_ms, struct strbuf *out,
                   struct err *err) {
    const struct grid grid = {.start_ms = at_ms, .step_ms = 1, .count = 1};
    return answer(source, text, len, &grid, false, out, err);
}

int answer_range(const struct query_source *source, const char *text,
                 size_t len, int64_t start_ms, int64_t end_ms, int64_t step_ms,
                 struct strbuf *out, struct err *err) {
    struct grid grid = {.start_ms = start_ms, .step_ms = step_ms};
    if (end_ms < start_ms)
        return err_set(err, ERR_SYNTAX,
                       "invalid parameter \"end\": it must not be before "
                       "`start`");
    if ((end_ms - start_ms) / step_ms >= QUERY_POINTS_MAX)
        return err_set(err, ERR_SYNTAX,
                       "invalid parameter \"step\": the range has more than %d "
                       "points, use a longer step",
                       QUERY_POINTS_MAX);
    grid.count = (size_t)((end_ms - start_ms) / step_ms) + 1;
    return answer(source, text, len, &grid, true, out, err);
}

void answer_error(const char *type, const char *message, size_t len,
                  struct strbuf *out) {
    struct json_writer json = {.out = out, .layout = JSON_COMPACT};
    json_writer_open(&json, NULL, '{');
    json_writer_string(&json, "status", "error");
    json_writer_string(&json, "errorType", type);
    json_writer_text(&json, "error", message, len);
    json_writer_close(&json, '}');
}

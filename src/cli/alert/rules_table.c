#include "cli/alert/rules_table.h"

#include <math.h>
#include <string.h>

#include "cli/look/calendar.h"
#include "cli/look/sheet.h"
#include "store/alert_reader.h"

/* The label set of an alert, and when its condition became true. The database
 * knows that time; the history shows at most `for` of it. */
struct since {
    const struct alert_found *found;
    int64_t time;
};

/* An alert_visit; context is a struct since. */
static int take_since(void *context, const struct alert_row *row) {
    struct since *since = context;
    const char *labels = since->found->labels;
    if (row->labels_len != strlen(labels) ||
        memcmp(row->labels, labels, row->labels_len) != 0)
        return 0;
    if ((int64_t)row->since < since->time)
        since->time = (int64_t)row->since;
    return 1;
}

/* Columns without a head are only in JSON. */
static void add_columns(struct sheet *sheet) {
    static const struct {
        const char *key;
        const char *head;
    } columns[] = {
        {"rule", "rule"},         {"severity", NULL},
        {"state", "state"},       {"labels", "labels"},
        {"measured", NULL},       {"value", "value"},
        {"unit", "unit"},         {"condition", "condition"},
        {"since", "since (UTC)"}, {"error", NULL},
    };
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
        sheet_column(sheet, columns[i].key, columns[i].head);
}

static const char *state(const struct alert_result *result,
                         const struct alert_found *found) {
    if (found)
        return found->firing ? "firing" : "pending";
    switch (result->outcome) {
    case ALERT_JUDGED:
        return "ok";
    case ALERT_EARLY:
        return "too early";
    case ALERT_FAILED:
        break;
    }
    return "failed";
}

static void add_labels(struct sheet *sheet, const char *labels) {
    const char *key;
    if (sheet->format != SHEET_JSON) {
        sheet_string(sheet, strcmp(labels, "{}") == 0 ? "" : labels);
        return;
    }
    struct json_writer *json = sheet_json(sheet, &key);
    if (json)
        json_writer_raw(json, key, labels, strlen(labels));
}

/* The text being written, and its sources. */
struct table {
    struct sheet sheet;
    struct reader *reader; /* after reader_begin */
    struct err *err;
};

static int add_since(struct table *table, const char *rule,
                     const struct alert_found *found) {
    struct since since = {.found = found};
    char text[CALENDAR_SIZE];
    if (!found) {
        sheet_null(&table->sheet);
        return 0;
    }
    since.time = found->since;
    if (alert_reader_alerts(table->reader, rule, take_since, &since,
                            table->err) < 0)
        return -1;
    calendar_format(CALENDAR_STEP, since.time, text);
    sheet_string(&table->sheet, text);
    return 0;
}

/* found: NULL without an alert. */
static int add_row(struct table *table, const struct alert_result *result,
                   const struct alert_found *found) {
    const struct alert_rule *rule = result->rule;
    struct sheet *sheet = &table->sheet;
    double value = rule->grouped ? NAN : result->value;
    sheet_row(sheet);
    sheet_string(sheet, rule->name);
    sheet_string(sheet, rule->severity);
    sheet_string(sheet, state(result, found));
    add_labels(sheet, found ? found->labels : "{}");
    sheet_string(sheet, rule->measured);
    sheet_rounded(sheet, found ? found->value : value);
    sheet_string(sheet, rule->unit);
    sheet_string(sheet, rule->condition);
    if (add_since(table, rule->name, found) != 0)
        return -1;
    if (result->error)
        sheet_string(sheet, result->error);
    else
        sheet_null(sheet);
    return 0;
}

static int add_rule(struct table *table, const struct alert_result *result) {
    for (size_t i = 0; i < result->count; i++)
        if (add_row(table, result, &result->found[i]) != 0)
            return -1;
    return result->count > 0 ? 0 : add_row(table, result, NULL);
}

static void add_errors(const struct alert_results *results,
                       struct strbuf *out) {
    for (size_t i = 0; i < results->count; i++)
        if (results->results[i].error)
            strbuf_printf(out, "%s: %s\n", results->results[i].rule->name,
                          results->results[i].error);
}

int rules_table_write(const struct alert_results *results,
                      struct reader *reader, bool json, bool utf8,
                      struct strbuf *out, struct err *err) {
    struct table table = {.reader = reader, .err = err};
    int result = 0;
    sheet_begin(&table.sheet, json ? SHEET_JSON : SHEET_TABLE, utf8, out);
    add_columns(&table.sheet);
    for (size_t i = 0; result == 0 && i < results->count; i++)
        result = add_rule(&table, &results->results[i]);
    sheet_end(&table.sheet, "", "there are no rules\n");
    if (!json)
        add_errors(results, out);
    return result == 0 && out->failed ? err_no_memory(err) : result;
}

#include "cli/alert/rules_table.h"

#include <math.h>
#include <string.h>

#include "cli/look/calendar.h"
#include "cli/look/sheet.h"
#include "store/alert_reader.h"

/* An alert_visit; context is the alert that was found. The database knows when
 * its condition became true, of which the history shows at most `for`, and
 * whether it fires until the condition is false. */
static int take_stored(void *context, const struct alert_row *row) {
    struct alert_found *found = context;
    if (row->labels_len != strlen(found->labels) ||
        memcmp(row->labels, found->labels, row->labels_len) != 0)
        return 0;
    found->firing |= row->firing;
    if ((int64_t)row->since < found->since)
        found->since = (int64_t)row->since;
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

static void add_since(struct sheet *sheet, const struct alert_found *found) {
    char text[CALENDAR_SIZE];
    if (!found) {
        sheet_null(sheet);
        return;
    }
    calendar_format(CALENDAR_STEP, found->since, text);
    sheet_string(sheet, text);
}

/* found: NULL without an alert. */
static void add_row(struct sheet *sheet, const struct alert_result *result,
                    const struct alert_found *found) {
    const struct alert_rule *rule = result->rule;
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
    add_since(sheet, found);
    if (result->error)
        sheet_string(sheet, result->error);
    else
        sheet_null(sheet);
}

static int add_rule(struct sheet *sheet, const struct alert_result *result,
                    struct reader *reader, struct err *err) {
    for (size_t i = 0; i < result->count; i++) {
        struct alert_found found = result->found[i];
        if (alert_reader_alerts(reader, result->rule->name, take_stored, &found,
                                err) < 0)
            return -1;
        add_row(sheet, result, &found);
    }
    if (result->count == 0)
        add_row(sheet, result, NULL);
    return 0;
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
    struct sheet sheet;
    int result = 0;
    sheet_begin(&sheet, json ? SHEET_JSON : SHEET_TABLE, utf8, out);
    add_columns(&sheet);
    for (size_t i = 0; result == 0 && i < results->count; i++)
        result = add_rule(&sheet, &results->results[i], reader, err);
    sheet_end(&sheet, "", "there are no rules\n");
    if (!json)
        add_errors(results, out);
    return result == 0 && out->failed ? err_no_memory(err) : result;
}

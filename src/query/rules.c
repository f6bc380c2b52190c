#include "query/rules.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/number.h"
#include "metrics/label.h"
#include "query/answer.h"
#include "query/labels.h"
#include "query/time.h"
#include "store/alert_reader.h"

struct answer {
    const struct query_source *source;
    const struct rules_request *request;
    const struct alert_rule_row *rule; /* the rule whose alerts are visited */
    bool in_group;
    /* Totals of the group's rules: */
    int64_t interval;
    double seconds;
    double evaluated_at;
    /* Totals of the rule's alerts: */
    bool pending;
    bool firing;
    struct json_writer json;
    struct label_memo memo;
    struct strbuf scratch;
    struct err *err;
};

/* --- values --------------------------------------------------------------- */

/* The number of digits without zeros at both ends. text is the output of
 * number_format. */
static int count_digits(const char *text) {
    int count = 0;
    int zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (*text == '0' && count == 0))
            continue;
        zeros = *text == '0' ? zeros + 1 : 0;
        count++;
    }
    return count - zeros;
}

/* Writes the value of an alert like Prometheus, such as 1.5e+00. */
static void write_value(struct json_writer *json, double value) {
    char text[NUMBER_SIZE];
    (void)number_format(value, text);
    const int digits = count_digits(text);
    if (isfinite(value))
        (void)snprintf(text, sizeof(text), "%.*e", digits > 0 ? digits - 1 : 0,
                       value);
    json_writer_string(json, "value", text);
}

/* A missing time is Go's zero time. */
static void write_time(struct json_writer *json, const char *key,
                       double seconds) {
    char text[TIME_SIZE] = "0001-01-01T00:00:00Z";
    if (seconds > 0)
        time_format((int64_t)(fmin(seconds, 1e12) * 1000), text);
    json_writer_string(json, key, text);
}

/* --- alerts --------------------------------------------------------------- */

/* Writes the labels of the series in memo, except those that the rule sets. */
static void write_labels(struct answer *answer) {
    struct json_writer *json = &answer->json;
    const struct strbuf *text = &answer->memo.text;
    const char *at = text->data;
    struct label_part part;
    json_writer_open(json, "labels", '{');
    json_writer_string(json, "alertname", answer->rule->name);
    while (text->len > 0 && labels_next(&at, text->data + text->len, &part))
        if (!label_part_is(&part, "alertname") &&
            !label_part_is(&part, "severity"))
            labels_write_part(json, &part, &answer->scratch);
    json_writer_string(json, "severity", answer->rule->severity);
    json_writer_close(json, '}');
}

static void write_annotations(struct answer *answer) {
    struct json_writer *json = &answer->json;
    json_writer_open(json, "annotations", '{');
    json_writer_string(json, "condition", answer->rule->condition);
    json_writer_string(json, "measured", answer->rule->measured);
    json_writer_string(json, "summary", answer->rule->text);
    if (*answer->rule->unit)
        json_writer_string(json, "unit", answer->rule->unit);
    json_writer_close(json, '}');
}

static int write_alert(void *context, const struct alert_row *alert) {
    struct answer *answer = context;
    struct json_writer *json = &answer->json;
    const int found = labels_read(&answer->memo, alert->labels,
                                  alert->labels_len, answer->err);
    if (found != 1)
        return found;
    if (alert->firing)
        answer->firing = true;
    else
        answer->pending = true;
    if (answer->request && answer->request->without_alerts)
        return 0;
    json_writer_open(json, NULL, '{');
    write_labels(answer);
    write_annotations(answer);
    json_writer_string(json, "state", alert->firing ? "firing" : "pending");
    write_time(json, "activeAt", alert->since);
    write_value(json, alert->value);
    json_writer_close(json, '}');
    return json->out->failed ? err_no_memory(answer->err) : 0;
}

static int write_alerts(struct answer *answer,
                        const struct alert_rule_row *rule) {
    answer->rule = rule;
    return alert_reader_alerts(answer->source->reader, rule->name, write_alert,
                               answer, answer->err);
}

/* --- rules ---------------------------------------------------------------- */

/* 1 or 0; also 0 if the list is malformed or empty. -1 if memory ran out. */
static int is_visible(const struct answer *answer,
                      const struct alert_rule_row *rule) {
    const struct string_list *families = answer->source->families;
    struct json_object *list;
    struct err why;
    if (!families)
        return 1;
    if (json_read(rule->families, strlen(rule->families), &list, &why) != 0)
        return why.code == ERR_MEMORY ? err_no_memory(answer->err) : 0;
    bool seen = json_kind(list) == JSON_ARRAY && json_length(list) > 0;
    for (size_t i = 0; seen && i < json_length(list); i++) {
        const struct json_object *name = json_at(list, i);
        size_t len;
        seen = json_kind(name) == JSON_STRING;
        if (seen) {
            const char *family = json_string(name, &len);
            seen = pattern_list_permits(families, family, len);
        }
    }
    json_free(list);
    return seen;
}

static bool is_requested(const struct rules_request *request,
                         const char *name) {
    for (size_t i = 0; i < request->name_count; i++)
        if (strcmp(request->names[i], name) == 0)
            return true;
    return request->name_count == 0;
}

static void open_data(struct json_writer *json, const char *list) {
    answer_open(json, '{');
    json_writer_open(json, list, '[');
}

/* Adds the rule to the totals of the group. */
static void add_up(struct answer *answer, const struct alert_rule_row *rule) {
    if (!answer->in_group) {
        json_writer_open(&answer->json, NULL, '{');
        json_writer_string(&answer->json, "name", "alerts");
        json_writer_open(&answer->json, "rules", '[');
        answer->interval = rule->every_seconds;
    }
    answer->in_group = true;
    if (rule->every_seconds < answer->interval)
        answer->interval = rule->every_seconds;
    answer->seconds += rule->seconds;
    answer->evaluated_at = fmax(answer->evaluated_at, rule->evaluated_at);
}

static void write_times(struct json_writer *json, double seconds,
                        double evaluated_at) {
    json_writer_number(json, "evaluationTime", seconds);
    write_time(json, "lastEvaluation", evaluated_at);
}

static int write_rule(void *context, const struct alert_rule_row *rule) {
    struct answer *answer = context;
    struct json_writer *json = &answer->json;
    const int visible = is_visible(answer, rule);
    if (visible != 1 || !is_requested(answer->request, rule->name))
        return visible < 0 ? -1 : 0;
    add_up(answer, rule);
    json_writer_open(json, NULL, '{');
    json_writer_string(json, "name", rule->name);
    strbuf_reset(&answer->scratch);
    strbuf_printf(&answer->scratch, "%s %s", rule->query, rule->condition);
    if (answer->scratch.failed)
        return err_no_memory(answer->err);
    json_writer_string(json, "query", answer->scratch.data);
    json_writer_number(json, "duration", (double)rule->for_seconds);
    json_writer_number(json, "keepFiringFor", 0);
    json_writer_open(json, "labels", '{');
    json_writer_string(json, "severity", rule->severity);
    json_writer_close(json, '}');
    answer->rule = rule;
    write_annotations(answer);
    answer->firing = answer->pending = false;
    json_writer_open(json, "alerts", '[');
    if (write_alerts(answer, rule) != 0)
        return -1;
    json_writer_close(json, ']');
    json_writer_string(json, "state",
                       answer->firing    ? "firing"
                       : answer->pending ? "pending"
                                         : "inactive");
    json_writer_string(json, "health",
                       rule->evaluated_at <= 0 || rule->early ? "unknown"
                       : rule->error                          ? "err"
                                                              : "ok");
    if (rule->error)
        json_writer_string(json, "lastError", rule->error);
    write_times(json, rule->seconds, rule->evaluated_at);
    json_writer_string(json, "type", "alerting");
    json_writer_close(json, '}');
    return 0;
}

/* Shows the file's name without its directory, which is private. */
static void close_group(struct answer *answer) {
    struct json_writer *json = &answer->json;
    const char *path = answer->source->config->alerts;
    const char *slash = path ? strrchr(path, '/') : NULL;
    if (!answer->in_group)
        return;
    json_writer_close(json, ']');
    json_writer_string(json, "file", slash ? slash + 1 : path ? path : "");
    json_writer_number(json, "interval", (double)answer->interval);
    json_writer_number(json, "limit", 0);
    write_times(json, answer->seconds, answer->evaluated_at);
    json_writer_close(json, '}');
}

static int end(struct answer *answer, int result) {
    struct json_writer *json = &answer->json;
    json_writer_close(json, ']');
    json_writer_close(json, '}');
    json_writer_close(json, '}');
    if (result == 0 && (json->out->failed || answer->scratch.failed))
        result = err_no_memory(answer->err);
    label_memo_free(&answer->memo);
    strbuf_free(&answer->scratch);
    return result;
}

int rules_answer(const struct query_source *source,
                 const struct rules_request *request, struct strbuf *out,
                 struct err *err) {
    struct answer answer = {.source = source,
                            .request = request,
                            .json = {.out = out,
                                     .layout = JSON_COMPACT,
                                     .escape = JSON_ESCAPE_HIDDEN},
                            .err = err};
    int result = 0;
    open_data(&answer.json, "groups");
    if (!request->none)
        result = alert_reader_rules(source->reader, write_rule, &answer, err);
    close_group(&answer);
    return end(&answer, result);
}

static int write_alerts_of(void *context, const struct alert_rule_row *rule) {
    struct answer *answer = context;
    const int visible = is_visible(answer, rule);
    return visible == 1 ? write_alerts(answer, rule) : visible;
}

int rules_alerts(const struct query_source *source, struct strbuf *out,
                 struct err *err) {
    struct answer answer = {.source = source,
                            .json = {.out = out,
                                     .layout = JSON_COMPACT,
                                     .escape = JSON_ESCAPE_HIDDEN},
                            .err = err};
    open_data(&answer.json, "alerts");
    return end(&answer, alert_reader_rules(source->reader, write_alerts_of,
                                           &answer, err));
}

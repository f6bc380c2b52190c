#include "alert/rules.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "alert/rule_families.h"
#include "alert/rule_never.h"
#include "alert/rule_text.h"
#include "alert/words.h"
#include "base/utf8.h"
#include "query/parser_base.h"
#include "query/time.h"

/* In the order of enum alert_measure. */
static const char *const measures[] = {"increase", "rate",  "ratio", "p75",
                                       "p95",      "value", "expr"};
enum { MEASURES = sizeof(measures) / sizeof(measures[0]) };

/* In the order of enum alert_comparison. */
static const char *const comparisons[] = {"above", "below", "rises_percent",
                                          "falls_percent"};
enum { COMPARISONS = sizeof(comparisons) / sizeof(comparisons[0]) };

enum { WEEK = 7 * 86400 };

/* A rule that is being read. */
struct reading {
    struct place *place;
    const struct config *config;
    const struct json_object *object;
    struct alerts *alerts;
    struct rule_parts parts;
};

/* --- alternative keys ----------------------------------------------------- */

/* The index of the only key of names that the rule has; -1 after a report. */
static int find_one(const struct reading *reading, const char *const *names,
                    int count, const char *what) {
    int found = -1;
    struct strbuf list = {0};
    for (int i = 0; i < count; i++) {
        strbuf_printf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
        if (!json_get(reading->object, names[i]))
            continue;
        if (found >= 0) {
            place_report(reading->place, names[i],
                         "conflicts with %s, must be the only %s", names[found],
                         what);
            strbuf_free(&list);
            return -1;
        }
        found = i;
    }
    if (found < 0)
        place_report(reading->place, "", "has no %s, must have one of %s", what,
                     strbuf_text(&list));
    strbuf_free(&list);
    return found;
}

static void forbid(const struct reading *reading, const char *key,
                   const char *beside) {
    place_forbid(reading->place, reading->object, key, beside);
}

/* --- texts and numbers ---------------------------------------------------- */

static void read_name(struct reading *reading) {
    size_t len;
    const char *name =
        place_get_text(reading->place, reading->object, "name",
                       "the name of the alert, such as \"SlowPages\"", &len);
    if (!name)
        return;
    if (!alert_word_valid(name, len, ALERT_NAME_MAX)) {
        place_report(reading->place, "name",
                     "is \"%s\", must be letters, digits, _ and -, and at "
                     "most %d bytes long",
                     alert_show(name, len).text, ALERT_NAME_MAX);
        return;
    }
    for (size_t i = 0; i < reading->alerts->rule_count; i++)
        if (reading->alerts->rules[i].name &&
            strcmp(reading->alerts->rules[i].name, name) == 0)
            place_report(
                reading->place, "name",
                "\"%s\" is also the name of alerts[%zu], must be unique", name,
                i);
    reading->parts.rule->name = arena_copy(&reading->alerts->arena, name, len);
}

static void read_severity(struct reading *reading) {
    size_t len;
    const char *text =
        place_get_text(reading->place, reading->object, "severity", NULL, &len);
    reading->parts.rule->severity = "warning";
    if (!text)
        return;
    alert_severity_check(reading->place, "severity", text, len);
    reading->parts.rule->severity =
        arena_copy(&reading->alerts->arena, text, len);
}

static bool is_plain(const char *text, size_t len) {
    uint32_t code;
    for (size_t at = 0; at < len;) {
        at += utf8_decode(text + at, len - at, &code);
        if (utf8_hidden(code))
            return false;
    }
    return true;
}

static void read_text(struct reading *reading) {
    size_t len;
    const char *text = place_get_text(reading->place, reading->object, "text",
                                      "a sentence for the notification", &len);
    if (!text)
        return;
    if (len == 0 || len > ALERT_TEXT_MAX)
        place_report(reading->place, "text",
                     "is %zu bytes long, must be 1 to %d", len, ALERT_TEXT_MAX);
    else if (!is_plain(text, len))
        place_report(reading->place, "text",
                     "has control characters, must be one line of text");
    reading->parts.rule->text = arena_copy(&reading->alerts->arena, text, len);
}

/* Reads a finite number; false if it is missing, or after a report. */
static bool read_number(const struct reading *reading, const char *key,
                        double *out) {
    const struct json_object *value = json_get(reading->object, key);
    const enum json_kind kind = json_kind(value);
    if (!value)
        return false;
    if (kind != JSON_INTEGER && kind != JSON_NUMBER) {
        place_report(reading->place, key, "is %s, must be a number",
                     json_kind_name(kind));
        return false;
    }
    *out = json_number(value);
    if (isfinite(*out))
        return true;
    place_report(reading->place, key, "is infinite, must be a finite number");
    return false;
}

/* Reads a duration of least..most seconds, a multiple of the history's period.
 * Returns 0 if it is missing, or after a report. */
static long long read_duration(const struct reading *reading, const char *key,
                               const char *missing, long long least,
                               const char *range, long long most) {
    const long long unit = alert_rule_compares_weeks(reading->parts.rule)
                               ? ALERT_STEP_OF_WEEK
                               : ALERT_STEP;
    size_t len;
    int64_t ms;
    const char *text =
        place_get_text(reading->place, reading->object, key, missing, &len);
    if (!text)
        return 0;
    if (time_duration(text, len, &ms) != 0 || ms < least * 1000 ||
        ms > most * 1000)
        place_report(reading->place, key,
                     "is \"%s\", must be a duration of %s, such as \"1h\" "
                     "or \"1d\"",
                     alert_show(text, len).text, range);
    else if (ms % (unit * 1000) != 0)
        place_report(
            reading->place, key,
            unit == ALERT_STEP
                ? "is \"%.50s\", must be a multiple of 5m, the period of the "
                  "history"
                : "is \"%.50s\", must be a multiple of 1h to compare with "
                  "last week",
            text);
    else
        return ms / 1000;
    return 0;
}

/* --- families and labels -------------------------------------------------- */

static void read_family(struct reading *reading, const char *key) {
    size_t len;
    const char *name =
        place_get_text(reading->place, reading->object, key, NULL, &len);
    if (name)
        rule_family_add(reading->place, reading->config, key, name,
                        &reading->parts);
}

/* A string of an array or an object; NULL after a report. */
static const char *element_text(const struct reading *reading, const char *key,
                                const struct json_object *value, size_t *len) {
    if (json_kind(value) != JSON_STRING) {
        place_report(reading->place, key, "is %s, must be a string",
                     json_kind_name(json_kind(value)));
        return NULL;
    }
    const char *text = json_string(value, len);
    if (strlen(text) == *len)
        return text;
    place_report(reading->place, key,
                 "has a NUL character, must be plain text");
    return NULL;
}

static void read_ratio(struct reading *reading) {
    const struct json_object *pair = json_get(reading->object, "ratio");
    if (json_kind(pair) != JSON_ARRAY || json_length(pair) != 2) {
        place_report(reading->place, "ratio",
                     "must be an array of two families, [\"numerator\", "
                     "\"denominator\"]");
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        char key[16];
        size_t len;
        (void)snprintf(key, sizeof(key), "ratio[%zu]", i);
        const char *name = element_text(reading, key, json_at(pair, i), &len);
        if (name)
            rule_family_add(reading->place, reading->config, key, name,
                            &reading->parts);
    }
}

static void read_expr(struct reading *reading) {
    size_t len;
    const char *text =
        place_get_text(reading->place, reading->object, "expr", NULL, &len);
    if (!text)
        return;
    if (!is_plain(text, len)) {
        place_report(reading->place, "expr",
                     "has control characters, must be one line of text");
        return;
    }
    reading->parts.expr = text;
    rule_families_of_query(reading->place, reading->config, &reading->parts);
}

/* True if a label of a family can have the name; else reports it. */
static bool label_fine(const struct reading *reading, const char *key,
                       const char *name) {
    if (label_name_fault(name, strlen(name)) == NAME_FINE &&
        strcmp(name, "le") != 0)
        return true;
    place_report(reading->place, key, "\"%s\" is not a label name",
                 alert_show(name, strlen(name)).text);
    return false;
}

static int read_label(void *context, const char *name,
                      const struct json_object *value) {
    struct reading *reading = context;
    struct rule_parts *parts = &reading->parts;
    char key[FAMILY_NAME_MAX + 16];
    (void)snprintf(key, sizeof(key), "labels.%s", name);
    if (!label_fine(reading, key, name))
        return 0;
    struct label label = {.name = name};
    label.value = element_text(reading, key, value, &label.value_len);
    if (!label.value)
        return 0;
    if (label.value_len > (size_t)reading->config->limits.label_value_bytes) {
        place_report(reading->place, key,
                     "is %zu bytes long, must be at most "
                     "limits.label_value_bytes, %lld",
                     label.value_len,
                     reading->config->limits.label_value_bytes);
        return 0;
    }
    if (parts->label_count == FAMILY_LABELS_MAX)
        return 1;
    rule_label_check(reading->place, key, name, &label, parts);
    parts->labels[parts->label_count++] = label;
    return 0;
}

static void read_labels(struct reading *reading) {
    const struct json_object *labels =
        place_get(reading->place, reading->object, "labels", JSON_OBJECT, NULL);
    if (labels && json_members(labels, read_label, reading) != 0)
        place_report(reading->place, "labels",
                     "has more than %d labels, must have fewer",
                     FAMILY_LABELS_MAX);
    label_sort(reading->parts.labels, reading->parts.label_count);
}

static void read_by_name(struct reading *reading, size_t index,
                         const struct json_object *value) {
    struct rule_parts *parts = &reading->parts;
    char key[64];
    size_t len;
    (void)snprintf(key, sizeof(key), "by[%zu]", index);
    const char *name = element_text(reading, key, value, &len);
    if (!name || !label_fine(reading, key, name))
        return;
    for (size_t i = 0; i < parts->by_count; i++)
        if (strcmp(parts->by[i], name) == 0) {
            place_report(reading->place, key,
                         "\"%s\" is repeated, must appear once", name);
            return;
        }
    rule_label_check(reading->place, key, name, NULL, parts);
    parts->by[parts->by_count++] = name;
}

static void read_by(struct reading *reading) {
    const struct json_object *by =
        place_get(reading->place, reading->object, "by", JSON_ARRAY, NULL);
    const size_t count = by ? json_length(by) : 0;
    if (by && (count == 0 || count > FAMILY_LABELS_MAX)) {
        place_report(reading->place, "by",
                     "has %zu labels, must have 1 to %d, or be left out", count,
                     FAMILY_LABELS_MAX);
        return;
    }
    for (size_t i = 0; i < count; i++)
        read_by_name(reading, i, json_at(by, i));
    reading->parts.rule->grouped = count > 0;
}

/* --- the parts of a rule -------------------------------------------------- */

static void read_measure(struct reading *reading, enum alert_measure measure) {
    struct alert_rule *rule = reading->parts.rule;
    rule->measure = measure;
    if (measure == ALERT_EXPR) {
        forbid(reading, "labels", "expr");
        forbid(reading, "by", "expr");
        forbid(reading, "over", "expr");
        forbid(reading, "minimum", "expr");
        rule->grouped = true;
        read_expr(reading);
        return;
    }
    if (measure == ALERT_RATIO)
        read_ratio(reading);
    else
        read_family(reading, measures[measure]);
    read_labels(reading);
    read_by(reading);
    if (measure == ALERT_VALUE) {
        forbid(reading, "over", "value");
        forbid(reading, "minimum", "value");
        return;
    }
    rule->over = read_duration(reading, "over", "a duration, such as \"1h\"",
                               ALERT_STEP, "5m to 28d", 28 * 86400LL);
    if (rule->over > 0) {
        size_t len;
        reading->parts.over =
            json_string(json_get(reading->object, "over"), &len);
    }
    if (read_number(reading, "minimum", &rule->minimum) && !(rule->minimum > 0))
        place_report(reading->place, "minimum",
                     "is %g, must be above 0, or be left out", rule->minimum);
}

static void read_comparison(struct reading *reading, bool expr) {
    struct alert_rule *rule = reading->parts.rule;
    const int found = find_one(reading, comparisons, COMPARISONS, "condition");
    if (found < 0)
        return;
    rule->comparison = (enum alert_comparison)found;
    if (expr && alert_rule_compares_weeks(reading->parts.rule))
        place_report(reading->place, comparisons[found],
                     "must be above or below with expr; compare with last week "
                     "by `offset 1w`");
    if (!read_number(reading, comparisons[found], &rule->limit))
        return;
    if (alert_rule_compares_weeks(reading->parts.rule) && !(rule->limit > 0))
        place_report(reading->place, comparisons[found],
                     "is %g, must be a percentage above 0", rule->limit);
    else if (rule->comparison == ALERT_FALLS && rule->limit > 100)
        place_report(reading->place, comparisons[found],
                     "is %g, must be at most 100", rule->limit);
}

static void make_text(struct reading *reading) {
    struct alert_rule *rule = reading->parts.rule;
    if (rule_text_make(&reading->parts, &reading->alerts->arena) != 0) {
        reading->place->diagnostics->no_memory = true;
        place_report(reading->place, "", "out of memory");
    } else if (strlen(rule->query) > QUERY_TEXT_MAX) {
        place_report(reading->place, "",
                     "makes a query of %zu bytes, must be at most %d: shorten "
                     "names and labels",
                     strlen(rule->query), QUERY_TEXT_MAX);
    }
}

static void read_rule(struct reading *reading) {
    static const char *const keys[] = {
        "name", "increase", "rate",     "ratio",         "p75",
        "p95",  "value",    "expr",     "labels",        "by",
        "over", "above",    "below",    "rises_percent", "falls_percent",
        "for",  "minimum",  "severity", "text",          NULL};
    const size_t before = reading->place->diagnostics->count;
    if (json_kind(reading->object) != JSON_OBJECT) {
        place_report(reading->place, "", "is %s, must be an object",
                     json_kind_name(json_kind(reading->object)));
        return;
    }
    place_check_keys(reading->place, reading->object, keys);
    read_name(reading);
    const int measure = find_one(reading, measures, MEASURES, "measure");
    read_comparison(reading, measure == ALERT_EXPR);
    if (measure >= 0)
        read_measure(reading, (enum alert_measure)measure);
    if (measure != ALERT_EXPR)
        reading->parts.rule->reach =
            reading->parts.rule->over +
            (alert_rule_compares_weeks(reading->parts.rule) ? WEEK : 0);
    reading->parts.rule->for_seconds =
        read_duration(reading, "for", NULL, 0, "0m to 1d", 86400);
    read_severity(reading);
    read_text(reading);
    if (reading->place->diagnostics->count == before) {
        rule_warn_of_never(reading->place, &reading->parts);
        make_text(reading);
    }
}

void alert_rules_read(struct place *place, const struct config *config,
                      const struct json_object *document,
                      struct alerts *alerts) {
    const struct json_object *list =
        place_get(place, document, "alerts", JSON_ARRAY,
                  "an array of rules, which may be empty");
    const size_t count = list ? json_length(list) : 0;
    if (count > ALERT_RULES_MAX) {
        place_report(place, "alerts", "has %zu rules, must have at most %d",
                     count, ALERT_RULES_MAX);
        return;
    }
    if (count > 0)
        alerts->rules =
            arena_take(&alerts->arena, count * sizeof(*alerts->rules));
    for (size_t i = 0; alerts->rules && i < count; i++) {
        struct reading reading = {.place = place,
                                  .config = config,
                                  .object = json_at(list, i),
                                  .alerts = alerts,
                                  .parts = {.rule = &alerts->rules[i]}};
        *reading.parts.rule = (struct alert_rule){.name = NULL};
        (void)snprintf(place->key, sizeof(place->key), "alerts[%zu]", i);
        read_rule(&reading);
        alerts->rule_count++;
    }
    place->key[0] = '\0';
}

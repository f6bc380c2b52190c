#include "alert/rule_text.h"

#include <string.h>

#include "base/json_writer.h"
#include "base/number.h"
#include "base/strbuf.h"

/* The modifier that selects the same time last week. */
static const char week[] = " offset 1w";

/* Writes the value of a matcher. */
static void add_value(const struct label *label, struct strbuf *out) {
    strbuf_add_char(out, '"');
    for (size_t i = 0; i < label->value_len; i++) {
        const char c = label->value[i];
        if (c == '\n') {
            strbuf_add_string(out, "\\n");
            continue;
        }
        if (c == '"' || c == '\\')
            strbuf_add_char(out, '\\');
        strbuf_add_char(out, c);
    }
    strbuf_add_char(out, '"');
}

bool rule_family_has_label(const struct rule_family *rule_family,
                           const char *name) {
    const struct family *family = rule_family->family;
    const struct sql_query *query = rule_family->query;
    for (size_t i = 0; query && i < query->label_count; i++)
        if (strcmp(query->labels[i], name) == 0)
            return true;
    return !query &&
           (!family || family->any_labels || family_rule(family, name));
}

/* The matchers of the labels that the family has. */
static void add_matchers(const struct rule_parts *parts,
                         const struct rule_family *family, struct strbuf *out) {
    size_t count = 0;
    for (size_t i = 0; i < parts->label_count; i++) {
        const struct label *label = &parts->labels[i];
        /* In a ratio, one family may lack the label. */
        if (parts->family_count > 1 &&
            !rule_family_has_label(family, label->name))
            continue;
        strbuf_printf(out, "%s%s=", count++ > 0 ? "," : "{", label->name);
        add_value(label, out);
    }
    if (count > 0)
        strbuf_add_char(out, '}');
}

/* Writes `sum by (a, b) (` or `sum(`. first is a label before those of `by`, or
 * NULL. */
static void add_sum(const struct rule_parts *parts, const char *first,
                    struct strbuf *out) {
    strbuf_add_string(out, "sum");
    if (first || parts->by_count > 0)
        strbuf_printf(out, " by (%s", first ? first : "");
    for (size_t i = 0; i < parts->by_count; i++)
        strbuf_printf(out, "%s%s", first || i > 0 ? ", " : "", parts->by[i]);
    strbuf_add_string(out, first || parts->by_count > 0 ? ") (" : "(");
}

/* Writes the sum of the growth of a family. */
static void add_growth(const struct rule_parts *parts, size_t index,
                       const char *function, const char *suffix,
                       const char *first, const char *offset,
                       struct strbuf *out) {
    const struct rule_family *family = &parts->families[index];
    add_sum(parts, first, out);
    strbuf_printf(out, "%s(%s%s", function, family->name, suffix);
    add_matchers(parts, family, out);
    strbuf_printf(out, "[%s]%s))", parts->over, offset);
}

/* The suffix of the metric that counts the observations of the family. */
static const char *count_suffix(const struct rule_parts *parts, size_t index) {
    const struct family *family = parts->families[index].family;
    return family && metric_observes(family->type) ? "_count" : "";
}

static void add_measure(const struct rule_parts *parts, const char *offset,
                        struct strbuf *out) {
    switch (parts->rule->measure) {
    case ALERT_INCREASE:
    case ALERT_RATE:
        add_growth(parts, 0,
                   parts->rule->measure == ALERT_RATE ? "rate" : "increase",
                   count_suffix(parts, 0), NULL, offset, out);
        break;
    case ALERT_RATIO:
        add_growth(parts, 0, "increase", count_suffix(parts, 0), NULL, offset,
                   out);
        strbuf_add_string(out, " / ");
        add_growth(parts, 1, "increase", count_suffix(parts, 1), NULL, offset,
                   out);
        break;
    case ALERT_P75:
    case ALERT_P95:
        strbuf_printf(out, "histogram_quantile(%s, ",
                      parts->rule->measure == ALERT_P75 ? "0.75" : "0.95");
        add_growth(parts, 0, "increase", "_bucket", "le", offset, out);
        strbuf_add_char(out, ')');
        break;
    case ALERT_VALUE:
        add_sum(parts, NULL, out);
        strbuf_add_string(out, parts->families[0].name);
        add_matchers(parts, &parts->families[0], out);
        strbuf_printf(out, "%s)", offset);
        break;
    case ALERT_EXPR:
        strbuf_add_string(out, parts->expr);
        break;
    }
}

/* Writes the query of the value, or of its difference in percent from last
 * week. */
static void add_query(const struct rule_parts *parts, struct strbuf *out) {
    const bool ratio = parts->rule->measure == ALERT_RATIO;
    const char *begin = ratio ? "(" : "";
    const char *end = ratio ? ")" : "";
    if (!alert_rule_compares_weeks(parts->rule)) {
        add_measure(parts, "", out);
        return;
    }
    strbuf_printf(out, "(%s%s",
                  parts->rule->comparison == ALERT_FALLS ? "1 - " : "", begin);
    add_measure(parts, "", out);
    strbuf_printf(out, "%s / %s", end, begin);
    add_measure(parts, week, out);
    strbuf_printf(out, "%s%s) * 100", end,
                  parts->rule->comparison == ALERT_RISES ? " - 1" : "");
}

/* Writes the query of the number of observations. */
static void add_count_query(const struct rule_parts *parts,
                            struct strbuf *out) {
    const bool quantile =
        parts->rule->measure == ALERT_P75 || parts->rule->measure == ALERT_P95;
    const size_t index = parts->rule->measure == ALERT_RATIO ? 1 : 0;
    add_growth(parts, index, "increase",
               quantile ? "_count" : count_suffix(parts, index), NULL, "", out);
}

static void add_condition(const struct rule_parts *parts, struct strbuf *out) {
    static const char *const signs[] = {[ALERT_ABOVE] = ">",
                                        [ALERT_BELOW] = "<",
                                        [ALERT_RISES] = ">=",
                                        [ALERT_FALLS] = ">="};
    char limit[NUMBER_SIZE];
    (void)number_format(parts->rule->limit, limit);
    strbuf_printf(out, "%s %s", signs[parts->rule->comparison], limit);
}

static void add_name(const struct rule_parts *parts, size_t index,
                     struct strbuf *out) {
    strbuf_add_string(out, parts->families[index].name);
    add_matchers(parts, &parts->families[index], out);
}

static void add_measured(const struct rule_parts *parts, struct strbuf *out) {
    static const char *const names[] = {[ALERT_INCREASE] = "increase of ",
                                        [ALERT_RATE] = "rate of ",
                                        [ALERT_RATIO] = "ratio of ",
                                        [ALERT_P75] = "p75 of ",
                                        [ALERT_P95] = "p95 of ",
                                        [ALERT_VALUE] = "value of ",
                                        [ALERT_EXPR] = ""};
    strbuf_add_string(out, names[parts->rule->measure]);
    if (parts->rule->measure == ALERT_EXPR) {
        strbuf_add_string(out, parts->expr);
        return;
    }
    add_name(parts, 0, out);
    if (parts->rule->measure == ALERT_RATIO) {
        strbuf_add_string(out, " to ");
        add_name(parts, 1, out);
    }
    if (parts->over)
        strbuf_printf(out, " over %s", parts->over);
    if (parts->rule->comparison == ALERT_RISES)
        strbuf_add_string(out, ", rise against last week");
    if (parts->rule->comparison == ALERT_FALLS)
        strbuf_add_string(out, ", fall against last week");
}

/* Without a unit, the suffix of the name is the unit. */
static const char *unit_of_family(const struct rule_family *named) {
    const struct family *family = named->family;
    const size_t len = strlen(named->name);
    if (family && *family->unit)
        return family->unit;
    return len > 8 && strcmp(named->name + len - 8, "_seconds") == 0 ? "seconds"
                                                                     : "";
}

static const char *unit_of(const struct rule_parts *parts) {
    if (alert_rule_compares_weeks(parts->rule))
        return "%";
    switch (parts->rule->measure) {
    case ALERT_RATE:
        return "per second";
    case ALERT_P75:
    case ALERT_P95:
    case ALERT_VALUE:
        return unit_of_family(&parts->families[0]);
    case ALERT_INCREASE:
    case ALERT_RATIO:
    case ALERT_EXPR:
        break;
    }
    return "";
}

static void add_families(const struct rule_parts *parts, struct strbuf *out) {
    struct json_writer json = {.out = out, .layout = JSON_COMPACT};
    json_writer_open(&json, NULL, '[');
    for (size_t i = 0; i < parts->family_count; i++)
        json_writer_string(&json, NULL, parts->families[i].name);
    json_writer_close(&json, ']');
}

/* Moves the text to the arena; NULL if memory ran out. */
static const char *take(struct strbuf *text, struct arena *arena) {
    const char *copy =
        text->failed ? NULL : arena_copy(arena, strbuf_text(text), text->len);
    strbuf_free(text);
    return copy;
}

int rule_text_make(const struct rule_parts *parts, struct arena *arena) {
    struct alert_rule *rule = parts->rule;
    struct strbuf text = {0};
    add_query(parts, &text);
    rule->query = take(&text, arena);
    add_condition(parts, &text);
    rule->condition = take(&text, arena);
    add_measured(parts, &text);
    rule->measured = take(&text, arena);
    add_families(parts, &text);
    rule->families = take(&text, arena);
    rule->count_query = NULL;
    if (rule->minimum > 0) {
        add_count_query(parts, &text);
        rule->count_query = take(&text, arena);
    }
    strbuf_add_string(&text, unit_of(parts));
    rule->unit = take(&text, arena);
    return rule->query && rule->condition && rule->measured && rule->families &&
                   (rule->count_query || !(rule->minimum > 0)) && rule->unit
               ? 0
               : -1;
}

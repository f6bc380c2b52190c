#include "cli/monitoring/family_unit.h"

#include <string.h>

static const struct {
    const char *unit;
    const char *name; /* Grafana's */
    const char *rate;
} units[] = {
    {"seconds", "s", "short"},      {"bytes", "bytes", "Bps"},
    {"ratio", "percentunit", NULL}, {"percent", "percent", NULL},
    {"celsius", "celsius", NULL},   {"meters", "lengthm", NULL},
    {"volts", "volt", NULL},        {"amperes", "amp", NULL},
    {"joules", "joule", "watt"},    {"grams", "massg", NULL},
    {"hertz", "hertz", NULL},       {"watts", "watt", NULL},
    {"bits", "bits", "bps"},        {"milliseconds", "ms", "short"},
    {"ms", "ms", "short"},
};
enum { UNITS = sizeof(units) / sizeof(units[0]) };

static bool ends_with(const char *name, size_t len, const char *unit) {
    const size_t unit_len = strlen(unit);
    return len > unit_len && name[len - unit_len - 1] == '_' &&
           memcmp(name + len - unit_len, unit, unit_len) == 0;
}

/* The index of the family's unit, or UNITS. */
static size_t find_unit(const struct family *family) {
    const size_t len = metric_base_length(family->type, family->name);
    for (size_t i = 0; i < UNITS; i++)
        if (ends_with(family->name, len, units[i].unit))
            return i;
    /* The help of a histogram may name a unit that its name lacks. */
    if (metric_shape(family->type) == SHAPE_BUCKETS &&
        (strstr(family->help, " seconds") ||
         strncmp(family->help, "Seconds", 7) == 0))
        return 0;
    return UNITS;
}

const char *family_unit(const struct family *family) {
    const size_t index = find_unit(family);
    return index < UNITS ? units[index].name : "short";
}

const char *family_rate_unit(const struct family *family) {
    const size_t index =
        metric_shape(family->type) == SHAPE_TOTAL ? find_unit(family) : UNITS;
    return index < UNITS && units[index].rate ? units[index].rate : "cps";
}

const char *series_label(const char *label) {
    static const char *const labels[][2] = {
        {"job", "exported_job"},
        {"instance", "exported_instance"},
        {"environment", "exported_environment"}};
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
        if (strcmp(label, labels[i][0]) == 0)
            return labels[i][1];
    return label;
}

const char *family_main_label(const struct family *family, const char *except) {
    const struct label_rule *best = NULL;
    for (size_t i = 0; i < family->label_count; i++) {
        const struct label_rule *rule = &family->labels[i];
        if (label_rule_size(rule) > 1 &&
            !(except && strcmp(rule->name, except) == 0) &&
            (!best || label_rule_size(rule) > label_rule_size(best)))
            best = rule;
    }
    return best ? series_label(best->name) : NULL;
}

bool family_begins(const struct family *family, const char *prefix) {
    return strncmp(family->name, prefix, strlen(prefix)) == 0;
}

bool family_has_label(const struct family *family, const char *name) {
    return family_rule(family, name) != NULL;
}

bool family_has_value(const struct family *family, const char *label,
                      const char *value) {
    const struct label_rule *rule = family_rule(family, label);
    return rule &&
           value_set_find(&rule->values, value, strlen(value)) != VALUE_NONE;
}

#include "metrics/metric.h"

#include <math.h>
#include <string.h>

static const char *const rule_names[] = {
    [GAUGE_LAST] = "last",
    [GAUGE_MAX] = "max",
    [GAUGE_MIN] = "min",
    [GAUGE_SUM] = "sum",
};
_Static_assert(sizeof(rule_names) / sizeof(rule_names[0]) == GAUGE_SUM + 1,
               "one name for each gauge rule");

const char *gauge_rule_name(enum gauge_rule rule) {
    return rule_names[rule];
}

bool gauge_rule_parse(const char *name, size_t len, enum gauge_rule *rule) {
    for (size_t i = 0; i <= GAUGE_SUM; i++)
        if (strlen(rule_names[i]) == len &&
            memcmp(rule_names[i], name, len) == 0) {
            *rule = (enum gauge_rule)i;
            return true;
        }
    return false;
}

double metric_value_clamp(double value) {
    return value > METRIC_VALUE_MAX    ? METRIC_VALUE_MAX
           : value < -METRIC_VALUE_MAX ? -METRIC_VALUE_MAX
                                       : value;
}

double gauge_merge(enum gauge_rule rule, double current, double next) {
    if (isnan(current))
        return next;
    switch (rule) {
    case GAUGE_LAST:
        return next;
    case GAUGE_MAX:
        return next > current ? next : current;
    case GAUGE_MIN:
        return next < current ? next : current;
    case GAUGE_SUM:
        return isnan(next) ? current
                           : metric_value_clamp(metric_value_clamp(current) +
                                                metric_value_clamp(next));
    }
    return next;
}

static bool is_beside(const char *name, const char *own, size_t len) {
    return strncmp(name, own, len) == 0 &&
           (name[len] == '\0' || name[len] == '_');
}

bool metric_name_reserved(const char *name) {
    static const char counter[] = "metrics_aggregator_record";
    return (strncmp(name, "tallyman_", 9) == 0 &&
            strncmp(name, "tallyman_client_", 16) != 0) ||
           is_beside(name, counter, sizeof(counter) - 1);
}

bool metric_name_of_groups(const char *name) {
    return is_beside(name, METRIC_PUSH_TIME, sizeof(METRIC_PUSH_TIME) - 1) ||
           is_beside(name, METRIC_PUSH_FAILURE_TIME,
                     sizeof(METRIC_PUSH_FAILURE_TIME) - 1);
}

bool metric_name_of_sessions(const char *name) {
    return strncmp(name, "grafana_analytics_", 18) == 0;
}

static bool is_letter(char c) {
    return (unsigned)(c | 0x20) - 'a' < 26 || c == '_';
}

static bool name_valid(const char *name, size_t len, char extra) {
    if (len == 0)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_letter(name[i]) && name[i] != extra &&
            (i == 0 || name[i] < '0' || name[i] > '9'))
            return false;
    return true;
}

bool metric_name_valid(const char *name, size_t len) {
    return name_valid(name, len, ':');
}

bool label_name_valid(const char *name, size_t len) {
    return name_valid(name, len, '_');
}

static enum name_fault fault_of(bool valid, const char *name, size_t len) {
    return !valid                                  ? NAME_MALFORMED
           : len > 1 && memcmp(name, "__", 2) == 0 ? NAME_RESERVED
           : len > FAMILY_NAME_MAX                 ? NAME_LONG
                                                   : NAME_FINE;
}

enum name_fault metric_name_fault(const char *name, size_t len) {
    return fault_of(metric_name_valid(name, len), name, len);
}

enum name_fault label_name_fault(const char *name, size_t len) {
    return fault_of(label_name_valid(name, len), name, len);
}

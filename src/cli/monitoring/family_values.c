#include "cli/monitoring/family_values.h"

#include <string.h>

#include "base/number.h"
#include "cli/monitoring/family_role.h"
#include "cli/monitoring/family_unit.h"
#include "cli/monitoring/operation.h"

static void add_shape(struct value_list *list, const struct family *family) {
    static const char *const rules[] = {[GAUGE_LAST] = NULL,
                                        [GAUGE_MAX] = "max",
                                        [GAUGE_MIN] = "min",
                                        [GAUGE_SUM] = "sum"};
    const enum metric_shape shape = metric_shape(family->type);
    const char *rule = shape == SHAPE_VALUE ? rules[family->gauge] : NULL;
    value_flag(list, "total", shape == SHAPE_TOTAL);
    value_flag(list, "value", shape == SHAPE_VALUE);
    value_flag(list, "observations", shape == SHAPE_OBSERVATIONS);
    value_flag(list, "buckets", shape == SHAPE_BUCKETS);
    value_flag(list, "falls", family_sum_falls(family));
    value_flag(list, "sums",
               metric_observes(family->type) && !family_sum_falls(family));
    value_flag(list, "pushed", shape == SHAPE_TOTAL || shape == SHAPE_BUCKETS);
    value_flag(list, "recorded", shape != SHAPE_VALUE || rule);
    value_add(list, "gauge_rule", rule);
    value_add(list, "gauge_op", rule ? rule : "max");
}

static void add_series(struct value_list *list,
                       const struct monitoring *monitoring,
                       const struct family *family) {
    const int base = monitoring_base(monitoring, family);
    const char *more;
    const bool native = monitoring_is_native(monitoring, family);
    const char *suffix = monitoring_count(monitoring, family, &more);
    value_format(list, "base", "%.*s", base, family->name);
    value_format(list, "count", "%s%s", family->name, suffix);
    value_add(list, "count_more", more);
    value_flag(list, "native", native);
    value_flag(list, "exemplars",
               family->exemplars && monitoring_has_exemplars(monitoring));
    value_add(list, "of_count", native ? "histogram_count(" : "");
    value_add(list, "of_sum", native ? "histogram_sum(" : "");
    value_add(list, "end_of", native ? ")" : "");
    value_format(list, "sum", "%s%s", family->name, native ? "" : "_sum");
    /* A native histogram is one series and has no _created. */
    if (native || (metric_shape(family->type) == SHAPE_TOTAL &&
                   family->name[base] == '\0'))
        value_add(list, "created", NULL);
    else
        value_format(list, "created", "%.*s_created", base, family->name);
}

static void add_number(struct value_list *list, const char *name,
                       double number) {
    char text[NUMBER_SIZE];
    (void)number_format(number, text);
    value_format(list, name, "%s", text);
}

static void add_bound(struct value_list *list, const char *name, double bound) {
    struct strbuf text = {0};
    monitoring_bound(bound, &text);
    value_take(list, name, &text);
}

static bool has_bound(const struct family *family, double bound) {
    for (size_t i = 0; i < family->bound_count; i++)
        if (family->bounds[i] >= bound && family->bounds[i] <= bound)
            return true;
    return false;
}

static void add_role(struct value_list *list,
                     const struct monitoring *monitoring,
                     const struct family *family) {
    const struct family_role role = family_role(family);
    value_add(list, "error_label", role.error_label);
    value_add(list, "error_values", role.error_values);
    value_flag(list, "own_errors",
               role.error_label &&
                   !family_counter(&monitoring->config->registry, family));
    value_flag(list, "latency", role.latency);
    value_add(list, "objective", role.objective);
    add_number(list, "target", role.target);
    add_bound(list, "target_bound", role.target);
    value_flag(list, "vital", role.vital);
    value_add(list, "title", role.title);
    add_number(list, "poor", role.poor);
    add_bound(list, "poor_bound", role.poor);
    value_flag(list, "poor_above", role.poor > role.target);
    value_flag(list, "both_bounds",
               has_bound(family, role.target) && has_bound(family, role.poor));
}

bool family_saturates(const struct family *family) {
    static const char *const words[] = {
        "queue",   "queued",  "depth",       "backlog",     "pending",
        "waiting", "flight",  "inflight",    "lag",         "used",
        "usage",   "active",  "connections", "utilization", "utilisation",
        "load",    "workers", "saturation",  NULL};
    return metric_shape(family->type) == SHAPE_VALUE &&
           family_has_word(family, words);
}

/* Its uses on dashboards. */
static void add_uses(struct value_list *list, const struct family *family) {
    static const char timing[] = "performance_timing_";
    const bool vital = family_role(family).vital;
    const bool timed = family_begins(family, timing);
    const bool navigation = strcmp(family->name, "web_navigation_seconds") == 0;
    value_flag(list, "lone_errors", operation_errors(family));
    value_flag(list, "saturates", family_saturates(family));
    value_flag(list, "page_views",
               strcmp(family->name, "web_page_views_total") == 0);
    value_flag(list, "navigation", navigation);
    value_add(list, "step",
              timed && metric_shape(family->type) == SHAPE_BUCKETS
                  ? family->name + strlen(timing)
                  : NULL);
    value_flag(list, "rest",
               !vital && !timed && !navigation &&
                   (metric_shape(family->type) == SHAPE_BUCKETS ||
                    metric_shape(family->type) == SHAPE_TOTAL));
}

static void add_units(struct value_list *list, const struct family *family) {
    const char *unit = family_unit(family);
    const bool seconds = strcmp(unit, "s") == 0;
    value_add(list, "unit", unit);
    value_add(list, "rate_unit", family_rate_unit(family));
    /* A layout shift is not a percentage. */
    value_add(list, "vital_unit", seconds ? "s" : "none");
    value_add(list, "odd_unit",
              seconds || strcmp(unit, "short") == 0 ? NULL : unit);
    value_flag(list, "in_seconds", seconds);
}

/* Templates read no more ranks than these. */
enum { RANKS_MAX = 4 };

static void add_labels(struct value_list *list, const struct family *family) {
    const size_t count =
        family->label_count < RANKS_MAX ? family->label_count : RANKS_MAX;
    struct template_row *rows = value_take_rows(list, count);
    for (size_t i = 0; rows && i < count; i++) {
        struct value_list row;
        value_list_init(&row, list->arena, 2);
        value_add(&row, "rank", series_label(family->labels[i].name));
        value_format(&row, "width", "%d", GRID_WIDTH / (int)count);
        rows[i].values = row.values;
    }
    value_add_rows(list, "ranks", rows, count);
    value_add(list, "label", family_main_label(family, NULL));
    value_add(list, "label_but_page", family_main_label(family, "page"));
    value_flag(list, "page", family_has_label(family, "page"));
    value_flag(list, "phase", family_has_label(family, "phase"));
    value_flag(list, "load", family_has_value(family, "phase", "load"));
}

void family_values_add(struct value_list *list,
                       const struct monitoring *monitoring,
                       const struct family *family) {
    const size_t len = strlen(family->help);
    const bool stop = len > 0 && family->help[len - 1] == '.';
    value_add(list, "name", family->name);
    value_add(list, "help", family->help);
    value_format(list, "heading", "%s%s%.*s", family->name,
                 len > (size_t)stop ? ": " : "", (int)(len - stop),
                 family->help);
    add_series(list, monitoring, family);
    add_shape(list, family);
    add_role(list, monitoring, family);
    add_uses(list, family);
    add_units(list, family);
    add_labels(list, family);
}

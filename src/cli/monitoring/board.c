#include "cli/monitoring/board.h"

#include <string.h>

#include "cli/monitoring/family_role.h"
#include "cli/monitoring/family_unit.h"
#include "cli/monitoring/family_values.h"
#include "cli/monitoring/operation.h"

static bool is_red(const struct family *family) {
    return operation_has(family) || operation_errors(family);
}

static bool is_golden(const struct family *family) {
    return is_red(family) || family_role(family).vital ||
           family_saturates(family) ||
           strcmp(family->name, "web_page_views_total") == 0;
}

/* The dashboard red shows requests. */
static bool is_of_pages(const struct family *family) {
    return family_begins(family, "performance_timing_") ||
           (family_begins(family, "web_") && !operation_has(family));
}

static bool is_figure(const struct family *family) {
    static const char *const others[] = {"web_", "performance_timing_",
                                         "tallyman_", "grafana_analytics_"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (family_begins(family, others[i]))
            return false;
    /* Timings of requests are on the dashboard red. */
    return metric_shape(family->type) != SHAPE_BUCKETS ||
           !operation_has(family);
}

static bool is_any(const struct family *family) {
    return family != NULL;
}

/* It may fail or be slow. */
static bool has_objective(const struct family *family) {
    const struct family_role role = family_role(family);
    return role.error_label || role.latency;
}

const struct board boards[] = {{"all", is_any, 0},
                               {"objectives", has_objective, 0},
                               {"red", is_red, 8},
                               {"golden", is_golden, 4},
                               {"web_vitals", is_of_pages, 4},
                               {"kpi", is_figure, 8},
                               {NULL, NULL, 0}};

bool board_has(const struct monitoring *monitoring, const struct board *board) {
    const struct registry *registry = &monitoring->config->registry;
    for (size_t i = 0; i < registry_count(registry); i++)
        if (board->wants(registry->families[i]))
            return true;
    return false;
}

/* The values of a board while they are collected. */
struct making {
    const struct monitoring *monitoring;
    struct arena *arena;
    const struct family **families; /* that the board shows */
    size_t count;
    const char **labels; /* the labels that have a variable */
    size_t label_count;
};

static bool has_variable(const struct making *making, const char *label) {
    for (size_t i = 0; i < making->label_count; i++)
        if (strcmp(making->labels[i], label) == 0)
            return true;
    return strcmp(label, "service") == 0;
}

static size_t count_with(const struct making *making, const char *name) {
    size_t count = 0;
    for (size_t i = 0; i < making->count; i++)
        count += family_has_label(making->families[i], name);
    return count;
}

/* Labels such as status get no variable: with only errors selected, the share
 * of errors would be meaningless. */
static bool may_be_chosen(const struct making *making,
                          const struct family *family, const char *label) {
    const struct family_role role = family_role(family);
    return !has_variable(making, label) &&
           !(role.error_label && strcmp(role.error_label, label) == 0);
}

/* The label without a variable that most families have; the first by name if
 * there are several, NULL if there is none. */
static const char *next_label(const struct making *making) {
    const char *best = NULL;
    size_t best_count = 0;
    for (size_t i = 0; i < making->count; i++) {
        const struct family *family = making->families[i];
        for (size_t k = 0; k < family->label_count; k++) {
            const char *name = family->labels[k].name;
            const size_t count = count_with(making, name);
            if (may_be_chosen(making, family, name) &&
                (!best || count > best_count ||
                 (count == best_count && strcmp(name, best) < 0))) {
                best = name;
                best_count = count;
            }
        }
    }
    return best;
}

/* Keeps a label's variable apart from the dashboard's own variables. */
static const char *variable_prefix(const char *label) {
    return strcmp(label, "datasource") == 0 || strcmp(label, "quantile") == 0
               ? "label_"
               : "";
}

/* A longer list of names does not fit into a URL. */
enum { NAMES_LENGTH_MAX = 1500 };

/* The names of the families that have the label, as alternatives. */
static void add_names(struct value_list *row, const struct making *making,
                      const char *label) {
    struct strbuf names = {0};
    const char *more;
    for (size_t i = 0; i < making->count; i++)
        if (family_has_label(making->families[i], label))
            strbuf_printf(&names, "%s%s%s", names.len > 0 ? "|" : "",
                          making->families[i]->name,
                          monitoring_count(making->monitoring,
                                           making->families[i], &more));
    if (names.len > NAMES_LENGTH_MAX) {
        strbuf_reset(&names);
        strbuf_add_string(&names, ".+");
    }
    value_take(row, "names", &names);
}

/* Adds variables for the `most` labels that most families have. */
static void add_variables(struct value_list *list, struct making *making,
                          size_t most) {
    struct template_row *rows = value_take_rows(list, most);
    making->labels = arena_take(making->arena, most * sizeof(char *));
    while (making->labels && rows && making->label_count < most) {
        struct value_list row;
        const char *label = next_label(making);
        if (!label)
            break;
        value_list_init(&row, making->arena, 4);
        value_add(&row, "label", label);
        value_add(&row, "series_label", series_label(label));
        value_format(&row, "variable", "%s%s", variable_prefix(label),
                     series_label(label));
        add_names(&row, making, label);
        rows[making->label_count].values = row.values;
        making->labels[making->label_count++] = label;
    }
    value_add_rows(list, "variables", rows, making->label_count);
}

static void add_matchers(struct value_list *row, const struct making *making,
                         const struct family *family) {
    struct strbuf matchers = {0};
    for (size_t i = 0; i < family->label_count; i++) {
        const char *label = family->labels[i].name;
        if (strcmp(label, "service") != 0 && has_variable(making, label))
            strbuf_printf(&matchers, ",%s=~\"$%s%s\"", series_label(label),
                          variable_prefix(label), series_label(label));
    }
    value_take(row, "matchers", &matchers);
}

/* Adds the values of a family after those that the row has. */
static void add_family(struct value_list *row, const struct making *making,
                       const struct family *family) {
    add_matchers(row, making, family);
    family_values_add(row, making->monitoring, family);
}

static void add_list(struct value_list *list, const struct making *making,
                     const char *name, const struct family *const *families,
                     size_t count) {
    struct template_row *rows = value_take_rows(list, count);
    for (size_t i = 0; rows && i < count; i++) {
        struct value_list row;
        value_list_init(&row, making->arena, FAMILY_VALUES_MAX + 1);
        add_family(&row, making, families[i]);
        rows[i].values = row.values;
    }
    value_add_rows(list, name, rows, count);
}

static void add_operation(struct value_list *row, const struct making *making,
                          const struct operation *operation) {
    const struct family *rate = operation->rate;
    const struct family *duration = operation->duration;
    const struct family_role role = family_role(rate);
    const char *label = family_main_label(rate, role.error_label);
    value_format(row, "operation", "%.*s",
                 monitoring_base(making->monitoring, rate), rate->name);
    value_format(row, "width", "%d",
                 GRID_WIDTH /
                     (1 + (role.error_label != NULL) + (duration != NULL)));
    value_add(row, "table_label", label);
    value_flag(row, "duration_by_label",
               label && duration && family_has_label(duration, label));
    add_list(row, making, "duration", &operation->duration, duration != NULL);
    add_family(row, making, rate);
}

static void add_operations(struct value_list *list,
                           const struct making *making) {
    struct operation *found;
    const size_t count =
        operations_find(&making->monitoring->config->registry, making->families,
                        making->count, making->arena, &found);
    struct template_row *rows = value_take_rows(list, count);
    for (size_t i = 0; rows && i < count; i++) {
        struct value_list row;
        value_list_init(&row, making->arena, FAMILY_VALUES_MAX + 6);
        add_operation(&row, making, &found[i]);
        rows[i].values = row.values;
    }
    value_add_rows(list, "operations", rows, count);
    value_flag(list, "several_operations", count > 1);
}

static const struct family *find(const struct making *making,
                                 const char *family_name) {
    for (size_t i = 0; i < making->count; i++)
        if (strcmp(making->families[i]->name, family_name) == 0)
            return making->families[i];
    return NULL;
}

/* The family that times whole page loads best. */
static void add_response(struct value_list *list, const struct making *making) {
    static const char *const names[] = {
        "performance_timing_loadEventEnd", "performance_timing_loadEventStart",
        "performance_timing_domComplete", "web_lcp_seconds"};
    const struct family *family = find(making, "web_navigation_seconds");
    if (family && !family_has_value(family, "phase", "load"))
        family = NULL;
    for (size_t i = 0; !family && i < sizeof(names) / sizeof(names[0]); i++)
        family = find(making, names[i]);
    add_list(list, making, "response", &family,
             family && metric_shape(family->type) == SHAPE_BUCKETS);
}

const struct template_value *board_values(const struct board *board,
                                          const struct monitoring *monitoring,
                                          struct arena *arena) {
    const struct registry *registry = &monitoring->config->registry;
    const size_t all = registry_count(registry);
    struct making making = {.monitoring = monitoring, .arena = arena};
    struct value_list list;
    value_list_init(&list, arena, 6);
    making.families = arena_take(arena, (all + 1) * sizeof(struct family *));
    for (size_t i = 0; making.families && i < all; i++)
        if (board->wants(registry->families[i]))
            making.families[making.count++] = registry->families[i];
    add_variables(&list, &making, board->variables);
    add_list(&list, &making, "families", making.families, making.count);
    add_operations(&list, &making);
    add_response(&list, &making);
    return list.values;
}

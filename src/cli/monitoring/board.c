#include "cli/monitoring/board.h"

#include <stdlib.h>
#include <string.h>

#include "cli/monitoring/dashboard_panel.h"

/* A longer list of names is no part of a URL any more. */
enum { NAMES_LENGTH_MAX = 1500 };

void board_init(struct board *board, const struct monitoring *monitoring,
                board_filter *filter) {
    const struct registry *registry = &monitoring->config->registry;
    const size_t all = registry_count(registry);
    *board = (struct board){.monitoring = monitoring};
    board->families = calloc(all + 1, sizeof(struct family *));
    board->dashboard.failed = !board->families;
    for (size_t i = 0; board->families && filter && i < all; i++)
        if (filter(registry->families[i]))
            board->families[board->count++] = registry->families[i];
}

void board_drop(struct board *board) {
    free(board->families);
    value_set_free(&board->labels);
}

void board_begin(struct board *board, struct output *output,
                 const struct board_name *name) {
    struct strbuf path = {0};
    struct strbuf uid = {0};
    const bool failed = board->dashboard.failed;
    strbuf_printf(&path, "grafana/dashboards/%s.json", name->file);
    strbuf_printf(&uid, "tallyman-%s", name->file);
    struct dashboard *dashboard = &board->dashboard;
    dashboard_begin(dashboard, output_add(output, path.failed ? "" : path.data),
                    uid.failed ? "" : uid.data, name->title, name->description,
                    name->range);
    dashboard->failed = failed || path.failed || uid.failed;
    strbuf_free(&path);
    strbuf_free(&uid);
    dashboard_variable(dashboard, "environment", "Environment",
                       "label_values(up{job=\"" MONITORING_JOB
                       "\"}, environment)");
    if (name->services)
        dashboard_variable(dashboard, "service", "Service",
                           "label_values({job=\"" MONITORING_JOB
                           "\"}, service)");
    if (name->nodes)
        dashboard_variable(dashboard, "instance", "Node",
                           "label_values(up{job=\"" MONITORING_JOB
                           "\",environment=~\"$environment\"}, instance)");
}

int board_end(struct board *board) {
    const int result = dashboard_end(&board->dashboard);
    board_drop(board);
    return result;
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

static bool has_variable(const struct board *board, const char *label) {
    return strcmp(label, "service") == 0 ||
           value_set_find(&board->labels, label, strlen(label)) != VALUE_NONE;
}

static size_t count_with(const struct board *board, const char *name) {
    size_t count = 0;
    for (size_t i = 0; i < board->count; i++)
        count += family_has_label(board->families[i], name);
    return count;
}

static bool may_be_chosen(const struct board *board,
                          const struct family *family, const char *label) {
    const struct family_role role = family_role(family);
    return !has_variable(board, label) &&
           !(role.error_label && strcmp(role.error_label, label) == 0);
}

/* The label without a variable that most families have; of several the first
 * by name. NULL when there is none. */
static const char *next_label(const struct board *board) {
    const char *best = NULL;
    size_t best_count = 0;
    for (size_t i = 0; i < board->count; i++) {
        const struct family *family = board->families[i];
        for (size_t k = 0; k < family->label_count; k++) {
            const char *name = family->labels[k].name;
            const size_t count = count_with(board, name);
            if (may_be_chosen(board, family, name) &&
                (!best || count > best_count ||
                 (count == best_count && strcmp(name, best) < 0))) {
                best = name;
                best_count = count;
            }
        }
    }
    return best;
}

/* Not that of another variable. */
static const char *variable_name(struct board *board, const char *label) {
    const bool taken =
        strcmp(label, "datasource") == 0 || strcmp(label, "quantile") == 0;
    return dashboard_text(&board->dashboard, "%s%s", taken ? "label_" : "",
                          series_label(label));
}

/* The names of the families that have the label, as alternatives. */
static const char *names_with(struct board *board, const char *label) {
    struct strbuf names = {0};
    const char *more;
    for (size_t i = 0; i < board->count; i++)
        if (family_has_label(board->families[i], label))
            strbuf_printf(&names, "%s%s%s", names.len > 0 ? "|" : "",
                          board->families[i]->name,
                          monitoring_count(board->families[i], &more));
    const char *text = dashboard_text(
        &board->dashboard, "%s",
        names.failed || names.len > NAMES_LENGTH_MAX ? ".+" : names.data);
    board->dashboard.failed |= names.failed;
    strbuf_free(&names);
    return text;
}

static void add_label_variable(struct board *board, const char *label) {
    struct dashboard *dashboard = &board->dashboard;
    const char *name = series_label(label);
    dashboard_variable(
        dashboard, variable_name(board, label), label,
        dashboard_text(dashboard,
                       "label_values({__name__=~\"%s\",%s!=\"\"}, %s)",
                       names_with(board, label), name, name));
    if (value_set_add(&board->labels, label, strlen(label)) == VALUE_NONE)
        dashboard->failed = true;
}

void board_label_variables(struct board *board, int most) {
    const char *label;
    for (int i = 0; i < most && !board->dashboard.failed &&
                    (label = next_label(board)) != NULL;
         i++)
        add_label_variable(board, label);
}

const char board_node_matchers[] =
    "job=\"" MONITORING_JOB
    "\",environment=~\"$environment\",instance=~\"$instance\"";

static void add_label_matchers(struct board *board, const struct family *family,
                               struct strbuf *matchers) {
    for (size_t i = 0; i < family->label_count; i++) {
        const char *label = family->labels[i].name;
        if (strcmp(label, "service") != 0 && has_variable(board, label))
            strbuf_printf(matchers, ",%s=~\"$%s\"", series_label(label),
                          variable_name(board, label));
    }
}

const char *board_select_name(struct board *board, const struct family *family,
                              const char *name, const char *more) {
    struct strbuf matchers = {0};
    strbuf_printf(&matchers, "%s,service=~\"$service\"", board_node_matchers);
    add_label_matchers(board, family, &matchers);
    if (*more)
        strbuf_printf(&matchers, ",%s", more);
    const char *text = dashboard_text(&board->dashboard, "%s{%s}", name,
                                      matchers.failed ? "" : matchers.data);
    board->dashboard.failed |= matchers.failed;
    strbuf_free(&matchers);
    return text;
}

const char *board_select(struct board *board, const struct family *family,
                         const char *suffix, const char *more) {
    return board_select_name(
        board, family,
        dashboard_text(&board->dashboard, "%s%s", family->name, suffix), more);
}

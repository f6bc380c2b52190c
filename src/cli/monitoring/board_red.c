/* The dashboard of rate, errors and duration. */
#include <stdlib.h>

#include "cli/monitoring/boards.h"
#include "cli/monitoring/operation.h"

static const struct board_name name = {
    "red",
    "Tallyman: rate, errors, duration",
    "How often things are done, how often that fails, and how long it takes, "
    "as the families with a label such as status, and those of latencies, "
    "tell.",
    "now-6h",
    true,
    true};

static bool wanted(const struct family *family) {
    return operation_has(family) || operation_errors(family);
}

/* All operations side by side. */
static void add_overview(struct board *board, const struct operation *list,
                         size_t count) {
    struct panel rate = {.kind = PANEL_LINES,
                         .title = "Rate",
                         .description = "Per second, over all nodes.",
                         .unit = "cps",
                         .width = 8,
                         .height = 8,
                         .from_zero = true};
    struct panel errors = {.kind = PANEL_LINES,
                           .title = "Errors",
                           .description = "Share of all. The dashed line is "
                                          "the objective.",
                           .unit = "percentunit",
                           .width = 8,
                           .height = 8,
                           .from_zero = true};
    struct panel duration = {.kind = PANEL_LINES,
                             .title = "Duration, p95",
                             .unit = "s",
                             .width = 8,
                             .height = 8,
                             .from_zero = true};
    struct threshold thresholds[2];
    panel_limit_errors(&errors, thresholds);
    for (size_t i = 0; i < count; i++) {
        const char *legend = operation_name(board, &list[i]);
        board_query(board, &rate, legend,
                    board_rate(board, list[i].rate, "", ""));
        if (list[i].role.error_label)
            board_query(board, &errors, legend,
                        board_error_ratio(board, list[i].rate, ""));
        if (list[i].duration)
            board_query(board, &duration, legend,
                        board_quantile(board, list[i].duration, "0.95", "", ""))
                ->unit = operation_unit(list[i].duration);
    }
    board_panel(board, &rate);
    board_panel(board, &errors);
    board_panel(board, &duration);
}

static void add_rate(struct board *board, const struct operation *operation,
                     int width) {
    const char *label = operation->role.error_label;
    struct panel panel = {.kind = PANEL_LINES,
                          .title = "Rate",
                          .description = operation->rate->help,
                          .unit = "cps",
                          .width = width,
                          .height = 8,
                          .from_zero = true};
    panel_query(&panel, board_legend(board, label, "all"),
                board_rate(board, operation->rate, label ? label : "", ""));
    board_panel(board, &panel);
}

static void add_errors(struct board *board, const struct operation *operation,
                       int width) {
    struct panel panel = {
        .kind = PANEL_LINES,
        .title = "Errors",
        .description = dashboard_text(
            &board->dashboard,
            "Share of those with one of the values %s in the label %s. The "
            "dashed line is the objective.",
            operation->role.error_values, operation->role.error_label),
        .unit = "percentunit",
        .width = width,
        .height = 8,
        .from_zero = true};
    struct threshold thresholds[2];
    panel_limit_errors(&panel, thresholds);
    panel_query(&panel, "errors",
                board_error_ratio(board, operation->rate, ""));
    board_panel(board, &panel);
}

static void add_duration(struct board *board, const struct family *family,
                         int width) {
    const struct threshold thresholds[] = {{-INFINITY, "green"},
                                           {family_role(family).target, "red"}};
    struct panel panel = {.kind = PANEL_LINES,
                          .title = "Duration",
                          .description = family->help,
                          .unit = family_unit(family),
                          .width = width,
                          .height = 8,
                          .from_zero = true,
                          .limits = true,
                          .thresholds = thresholds,
                          .threshold_count = 2};
    board_bands(board, &panel, family, "");
    board_panel(board, &panel);
}

/* What is done most, what fails most and what takes longest. */
static void add_table(struct board *board, const struct operation *operation) {
    const char *label =
        family_main_label(operation->rate, operation->role.error_label);
    struct panel panel = {
        .kind = PANEL_TABLE,
        .title = dashboard_text(&board->dashboard, "By %s", label ? label : ""),
        .unit = "cps",
        .width = GRID_WIDTH,
        .height = 8};
    if (!label)
        return;
    panel_query(&panel, "Rate", board_rate(board, operation->rate, label, ""));
    if (operation->role.error_label)
        panel_query(&panel, "Errors",
                    board_error_ratio(board, operation->rate, label))
            ->unit = "percentunit";
    if (operation->duration && family_has_label(operation->duration, label))
        panel_query(
            &panel, "p95",
            board_quantile(board, operation->duration, "0.95", label, ""))
            ->unit = family_unit(operation->duration);
    board_panel(board, &panel);
}

static void add_operation(struct board *board,
                          const struct operation *operation) {
    const bool fails = operation->role.error_label != NULL;
    const int width = GRID_WIDTH / (1 + fails + (operation->duration != NULL));
    dashboard_row(&board->dashboard, board_heading(board, operation->rate));
    add_rate(board, operation, width);
    if (fails)
        add_errors(board, operation, width);
    if (operation->duration)
        add_duration(board, operation->duration, width);
    add_table(board, operation);
}

static void add_error_counters(struct board *board) {
    dashboard_row(&board->dashboard, "Errors that are counted alone");
    for (size_t i = 0; i < board->count; i++) {
        const struct family *family = board->families[i];
        const char *label = family_main_label(family, NULL);
        struct panel panel = {.kind = PANEL_LINES,
                              .title = family->name,
                              .description = family->help,
                              .unit = family_rate_unit(family),
                              .width = 8,
                              .height = 8,
                              .from_zero = true};
        if (!operation_errors(family))
            continue;
        panel_query(&panel, board_legend(board, label, "errors"),
                    board_rate(board, family, label ? label : "", ""));
        board_panel(board, &panel);
    }
}

int board_red_add(const struct monitoring *monitoring, struct output *output) {
    struct board board;
    struct operation *list;
    board_init(&board, monitoring, wanted);
    const size_t count = operations_find(&board, &list);
    if (board.count == 0 || !list) {
        board_drop(&board);
        free(list);
        return list ? 1 : -1;
    }
    board_begin(&board, output, &name);
    board_label_variables(&board, 8);
    if (count > 1) {
        dashboard_row(&board.dashboard, "All");
        add_overview(&board, list, count);
    }
    for (size_t i = 0; i < count; i++)
        add_operation(&board, &list[i]);
    add_error_counters(&board);
    free(list);
    return board_end(&board);
}

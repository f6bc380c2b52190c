/* The dashboard of the four golden signals. */
#include <stdlib.h>
#include <string.h>

#include "cli/monitoring/boards.h"
#include "cli/monitoring/operation.h"

static const struct board_name name = {
    "golden",
    "Tallyman: golden signals",
    "Latency, traffic, errors and saturation of everything that the "
    "configuration counts, on one page.",
    "now-6h",
    true,
    true};

/* A gauge of how full something is, by its name. */
static bool saturates(const struct family *family) {
    static const char *const words[] = {
        "queue",   "queued",  "depth",       "backlog",     "pending",
        "waiting", "flight",  "inflight",    "lag",         "used",
        "usage",   "active",  "connections", "utilization", "utilisation",
        "load",    "workers", "saturation",  NULL};
    return metric_shape(family->type) == SHAPE_VALUE &&
           family_has_word(family, words);
}

static bool is_traffic(const struct family *family) {
    return strcmp(family->name, "web_page_views_total") == 0;
}

static bool wanted(const struct family *family) {
    return operation_has(family) || operation_errors(family) ||
           family_role(family).vital || saturates(family) || is_traffic(family);
}

static struct panel graph(const char *title, const char *description,
                          const char *unit, int width) {
    return (struct panel){.kind = PANEL_LINES,
                          .title = title,
                          .description = description,
                          .unit = unit,
                          .width = width,
                          .height = 9,
                          .from_zero = true};
}

struct golden {
    struct board *board;
    const struct operation *list;
    size_t count;
};

/* A failed answer may be quick, and would make the others look good. */
static void add_split(struct golden *golden, struct panel *panel,
                      const struct operation *operation) {
    struct board *board = golden->board;
    const struct family *family = operation->duration;
    const struct family_role role = family_role(family);
    const char *base = operation_name(board, operation);
    if (!role.error_label) {
        board_query(board, panel, base,
                    board_quantile(board, family, "0.95", "", ""))
            ->unit = operation_unit(family);
        return;
    }
    board_query(
        board, panel, dashboard_text(&board->dashboard, "%s, succeeded", base),
        board_quantile(board, family, "0.95", "",
                       dashboard_text(&board->dashboard, "%s!~\"%s\"",
                                      role.error_label, role.error_values)))
        ->unit = operation_unit(family);
    board_query(
        board, panel, dashboard_text(&board->dashboard, "%s, failed", base),
        board_quantile(board, family, "0.95", "",
                       dashboard_text(&board->dashboard, "%s=~\"%s\"",
                                      role.error_label, role.error_values)))
        ->unit = operation_unit(family);
}

static void add_latency(struct golden *golden) {
    struct board *board = golden->board;
    struct panel median = graph("Median", "Half of all were quicker.", "s", 12);
    struct panel slow =
        graph("p95", "One in twenty was slower. Those that failed stand apart.",
              "s", 12);
    struct panel pages =
        graph("Web vitals, p75",
              "Three quarters of the page views were better.", "s", GRID_WIDTH);
    dashboard_row(&board->dashboard, "Latency");
    for (size_t i = 0; i < golden->count; i++) {
        if (!golden->list[i].duration)
            continue;
        board_query(
            board, &median, operation_name(board, &golden->list[i]),
            board_quantile(board, golden->list[i].duration, "0.5", "", ""))
            ->unit = operation_unit(golden->list[i].duration);
        add_split(golden, &slow, &golden->list[i]);
    }
    for (size_t i = 0; i < board->count; i++)
        if (family_role(board->families[i]).vital &&
            strcmp(family_unit(board->families[i]), "s") == 0)
            board_query(
                board, &pages, board->families[i]->name,
                board_quantile(board, board->families[i], "0.75", "", ""));
    board_panel(board, &median);
    board_panel(board, &slow);
    board_panel(board, &pages);
}

static void add_traffic(struct golden *golden) {
    struct board *board = golden->board;
    struct panel panel =
        graph("Rate", "Per second, over all nodes.", "cps", GRID_WIDTH);
    dashboard_row(&board->dashboard, "Traffic");
    for (size_t i = 0; i < golden->count; i++)
        board_query(board, &panel, operation_name(board, &golden->list[i]),
                    board_rate(board, golden->list[i].rate, "", ""));
    for (size_t i = 0; i < board->count; i++)
        if (is_traffic(board->families[i]))
            board_query(board, &panel, "page views",
                        board_rate(board, board->families[i], "", ""));
    board_panel(board, &panel);
}

static void add_errors(struct golden *golden) {
    struct board *board = golden->board;
    struct threshold thresholds[2];
    struct panel ratio =
        graph("Error ratio", "Share of all. The dashed line is the objective.",
              "percentunit", 12);
    struct panel alone =
        graph("Errors", "Per second, over all nodes.", "cps", 12);
    panel_limit_errors(&ratio, thresholds);
    dashboard_row(&board->dashboard, "Errors");
    for (size_t i = 0; i < golden->count; i++)
        if (golden->list[i].role.error_label)
            board_query(board, &ratio, operation_name(board, &golden->list[i]),
                        board_error_ratio(board, golden->list[i].rate, ""));
    for (size_t i = 0; i < board->count; i++)
        if (operation_errors(board->families[i]))
            board_query(board, &alone, board->families[i]->name,
                        board_rate(board, board->families[i], "", ""));
    board_panel(board, &ratio);
    board_panel(board, &alone);
}

static void add_gauges(struct board *board) {
    struct panel panel =
        graph("What is full", "Gauges of queues and the like.", "short", 12);
    for (size_t i = 0; i < board->count; i++)
        if (saturates(board->families[i]))
            board_query(board, &panel, board->families[i]->name,
                        board_gauge(board, board->families[i], ""));
    board_panel(board, &panel);
}

/* Of the way that the numbers themselves take. */
static void add_saturation(struct golden *golden) {
    struct board *board = golden->board;
    struct dashboard *dashboard = &board->dashboard;
    struct panel commit = graph(
        "Tallyman: time to commit, p99",
        "What every push waits for. Pushes are shared out in fewer, larger "
        "commits as it grows.",
        "s", 12);
    dashboard_row(dashboard, "Saturation");
    add_gauges(board);
    panel_query(&commit, "{{instance}}",
                dashboard_text(dashboard,
                               "histogram_quantile(0.99, sum by (instance, le) "
                               "(rate(tallyman_commit_seconds_bucket{%s}"
                               "[$__rate_interval])))",
                               board_node_matchers));
    board_panel(board, &commit);
}

int board_golden_add(const struct monitoring *monitoring,
                     struct output *output) {
    struct board board;
    struct operation *list;
    board_init(&board, monitoring, wanted);
    struct golden golden = {&board, NULL, operations_find(&board, &list)};
    golden.list = list;
    if (board.count == 0 || !list) {
        board_drop(&board);
        free(list);
        return list ? 1 : -1;
    }
    board_begin(&board, output, &name);
    board_label_variables(&board, 4);
    add_latency(&golden);
    add_traffic(&golden);
    add_errors(&golden);
    add_saturation(&golden);
    free(list);
    return board_end(&board);
}

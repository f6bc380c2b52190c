/* The dashboard of what the business counts: the counters and gauges of the
 * configuration that are its own. */
#include <string.h>

#include "cli/monitoring/boards.h"
#include "cli/monitoring/operation.h"

static const struct board_name name = {
    "kpi",
    "Tallyman: business figures",
    "What the configuration counts for you: totals or means of the time that "
    "is shown, by each label, and against the week before.",
    "now-7d",
    true,
    true};

/* More ranks than that are not read. */
enum { RANKS_MAX = 4 };

static bool wanted(const struct family *family) {
    static const char *const others[] = {"web_", "performance_timing_",
                                         "tallyman_", "grafana_analytics_"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (family_begins(family, others[i]))
            return false;
    /* What times requests is on the dashboard red. */
    return metric_shape(family->type) != SHAPE_BUCKETS ||
           !operation_has(family);
}

/* What each observation counts as, and of other families their own unit. */
static const char *count_unit(const struct family *family) {
    return metric_observes(family->type) ? "short" : family_unit(family);
}

static const char *mean(struct board *board, const struct family *family,
                        const char *window) {
    return dashboard_text(&board->dashboard, "sum (increase(%s[%s])) / %s",
                          board_select(board, family, "_sum", ""), window,
                          board_increase(board, family, "", window, ""));
}

static void add_number(struct board *board, const struct family *family) {
    struct panel panel = {.kind = PANEL_STAT,
                          .title = family->name,
                          .description = family->help,
                          .unit = family_unit(family),
                          .width = 4,
                          .height = 4};
    if (metric_shape(family->type) == SHAPE_TOTAL)
        panel_query(&panel, "total",
                    board_increase(board, family, "", "$__range", ""))
            ->whole_range = true;
    else if (family_sum_falls(family))
        panel_query(&panel, "median",
                    board_quantile(board, family, "0.5", "", ""));
    else if (metric_observes(family->type))
        panel_query(&panel, "mean", mean(board, family, "$__range"))
            ->whole_range = true;
    else
        panel_query(&panel, "now", board_gauge(board, family, ""));
    board_panel(board, &panel);
}

static void add_course(struct board *board, const struct family *family,
                       const char *label) {
    struct panel panel = {.kind = PANEL_BARS,
                          .title = "Over time",
                          .description = "How many there were within each bar.",
                          .unit = count_unit(family),
                          .interval = "5m",
                          .width = 14,
                          .height = 8,
                          .from_zero = true};
    panel_query(
        &panel, board_legend(board, label, "all"),
        board_increase(board, family, label ? label : "", "$__interval", ""));
    board_panel(board, &panel);
}

static void add_comparison(struct board *board, const struct family *family) {
    struct panel panel = {.kind = PANEL_LINES,
                          .title = "An hour, against the week before",
                          .unit = count_unit(family),
                          .width = 10,
                          .height = 8,
                          .from_zero = true};
    panel_query(&panel, "now", board_increase(board, family, "", "1h", ""));
    panel_query(&panel, "a week before",
                board_increase(board, family, "", "1h", "1w"))
        ->color = "#808080";
    board_panel(board, &panel);
}

/* The most frequent values of each label. */
static void add_ranks(struct board *board, const struct family *family) {
    const int count =
        family->label_count < RANKS_MAX ? (int)family->label_count : RANKS_MAX;
    for (int i = 0; i < count; i++) {
        const char *label = series_label(family->labels[i].name);
        struct panel panel = {
            .kind = PANEL_RANK,
            .title = dashboard_text(&board->dashboard, "By %s", label),
            .description = "The ten most frequent, over the time that is "
                           "shown.",
            .unit = count_unit(family),
            .width = GRID_WIDTH / count,
            .height = 8,
            .from_zero = true};
        panel_query(&panel, board_legend(board, label, ""),
                    dashboard_text(
                        &board->dashboard, "sort_desc(topk(10, %s))",
                        board_increase(board, family, label, "$__range", "")))
            ->whole_range = true;
        board_panel(board, &panel);
    }
}

/* How large the observations are. */
static void add_sizes(struct board *board, const struct family *family) {
    struct panel panel = {.kind = PANEL_LINES,
                          .title = "Percentiles",
                          .description = family->help,
                          .unit = family_unit(family),
                          .interval = "5m",
                          .width = GRID_WIDTH,
                          .height = 8};
    if (metric_shape(family->type) == SHAPE_BUCKETS) {
        board_bands(board, &panel, family, "");
    } else {
        panel.title = "Mean";
        panel_query(&panel, "mean", mean(board, family, "$__rate_interval"));
    }
    board_panel(board, &panel);
}

static void add_gauge(struct board *board, const struct family *family,
                      const char *label) {
    struct panel panel = {.kind = PANEL_LINES,
                          .title = "Over time",
                          .description = family->help,
                          .unit = family_unit(family),
                          .width = GRID_WIDTH,
                          .height = 8};
    panel_query(&panel, board_legend(board, label, "now"),
                board_gauge(board, family, label ? label : ""));
    board_panel(board, &panel);
}

static void add_family(struct board *board, const struct family *family) {
    const char *label = family_main_label(family, NULL);
    dashboard_row(&board->dashboard, board_heading(board, family));
    if (metric_shape(family->type) == SHAPE_VALUE) {
        add_gauge(board, family, label);
        return;
    }
    if (metric_observes(family->type))
        add_sizes(board, family);
    add_course(board, family, label);
    add_comparison(board, family);
    add_ranks(board, family);
}

int board_kpi_add(const struct monitoring *monitoring, struct output *output) {
    struct board board;
    board_init(&board, monitoring, wanted);
    if (board.count == 0) {
        board_drop(&board);
        return board.dashboard.failed ? -1 : 1;
    }
    board_begin(&board, output, &name);
    board_label_variables(&board, 8);
    dashboard_row(&board.dashboard, "At a glance");
    for (size_t i = 0; i < board.count; i++)
        add_number(&board, board.families[i]);
    for (size_t i = 0; i < board.count; i++)
        add_family(&board, board.families[i]);
    return board_end(&board);
}

/* The dashboard of what the browser client collects: how fast pages are for
 * those who look at them. */
#include <string.h>

#include "cli/monitoring/boards.h"
#include "cli/monitoring/operation.h"

static const struct board_name name = {
    "web-vitals",
    "Tallyman: web vitals",
    "How fast pages are for those who look at them, and what goes wrong in "
    "their browsers. Good and poor are the limits of web.dev, for the p75.",
    "now-24h",
    true,
    true};

static const char page_views[] = "web_page_views_total";
static const char navigation[] = "web_navigation_seconds";

/* Requests are on the dashboard red. */
static bool wanted(const struct family *family) {
    return family_begins(family, "performance_timing_") ||
           (family_begins(family, "web_") && !operation_has(family));
}

static const struct family *find(const struct board *board,
                                 const char *family_name) {
    for (size_t i = 0; i < board->count; i++)
        if (strcmp(board->families[i]->name, family_name) == 0)
            return board->families[i];
    return NULL;
}

/* A layout shift is no percentage. */
static const char *vital_unit(const struct family *family) {
    return strcmp(family_unit(family), "s") == 0 ? "s" : "none";
}

static const char *vital_title(struct board *board,
                               const struct family *family) {
    static const char *const titles[][2] = {
        {"web_lcp_seconds", "Largest Contentful Paint"},
        {"web_fcp_seconds", "First Contentful Paint"},
        {"web_ttfb_seconds", "Time To First Byte"},
        {"web_inp_seconds", "Interaction to Next Paint"},
        {"web_cls_ratio", "Cumulative Layout Shift"}};
    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
        if (strcmp(family->name, titles[i][0]) == 0)
            return titles[i][1];
    return board_heading(board, family);
}

/* Good, to be improved, poor. */
static void set_colors(struct panel *panel, const struct family *family,
                       struct threshold colors[3]) {
    const struct family_role role = family_role(family);
    colors[0] = (struct threshold){-INFINITY, "green"};
    colors[1] = (struct threshold){role.target, "orange"};
    colors[2] = (struct threshold){role.poor, "red"};
    panel->thresholds = colors;
    panel->threshold_count = role.poor > role.target ? 3 : 2;
}

/* Of all the time that is shown, not of its last minutes. */
static const char *whole_quantile(struct board *board,
                                  const struct family *family,
                                  const char *quantile, const char *by) {
    return dashboard_text(
        &board->dashboard,
        "histogram_quantile(%s, sum by (%s%sle) (increase(%s[$__range])))",
        quantile, by, *by ? ", " : "",
        board_select(board, family, "_bucket", ""));
}

static void add_numbers(struct board *board) {
    const struct family *views = find(board, page_views);
    struct panel count = {.kind = PANEL_STAT,
                          .title = "Page views",
                          .unit = "short",
                          .width = 4,
                          .height = 5};
    dashboard_row(&board->dashboard, "p75 of all page views in this time");
    for (size_t i = 0; i < board->count; i++) {
        const struct family *family = board->families[i];
        struct threshold colors[3];
        struct panel panel = {.kind = PANEL_STAT,
                              .title = vital_title(board, family),
                              .description = family->help,
                              .unit = vital_unit(family),
                              .width = 4,
                              .height = 5};
        if (!family_role(family).vital)
            continue;
        set_colors(&panel, family, colors);
        panel_query(&panel, "p75", whole_quantile(board, family, "0.75", ""))
            ->whole_range = true;
        board_panel(board, &panel);
    }
    if (!views)
        return;
    panel_query(&count, "views",
                board_increase(board, views, "", "$__range", ""))
        ->whole_range = true;
    board_panel(board, &count);
}

/* The whole of a page load, by the best that is there. */
static const struct family *find_response(const struct board *board,
                                          const char **more) {
    static const char *const families[] = {
        "performance_timing_loadEventEnd", "performance_timing_loadEventStart",
        "performance_timing_domComplete", "web_lcp_seconds"};
    const struct family *family = find(board, navigation);
    *more = "phase=\"load\"";
    if (family && family_has_value(family, "phase", "load"))
        return family;
    *more = "";
    family = NULL;
    for (size_t i = 0; !family && i < sizeof(families) / sizeof(families[0]);
         i++)
        family = find(board, families[i]);
    return family;
}

static void add_response_time(struct board *board) {
    const char *more;
    const struct family *family = find_response(board, &more);
    struct panel panel = {.kind = PANEL_LINES,
                          .title = "Frontend response time",
                          .unit = "s",
                          .width = GRID_WIDTH,
                          .height = 11,
                          .from_zero = true};
    if (!family || family->type != METRIC_HISTOGRAM)
        return;
    panel.description = dashboard_text(
        &board->dashboard,
        "From the click to the loaded page (%s%s%s). Between two lines are "
        "the users between two percentiles: a quarter of them from p50 to "
        "p75, a fifth from p75 to p95, and so on.",
        family->name, *more ? ", phase " : "", *more ? "load" : "");
    board_bands(board, &panel, family, more);
    dashboard_row(&board->dashboard, "Response time");
    board_panel(board, &panel);
}

static bool has_bound(const struct family *family, double bound) {
    for (size_t i = 0; i < family->bound_count; i++)
        if (family->bounds[i] >= bound && family->bounds[i] <= bound)
            return true;
    return false;
}

/* Observations up to a bound, per second. */
static const char *up_to(struct board *board, const struct family *family,
                         double bound) {
    return dashboard_text(
        &board->dashboard, "sum (rate(%s[$__rate_interval]))",
        board_select(board, family, "_bucket",
                     dashboard_text(&board->dashboard, "le=~\"%s\"",
                                    board_bound(board, bound))));
}

/* How many had it good, and how many not; where both limits are bounds. */
static void add_shares(struct board *board, const struct family *family) {
    const struct family_role role = family_role(family);
    const char *good = up_to(board, family, role.target);
    const char *fair = up_to(board, family, role.poor);
    const char *all = board_rate(board, family, "", "");
    struct panel panel = {.kind = PANEL_BARS,
                          .title = dashboard_text(&board->dashboard,
                                                  "%s: good, fair, poor",
                                                  vital_title(board, family)),
                          .description = family->help,
                          .unit = "cps",
                          .width = 12,
                          .height = 8,
                          .from_zero = true,
                          .percent = true};
    if (!has_bound(family, role.target) || !has_bound(family, role.poor))
        return;
    panel_query(&panel, "good", good)->color = "green";
    panel_query(&panel, "needs improvement",
                dashboard_text(&board->dashboard, "%s - %s", fair, good))
        ->color = "orange";
    panel_query(&panel, "poor",
                dashboard_text(&board->dashboard, "%s - %s", all, fair))
        ->color = "red";
    board_panel(board, &panel);
}

static void add_vital(struct board *board, const struct family *family) {
    struct threshold colors[3];
    struct panel panel = {.kind = PANEL_LINES,
                          .title = vital_title(board, family),
                          .description = family->help,
                          .unit = vital_unit(family),
                          .width = 12,
                          .height = 8,
                          .from_zero = true,
                          .limits = true};
    set_colors(&panel, family, colors);
    board_bands(board, &panel, family, "");
    board_panel(board, &panel);
    add_shares(board, family);
}

static void add_vitals(struct board *board) {
    dashboard_row(&board->dashboard, "Web vitals over time");
    for (size_t i = 0; i < board->count; i++)
        if (family_role(board->families[i]).vital)
            add_vital(board, board->families[i]);
}

static bool has_pages(const struct board *board) {
    for (size_t i = 0; i < board->count; i++)
        if (family_role(board->families[i]).vital &&
            family_has_label(board->families[i], "page"))
            return true;
    return false;
}

/* Which pages to begin with: the variables say for which users. */
static void add_pages(struct board *board) {
    const struct family *views = find(board, page_views);
    struct panel panel = {
        .kind = PANEL_TABLE,
        .title = "Pages",
        .description = "Of all page views in this time, at the quantile that "
                       "is chosen above.",
        .unit = "short",
        .width = GRID_WIDTH,
        .height = 10};
    if (!has_pages(board))
        return;
    if (views && family_has_label(views, "page"))
        panel_query(&panel, "Views",
                    board_increase(board, views, "page", "$__range", ""));
    for (size_t i = 0; i < board->count; i++) {
        const struct family *family = board->families[i];
        if (family_role(family).vital && family_has_label(family, "page"))
            panel_query(&panel, vital_title(board, family),
                        whole_quantile(board, family, "$quantile", "page"))
                ->unit = vital_unit(family);
    }
    dashboard_row(&board->dashboard, "By page");
    board_panel(board, &panel);
}

static void add_phases(struct board *board) {
    const struct family *family = find(board, navigation);
    struct panel panel = {.kind = PANEL_BARS,
                          .title = "Phases of a page load, mean",
                          .unit = "s",
                          .width = GRID_WIDTH,
                          .height = 9,
                          .from_zero = true};
    if (!family || !family_has_label(family, "phase"))
        return;
    panel.description = family->help;
    const char *parts = "phase!=\"load\"";
    panel_query(
        &panel, "{{phase}}",
        dashboard_text(&board->dashboard,
                       "sum by (phase) (rate(%s[$__rate_interval])) / %s",
                       board_select(board, family, "_sum", parts),
                       board_rate(board, family, "phase", parts)));
    board_panel(board, &panel);
}

/* The p75 of each step of a page load, as other clients have them. */
static void add_timings(struct board *board) {
    struct panel panel = {.kind = PANEL_LINES,
                          .title = "Steps of a page load, p75",
                          .unit = "s",
                          .width = GRID_WIDTH,
                          .height = 10,
                          .from_zero = true};
    for (size_t i = 0; i < board->count; i++) {
        const struct family *family = board->families[i];
        if (family->type == METRIC_HISTOGRAM &&
            family_begins(family, "performance_timing_"))
            board_query(board, &panel,
                        family->name + strlen("performance_timing_"),
                        board_quantile(board, family, "0.75", "", ""));
    }
    board_panel(board, &panel);
}

/* What stands above. */
static bool is_shown(const struct family *family) {
    return family_role(family).vital ||
           family_begins(family, "performance_timing_") ||
           strcmp(family->name, navigation) == 0 ||
           (family->type != METRIC_HISTOGRAM && family->type != METRIC_COUNTER);
}

static void add_other(struct board *board, const struct family *family) {
    const bool histogram = family->type == METRIC_HISTOGRAM;
    const char *label = family_main_label(family, "page");
    const char *by = label ? label : "";
    struct panel panel = {.kind = PANEL_LINES,
                          .title = family->name,
                          .description = family->help,
                          .unit = histogram ? family_unit(family)
                                            : family_rate_unit(family),
                          .width = 12,
                          .height = 8,
                          .from_zero = true};
    if (histogram)
        panel.title =
            dashboard_text(&board->dashboard, "%s, p75", family->name);
    panel_query(&panel, board_legend(board, label, "all"),
                histogram ? board_quantile(board, family, "0.75", by, "")
                          : board_rate(board, family, by, ""));
    board_panel(board, &panel);
}

static void add_others(struct board *board) {
    dashboard_row(&board->dashboard, "Views, errors and what takes time");
    add_phases(board);
    add_timings(board);
    for (size_t i = 0; i < board->count; i++)
        if (!is_shown(board->families[i]))
            add_other(board, board->families[i]);
}

int board_vitals_add(const struct monitoring *monitoring,
                     struct output *output) {
    struct board board;
    board_init(&board, monitoring, wanted);
    if (board.count == 0) {
        board_drop(&board);
        return board.dashboard.failed ? -1 : 1;
    }
    board_begin(&board, output, &name);
    if (has_pages(&board))
        dashboard_choice(&board.dashboard, "quantile", "Quantile of pages",
                         "For the table of pages.", "0.75,0.5,0.9,0.95,0.99");
    board_label_variables(&board, 4);
    add_numbers(&board);
    add_response_time(&board);
    add_vitals(&board);
    add_pages(&board);
    add_others(&board);
    return board_end(&board);
}

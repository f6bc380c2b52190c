/* The dashboard of objectives and error budgets, from the recorded series of
 * rules/recording.yml: the raw ones would be too much for 30 days. */
#include <string.h>

#include "cli/monitoring/boards.h"

static const struct board_name name = {
    "slo",
    "Tallyman: objectives and error budgets",
    "Which share of the requests may fail (" SLO_ERRORS
    " succeed) or be slow (" SLO_LATENCY
    " are in time, of web vitals " SLO_VITALS
    "), how much of that is used up, and how fast it goes. From "
    "the recording rules; the alerts watch the same series.",
    "now-7d",
    true,
    false};

/* What is promised of a family. */
struct objective {
    const char *title;
    const char *ratio;  /* recorded series, without the window */
    const char *budget; /* recorded series */
    const char *target; /* the recorded series of it, or a number */
    const char *said;
};
static const struct objective errors = {"errors", "family:error_ratio:rate",
                                        "family:error_budget:remaining30d",
                                        SLO_ERRORS, SLO_ERRORS};
static const struct objective latency = {
    "latency", "family:slow_ratio:rate", "family:latency_budget:remaining30d",
    "family:latency:objective", SLO_LATENCY " (web vitals: " SLO_VITALS ")"};

static const struct threshold budget_colors[] = {
    {-INFINITY, "red"}, {0, "orange"}, {0.25, "yellow"}, {0.5, "green"}};

/* A month's budget in two days, in five, and in a month: as the alerts. */
static const struct threshold burn_colors[] = {
    {-INFINITY, "green"}, {1, "yellow"}, {6, "orange"}, {14.4, "red"}};

/* A counter beside it has the errors of a histogram a second time. */
static bool fails(const struct board *board, const struct family *family) {
    return family_role(family).error_label &&
           !family_counter(&board->monitoring->config->registry, family);
}

static bool wanted(const struct family *family) {
    const struct family_role role = family_role(family);
    return role.error_label || role.latency;
}

/* A recorded series of one family, or of all without one. */
static const char *recorded(struct board *board, const char *series,
                            const char *window, const struct family *family) {
    struct dashboard *dashboard = &board->dashboard;
    const char *only =
        family ? dashboard_text(dashboard, ",family=\"%.*s\"",
                                monitoring_base(board->monitoring, family),
                                family->name)
               : "";
    return dashboard_text(dashboard,
                          "%s%s{environment=~\"$environment\","
                          "service=~\"$service\"%s}",
                          series, window, only);
}

/* Of each family the worst of its services and environments. */
static const char *worst(struct board *board, const char *by,
                         const char *expr) {
    return dashboard_text(&board->dashboard, "%s by (family) (%s)", by, expr);
}

static const char *least(struct board *board, const char *series,
                         const struct family *family) {
    return worst(board, "min", recorded(board, series, "", family));
}

static const char *burn(struct board *board, const struct objective *objective,
                        const char *window, const struct family *family) {
    const char *target = strchr(objective->target, ':')
                             ? recorded(board, objective->target, "", family)
                             : objective->target;
    return worst(
        board, "max",
        dashboard_text(&board->dashboard, "%s / (1 - %s)",
                       recorded(board, objective->ratio, window, family),
                       target));
}

/* All families at once. */
static void add_overview(struct board *board,
                         const struct objective *objective) {
    struct panel panel = {
        .kind = PANEL_TABLE,
        .title = dashboard_text(&board->dashboard, "All families, %s",
                                objective->title),
        .description = dashboard_text(
            &board->dashboard,
            "Objective %s. Left: of the budget of 30 days, 0 is used up. Burn "
            "rate: 1 uses the budget up in just 30 days.",
            objective->said),
        .unit = "percentunit",
        .width = 12,
        .height = 9,
        .thresholds = budget_colors,
        .threshold_count = sizeof(budget_colors) / sizeof(budget_colors[0])};
    panel_query(&panel, "Left", least(board, objective->budget, NULL));
    panel_query(&panel, "Burn rate 1h", burn(board, objective, "1h", NULL))
        ->unit = "none";
    panel_query(&panel, "Burn rate 6h", burn(board, objective, "6h", NULL))
        ->unit = "none";
    panel_query(
        &panel, "3 days",
        worst(board, "max", recorded(board, objective->ratio, "3d", NULL)));
    board_panel(board, &panel);
}

static void add_left(struct board *board, const struct objective *objective,
                     const struct family *family) {
    struct panel panel = {
        .kind = PANEL_STAT,
        .title = dashboard_text(&board->dashboard, "Budget left, %s",
                                objective->title),
        .description = "Of what may go wrong in 30 days.",
        .unit = "percentunit",
        .width = 4,
        .height = 8,
        .thresholds = budget_colors,
        .threshold_count = sizeof(budget_colors) / sizeof(budget_colors[0])};
    panel_query(&panel, "left", least(board, objective->budget, family));
    board_panel(board, &panel);
}

static void add_burn(struct board *board, const struct objective *objective,
                     const struct family *family) {
    static const char *const windows[] = {"5m", "1h", "6h", "3d"};
    struct panel panel = {
        .kind = PANEL_LINES,
        .title = dashboard_text(&board->dashboard, "Burn rate, %s",
                                objective->title),
        .description = "How many times faster than permitted the budget goes. "
                       "Above 14.4 over an hour somebody is woken up.",
        .unit = "none",
        .width = 10,
        .height = 8,
        .from_zero = true,
        .limits = true,
        .thresholds = burn_colors,
        .threshold_count = sizeof(burn_colors) / sizeof(burn_colors[0])};
    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++)
        panel_query(&panel, windows[i],
                    burn(board, objective, windows[i], family));
    board_panel(board, &panel);
}

static void add_course(struct board *board, const struct objective *objective,
                       const struct family *family) {
    struct panel panel = {.kind = PANEL_LINES,
                          .title = dashboard_text(&board->dashboard,
                                                  "Budget left, %s, over time",
                                                  objective->title),
                          .unit = "percentunit",
                          .width = 10,
                          .height = 8,
                          .max = 1};
    panel_query(&panel, "left", least(board, objective->budget, family));
    board_panel(board, &panel);
}

static void add_family(struct board *board, const struct family *family) {
    const struct family_role role = family_role(family);
    const struct objective *objectives[] = {
        fails(board, family) ? &errors : NULL, role.latency ? &latency : NULL};
    dashboard_row(&board->dashboard, board_heading(board, family));
    for (size_t i = 0; i < 2; i++) {
        if (!objectives[i])
            continue;
        add_left(board, objectives[i], family);
        add_burn(board, objectives[i], family);
        add_course(board, objectives[i], family);
    }
}

int board_slo_add(const struct monitoring *monitoring, struct output *output) {
    struct board board;
    bool any_fails = false;
    bool any_slow = false;
    board_init(&board, monitoring, wanted);
    for (size_t i = 0; i < board.count; i++) {
        any_fails = any_fails || fails(&board, board.families[i]);
        any_slow = any_slow || family_role(board.families[i]).latency;
    }
    if (board.count == 0) {
        board_drop(&board);
        return board.dashboard.failed ? -1 : 1;
    }
    board_begin(&board, output, &name);
    dashboard_row(&board.dashboard, "All");
    if (any_fails)
        add_overview(&board, &errors);
    if (any_slow)
        add_overview(&board, &latency);
    for (size_t i = 0; i < board.count; i++)
        add_family(&board, board.families[i]);
    return board_end(&board);
}

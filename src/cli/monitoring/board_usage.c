/* The dashboard of who uses which Grafana dashboard. */
#include <string.h>

#include "cli/monitoring/boards.h"

static const struct board_name name = {
    "grafana-usage",
    "Tallyman: Grafana usage",
    "Which dashboards people open, how long they look at them, and which "
    "nobody needs.",
    "now-30d",
    false,
    true};

#define SESSIONS "grafana_analytics_sessions_total"
#define DURATION "grafana_analytics_sessions_duration_seconds_total"
#define FOCUSED "grafana_analytics_sessions_focused_seconds_total"
#define ACTIVE "grafana_analytics_sessions_active"
#define LENGTHS "grafana_analytics_session_duration_seconds_bucket"
#define VARIABLES "grafana_analytics_variables_"

/* What the sessions can be told apart by, while it is not switched off. */
static const char *const filters[] = {"dashboard_name", "grafana_env",
                                      "user_role"};
enum { FILTERS = sizeof(filters) / sizeof(filters[0]) };

static bool has_label(const struct board *board, const char *label) {
    const struct string_list *dropped =
        &board->monitoring->config->sessions.drop_labels;
    for (size_t i = 0; i < dropped->count; i++)
        if (strcmp(dropped->strings[i], label) == 0)
            return false;
    return strcmp(label, "user_login") != 0 ||
           board->monitoring->config->sessions.user_labels != USER_LABELS_OFF;
}

/* The series, narrowed down by those variables that are its labels. */
static const char *sessions(struct board *board, const char *series) {
    struct strbuf text = {0};
    const bool few = strcmp(series, LENGTHS) == 0 ||
                     strncmp(series, VARIABLES, strlen(VARIABLES)) == 0;
    strbuf_printf(&text, "%s{%s", series, board_node_matchers);
    for (size_t i = 0; i < (few ? 1 : FILTERS); i++)
        if (has_label(board, filters[i]))
            strbuf_printf(&text, ",%s=~\"$%s\"", filters[i], filters[i]);
    strbuf_add_char(&text, '}');
    const char *copy =
        dashboard_text(&board->dashboard, "%s", text.failed ? "" : text.data);
    board->dashboard.failed |= text.failed;
    strbuf_free(&text);
    return copy;
}

static const char *increase(struct board *board, const char *by,
                            const char *series, const char *window) {
    const char *created =
        dashboard_text(&board->dashboard, "%.*s_created",
                       (int)(strlen(series) - strlen("_total")), series);
    return dashboard_text(&board->dashboard, "sum%s%s%s (%s)",
                          *by ? " by (" : "", by, *by ? ")" : "",
                          board_gained(board, sessions(board, series),
                                       sessions(board, created), window));
}

static void add_stat(struct board *board, const char *title,
                     const char *description, const char *unit,
                     const char *expr, bool whole_range) {
    struct panel panel = {.kind = PANEL_STAT,
                          .title = title,
                          .description = description,
                          .unit = unit,
                          .width = 4,
                          .height = 5};
    panel_query(&panel, title, expr)->whole_range = whole_range;
    board_panel(board, &panel);
}

static void add_numbers(struct board *board) {
    struct dashboard *dashboard = &board->dashboard;
    const char *all = increase(board, "", SESSIONS, "$__range");
    const char *time = increase(board, "", DURATION, "$__range");
    dashboard_row(dashboard, "In this time");
    add_stat(board, "Open now", "Dashboards that somebody has open.", "short",
             dashboard_text(dashboard, "sum (%s)", sessions(board, ACTIVE)),
             false);
    add_stat(board, "Opened", "How often dashboards were opened.", "short", all,
             true);
    add_stat(board, "Time open", "Of all sessions together.", "s", time, true);
    add_stat(board, "In focus",
             "Share of the time in which the dashboard was in the foreground.",
             "percentunit",
             dashboard_text(dashboard, "%s / %s",
                            increase(board, "", FOCUSED, "$__range"), time),
             true);
    add_stat(board, "Median session", "Half of all were shorter.", "s",
             dashboard_text(dashboard,
                            "histogram_quantile(0.5, sum by (le) "
                            "(increase(%s[$__range])))",
                            sessions(board, LENGTHS)),
             true);
    if (has_label(board, "user_login"))
        add_stat(
            board, "People", "Who has opened a dashboard.", "short",
            dashboard_text(dashboard, "count (%s > 0)",
                           increase(board, "user_login", SESSIONS, "$__range")),
            true);
}

static void add_course(struct board *board) {
    struct panel opened = {.kind = PANEL_BARS,
                           .title = "Opened",
                           .description = "How often, within each bar.",
                           .unit = "short",
                           .interval = "1h",
                           .width = 12,
                           .height = 8,
                           .from_zero = true};
    struct panel active = {.kind = PANEL_LINES,
                           .title = "Open at the same time",
                           .unit = "short",
                           .width = 12,
                           .height = 8,
                           .from_zero = true};
    const char *by = has_label(board, "user_role") ? "user_role" : "";
    panel_query(&opened, board_legend(board, by, "all"),
                increase(board, by, SESSIONS, "$__interval"));
    panel_query(
        &active, "open",
        dashboard_text(&board->dashboard, "sum (%s)", sessions(board, ACTIVE)));
    board_panel(board, &opened);
    board_panel(board, &active);
}

/* Those that nobody has opened in this time stand at its end, with 0. */
static void add_dashboards(struct board *board) {
    struct dashboard *dashboard = &board->dashboard;
    const char *by = "dashboard_name";
    struct panel panel = {.kind = PANEL_TABLE,
                          .title = "Dashboards",
                          .description =
                              "Those at the end, with 0, were not opened in "
                              "this time: candidates for removal.",
                          .unit = "s",
                          .width = GRID_WIDTH,
                          .height = 12};
    if (!has_label(board, by))
        return;
    dashboard_row(dashboard, "By dashboard");
    panel_query(&panel, "Time in focus",
                increase(board, by, FOCUSED, "$__range"));
    panel_query(&panel, "Time open", increase(board, by, DURATION, "$__range"));
    panel_query(&panel, "Opened", increase(board, by, SESSIONS, "$__range"))
        ->unit = "short";
    panel_query(&panel, "Median session",
                dashboard_text(dashboard,
                               "histogram_quantile(0.5, sum by (%s, le) "
                               "(increase(%s[$__range])))",
                               by, sessions(board, LENGTHS)));
    if (has_label(board, "user_login"))
        panel_query(&panel, "People",
                    dashboard_text(dashboard, "count by (%s) (%s > 0)", by,
                                   increase(board, "dashboard_name, user_login",
                                            SESSIONS, "$__range")))
            ->unit = "short";
    board_panel(board, &panel);
}

static void add_rank(struct board *board, const char *label,
                     const char *title) {
    struct panel panel = {.kind = PANEL_RANK,
                          .title = title,
                          .description = "Sessions, over the time that is "
                                         "shown; the ten most frequent.",
                          .unit = "short",
                          .width = 8,
                          .height = 8,
                          .from_zero = true};
    if (!has_label(board, label))
        return;
    panel_query(&panel, board_legend(board, label, ""),
                dashboard_text(&board->dashboard, "sort_desc(topk(10, %s))",
                               increase(board, label, SESSIONS, "$__range")));
    board_panel(board, &panel);
}

static void add_variables(struct board *board) {
    struct panel panel = {.kind = PANEL_TABLE,
                          .title = "Values of dashboard variables",
                          .description = "With which values dashboards were "
                                         "opened.",
                          .unit = "short",
                          .width = GRID_WIDTH,
                          .height = 10};
    if (board->monitoring->config->sessions.variables.count == 0)
        return;
    panel_query(&panel, "Sessions",
                increase(board,
                         has_label(board, "dashboard_name")
                             ? "dashboard_name, variable, value"
                             : "variable, value",
                         VARIABLES "total", "$__range"));
    board_panel(board, &panel);
}

int board_usage_add(const struct monitoring *monitoring,
                    struct output *output) {
    struct board board;
    if (!monitoring->config->sessions.enabled)
        return 1;
    board_init(&board, monitoring, NULL);
    board_begin(&board, output, &name);
    for (size_t i = 0; i < FILTERS; i++)
        if (has_label(&board, filters[i]))
            dashboard_variable(&board.dashboard, filters[i], filters[i],
                               dashboard_text(&board.dashboard,
                                              "label_values(" SESSIONS
                                              "{%s}, %s)",
                                              board_node_matchers, filters[i]));
    add_numbers(&board);
    add_course(&board);
    add_dashboards(&board);
    dashboard_row(&board.dashboard, "Who");
    add_rank(&board, "user_role", "By role");
    add_rank(&board, "grafana_host", "By Grafana");
    add_rank(&board, "user_timezone", "By time zone");
    add_variables(&board);
    return board_end(&board);
}

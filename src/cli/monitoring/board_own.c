/* The dashboard of Tallyman itself. Its families are in no file: see
 * fcgi/telemetry.c and fcgi/scrape.c. */
#include <string.h>

#include "cli/monitoring/boards.h"

static const struct board_name name = {
    "tallyman",
    "Tallyman: itself",
    "Whether pushes are taken, how long that takes, what is refused and why, "
    "and how much room is left.",
    "now-6h",
    false,
    true};

static const struct threshold down_colors[] = {{-INFINITY, "red"},
                                               {1, "green"}};
static const struct threshold refused_colors[] = {
    {-INFINITY, "green"}, {0.01, "yellow"}, {0.1, "red"}};

/* Whether the nodes are all there: as bad as the worst. */
static void add_state(struct board *board, const char *title,
                      const char *description, const char *series) {
    struct panel panel = {.kind = PANEL_STAT,
                          .title = title,
                          .description = description,
                          .width = 3,
                          .height = 4,
                          .thresholds = down_colors,
                          .threshold_count = 2};
    panel_query(&panel, title,
                dashboard_text(&board->dashboard, "min (%s{%s})", series,
                               board_node_matchers));
    board_panel(board, &panel);
}

static void add_number(struct board *board, const char *title,
                       const char *description, const char *unit,
                       const char *expr) {
    struct panel panel = {.kind = PANEL_STAT,
                          .title = title,
                          .description = description,
                          .unit = unit,
                          .width = 3,
                          .height = 4};
    panel_query(&panel, title, expr);
    board_panel(board, &panel);
}

static void add_refused(struct board *board) {
    struct panel panel = {
        .kind = PANEL_STAT,
        .title = "Samples refused",
        .description = "Share of all samples; below it is told why.",
        .unit = "percentunit",
        .width = 6,
        .height = 4,
        .thresholds = refused_colors,
        .threshold_count = sizeof(refused_colors) / sizeof(refused_colors[0])};
    const char *nodes = board_node_matchers;
    panel_query(
        &panel, "refused",
        dashboard_text(
            &board->dashboard,
            "sum (rate(tallyman_samples_rejected_total{%s}[$__rate_interval]))"
            " / (sum (rate(tallyman_samples_rejected_total{%s}"
            "[$__rate_interval])) + "
            "sum (rate(tallyman_samples_total{%s}[$__rate_interval])))",
            nodes, nodes, nodes));
    board_panel(board, &panel);
}

/* Graphs beside each other. */
static struct panel graph(const char *title, const char *description,
                          const char *unit, int width) {
    return (struct panel){.kind = PANEL_LINES,
                          .title = title,
                          .description = description,
                          .unit = unit,
                          .width = width,
                          .height = 8,
                          .from_zero = true};
}

static void add_rate(struct board *board, const char *title,
                     const char *description, const char *series,
                     const char *by, const char *legend) {
    struct panel panel = graph(title, description, "cps", 12);
    panel_query(&panel, legend,
                dashboard_text(&board->dashboard,
                               "sum by (%s) (rate(%s{%s}[$__rate_interval]))",
                               by, series, board_node_matchers));
    board_panel(board, &panel);
}

/* Two quantiles of each node. */
static void add_quantiles(struct board *board, const char *title,
                          const char *description, const char *series,
                          const char *unit) {
    static const char *const quantiles[][2] = {{"0.5", "p50"}, {"0.99", "p99"}};
    struct panel panel = graph(title, description, unit, 8);
    for (size_t i = 0; i < 2; i++)
        panel_query(&panel,
                    dashboard_text(&board->dashboard, "{{instance}} %s",
                                   quantiles[i][1]),
                    dashboard_text(&board->dashboard,
                                   "histogram_quantile(%s, sum by (instance, "
                                   "le) (rate(%s_bucket{%s}"
                                   "[$__rate_interval])))",
                                   quantiles[i][0], series,
                                   board_node_matchers));
    board_panel(board, &panel);
}

static void add_gauge(struct board *board, const char *title,
                      const char *description, const char *series,
                      const char *unit) {
    struct panel panel = graph(title, description, unit, 8);
    panel_query(&panel, "{{instance}}",
                dashboard_text(&board->dashboard, "%s{%s}", series,
                               board_node_matchers));
    board_panel(board, &panel);
}

static void add_states(struct board *board) {
    struct dashboard *dashboard = &board->dashboard;
    const char *nodes = board_node_matchers;
    dashboard_row(dashboard, "Now");
    add_state(board, "Up", "1: all nodes answer, 0: one does not.", "up");
    add_state(board, "Configuration",
              "1: the files are in force, 0: a change was refused; the error "
              "log says why.",
              "tallyman_config_last_reload_successful");
    add_number(board, "Configurations",
               "More than one while nodes have different files.", "none",
               dashboard_text(dashboard,
                              "count (count_values (\"hash\", "
                              "tallyman_config_hash{%s}))",
                              nodes));
    add_number(
        board, "Versions", "More than one while nodes are updated.", "none",
        dashboard_text(dashboard,
                       "count (count by (version) (tallyman_build_info{%s}))",
                       nodes));
    add_number(board, "Pushes", "Acknowledged, over all nodes.", "cps",
               dashboard_text(dashboard,
                              "sum (rate(tallyman_pushes_total{%s}"
                              "[$__rate_interval]))",
                              nodes));
    add_refused(board);
    add_number(board, "Commit, p99", "What every push waits for.", "s",
               dashboard_text(dashboard,
                              "histogram_quantile(0.99, sum by (le) (rate("
                              "tallyman_commit_seconds_bucket{%s}"
                              "[$__rate_interval])))",
                              nodes));
}

/* Only where the browser's family is listed. */
static void add_sampling(struct board *board) {
    static const char series[] = "tallyman_client_sample_ratio";
    struct panel panel = graph(
        "Page views that are sampled",
        "The share that pages have set with data-sample; 0: none has said so. "
        "Counters are scaled up already, counts of histograms are not.",
        "percentunit", GRID_WIDTH);
    if (!registry_find(&board->monitoring->config->registry, series,
                       strlen(series)))
        return;
    panel_query(&panel, "{{instance}}",
                dashboard_text(&board->dashboard, "max by (instance) (%s{%s})",
                               series, board_node_matchers));
    board_panel(board, &panel);
}

static void add_traffic(struct board *board) {
    dashboard_row(&board->dashboard, "What comes in");
    add_rate(board, "Pushes", "By the way in and what became of them.",
             "tallyman_pushes_total", "door, result", "{{door}} {{result}}");
    add_rate(board, "Samples", "That were counted, by the way in.",
             "tallyman_samples_total", "door", "{{door}}");
    add_sampling(board);
    dashboard_row(&board->dashboard, "What is refused");
    add_rate(board, "Pushes refused as a whole",
             "By the way in and the reason.", "tallyman_pushes_rejected_total",
             "door, reason", "{{door}} {{reason}}");
    add_rate(board, "Samples left out of a push",
             "By the way in and the reason. Without a family: it is not in the "
             "configuration.",
             "tallyman_samples_rejected_total", "door, reason",
             "{{door}} {{reason}}");
}

static void add_work(struct board *board) {
    dashboard_row(&board->dashboard, "Work");
    add_quantiles(board, "Time to commit", "From taking the lock to the end.",
                  "tallyman_commit_seconds", "s");
    add_quantiles(board, "Requests in a commit",
                  "The more there are, the more busy the node is.",
                  "tallyman_turn_requests", "none");
    add_quantiles(board, "Time to make a scrape", NULL,
                  "tallyman_scrape_seconds", "s");
    struct panel incomplete =
        graph("Requests that did not arrive in time",
              "Somebody has sent half of one: a bad network, or an attack.",
              "cps", 12);
    panel_query(&incomplete, "{{instance}}",
                dashboard_text(&board->dashboard,
                               "sum by (instance) (rate("
                               "tallyman_requests_incomplete_total{%s}"
                               "[$__rate_interval]))",
                               board_node_matchers));
    board_panel(board, &incomplete);
    struct panel scrape = graph("Time that Prometheus waits for a scrape",
                                "With the way there and back.", "s", 12);
    panel_query(&scrape, "{{instance}}",
                dashboard_text(&board->dashboard, "scrape_duration_seconds{%s}",
                               board_node_matchers));
    board_panel(board, &scrape);
}

static void add_room(struct board *board) {
    struct dashboard *dashboard = &board->dashboard;
    const struct limits *limits = &board->monitoring->config->limits;
    const double most = (double)limits->series;
    const struct threshold thresholds[] = {
        {-INFINITY, "green"}, {0.8 * most, "yellow"}, {most, "red"}};
    struct panel series =
        graph("Series",
              dashboard_text(dashboard,
                             "Of each node; limits.series is %lld: what is new "
                             "beyond it is refused.",
                             limits->series),
              "short", 8);
    struct panel largest = {.kind = PANEL_RANK,
                            .title = "Series by family",
                            .description = "The twenty largest families.",
                            .unit = "short",
                            .width = GRID_WIDTH,
                            .height = 12,
                            .from_zero = true};
    dashboard_row(dashboard, "Room");
    series.thresholds = thresholds;
    series.threshold_count = sizeof(thresholds) / sizeof(thresholds[0]);
    series.limits = true;
    panel_query(&series, "{{instance}}",
                dashboard_text(dashboard,
                               "sum by (instance) (tallyman_series{%s})",
                               board_node_matchers));
    board_panel(board, &series);
    add_gauge(board, "Database", "The file itself.", "tallyman_database_bytes",
              "bytes");
    add_gauge(board, "Write-ahead log",
              "It grows while somebody reads for long.", "tallyman_wal_bytes",
              "bytes");
    add_gauge(board, "Disk, left",
              "Of the file system that the database is on.",
              "tallyman_disk_available_bytes", "bytes");
    struct panel full = graph("Disk, used", "Without room nothing is counted.",
                              "percentunit", 16);
    full.max = 1;
    panel_query(&full, "{{instance}}",
                dashboard_text(dashboard,
                               "1 - tallyman_disk_available_bytes{%s} / "
                               "tallyman_disk_size_bytes{%s}",
                               board_node_matchers, board_node_matchers));
    board_panel(board, &full);
    panel_query(&largest, "{{family}}",
                dashboard_text(dashboard,
                               "sort_desc(topk(20, max by (family) "
                               "(tallyman_series{%s})))",
                               board_node_matchers));
    board_panel(board, &largest);
}

int board_own_add(const struct monitoring *monitoring, struct output *output) {
    struct board board;
    board_init(&board, monitoring, NULL);
    board_begin(&board, output, &name);
    add_states(&board);
    add_traffic(&board);
    add_work(&board);
    add_room(&board);
    return board_end(&board);
}

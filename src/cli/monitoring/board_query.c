/* The queries of a board. */
#include <stdlib.h>
#include <string.h>

#include "cli/monitoring/board.h"

/* What counts the family's events, with more matchers or "". */
static const char *select_count(struct board *board,
                                const struct family *family, const char *more) {
    const char *own;
    const char *suffix = monitoring_count(family, &own);
    if (*own)
        more = dashboard_text(&board->dashboard, "%s%s", *more ? more : own + 1,
                              *more ? own : "");
    return board_select(board, family, suffix, more);
}

/* `sum` or `sum by (label)`. */
static const char *sum_by(struct board *board, const char *by) {
    return *by ? dashboard_text(&board->dashboard, "sum by (%s)", by) : "sum";
}

const char *board_rate(struct board *board, const struct family *family,
                       const char *by, const char *more) {
    return dashboard_text(&board->dashboard, "%s (rate(%s[$__rate_interval]))",
                          sum_by(board, by), select_count(board, family, more));
}

const char *board_gained(struct board *board, const char *series,
                         const char *created, const char *window) {
    static const char *const seconds[][2] = {
        {"$__range", "$__range_s"}, {"$__interval", "$__interval_ms / 1000"}};
    const char *plain =
        dashboard_text(&board->dashboard, "increase(%s[%s])", series, window);
    /* VictoriaMetrics knows no births, and takes 0 for the beginning. */
    const bool births =
        created && !monitoring_chose(board->monitoring, "stack", "victoria");
    for (size_t i = 0; i < 2 && births; i++)
        if (strcmp(window, seconds[i][0]) == 0)
            return dashboard_text(&board->dashboard,
                                  "(%s and %s > time() - %s) or %s", series,
                                  created, seconds[i][1], plain);
    return plain;
}

/* NULL for a counter that OpenMetrics does not call one. */
static const char *births_of(struct board *board, const struct family *family) {
    const int base = monitoring_base(board->monitoring, family);
    if (metric_shape(family->type) == SHAPE_TOTAL && family->name[base] == '\0')
        return NULL;
    return board_select_name(
        board, family,
        dashboard_text(&board->dashboard, "%.*s_created", base, family->name),
        "");
}

const char *board_increase(struct board *board, const struct family *family,
                           const char *by, const char *window,
                           const char *offset) {
    const char *series = select_count(board, family, "");
    const char *created = births_of(board, family);
    return *offset
               ? dashboard_text(&board->dashboard,
                                "%s (increase(%s[%s] offset %s))",
                                sum_by(board, by), series, window, offset)
               : dashboard_text(&board->dashboard, "%s (%s)", sum_by(board, by),
                                board_gained(board, series, created, window));
}

const char *board_error_ratio(struct board *board, const struct family *family,
                              const char *by) {
    const struct family_role role = family_role(family);
    const char *all = board_rate(board, family, by, "");
    const char *errors =
        board_rate(board, family, by,
                   dashboard_text(&board->dashboard, "%s=~\"%s\"",
                                  role.error_label, role.error_values));
    /* Without an error yet there may be no series of errors. */
    return dashboard_text(&board->dashboard, "(%s or 0 * %s) / %s", errors, all,
                          all);
}

const char *board_quantile(struct board *board, const struct family *family,
                           const char *quantile, const char *by,
                           const char *more) {
    return dashboard_text(
        &board->dashboard,
        "histogram_quantile(%s, sum by (%s%sle) (rate(%s[$__rate_interval])))",
        quantile, by, *by ? ", " : "",
        board_select(board, family, "_bucket", more));
}

const char *board_gauge(struct board *board, const struct family *family,
                        const char *by) {
    static const char *const names[] = {[GAUGE_LAST] = "max",
                                        [GAUGE_MAX] = "max",
                                        [GAUGE_MIN] = "min",
                                        [GAUGE_SUM] = "sum"};
    return dashboard_text(&board->dashboard, "%s%s%s%s (%s)",
                          names[family->gauge], *by ? " by (" : "", by,
                          *by ? ")" : "", board_select(board, family, "", ""));
}

const char *board_bound(struct board *board, double bound) {
    struct strbuf text = {0};
    monitoring_bound(bound, &text);
    const char *copy =
        dashboard_text(&board->dashboard, "%s", text.failed ? "" : text.data);
    board->dashboard.failed = board->dashboard.failed || text.failed;
    strbuf_free(&text);
    return copy;
}

struct query *board_query(struct board *board, struct panel *panel,
                          const char *legend, const char *expr) {
    if (panel->query_count == PANEL_QUERIES_MAX) {
        dashboard_panel(&board->dashboard, panel);
        panel->query_count = 0;
    }
    return panel_query(panel, legend, expr);
}

void board_panel(struct board *board, const struct panel *panel) {
    if (panel->query_count > 0)
        dashboard_panel(&board->dashboard, panel);
}

const char *board_legend(struct board *board, const char *label,
                         const char *rest) {
    return label && *label ? dashboard_text(&board->dashboard, "{{%s}}", label)
                           : rest;
}

void board_bands(struct board *board, struct panel *panel,
                 const struct family *family, const char *more) {
    static const struct {
        const char *quantile;
        const char *name;
        const char *color;
    } bands[] = {{"0.5", "p50", "dark-green"},
                 {"0.75", "p75", "green"},
                 {"0.95", "p95", "yellow"},
                 {"0.99", "p99", "red"}};
    panel->bands = true;
    for (size_t i = 0; i < sizeof(bands) / sizeof(bands[0]); i++)
        panel_query(panel, bands[i].name,
                    board_quantile(board, family, bands[i].quantile, "", more))
            ->color = bands[i].color;
}

const char *board_heading(struct board *board, const struct family *family) {
    size_t len = strlen(family->help);
    if (len > 0 && family->help[len - 1] == '.')
        len--;
    return dashboard_text(&board->dashboard, "%s%s%.*s", family->name,
                          len > 0 ? ": " : "", (int)len, family->help);
}

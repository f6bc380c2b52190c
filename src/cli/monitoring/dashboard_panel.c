#include "cli/monitoring/dashboard_panel.h"

#include <string.h>

/* Whose options these are; Grafana migrates older ones. */
static const char plugin_version[] = "12.2.0";

void dashboard_write_source(struct json_writer *json) {
    json_writer_open(json, "datasource", '{');
    json_writer_string(json, "type", "prometheus");
    json_writer_string(json, "uid", "${datasource}");
    json_writer_close(json, '}');
}

static const char *const no_strings[] = {NULL};

static void write_strings(struct json_writer *json, const char *key,
                          const char *const *texts) {
    json_writer_open(json, key, '[');
    for (; *texts; texts++)
        json_writer_string(json, NULL, *texts);
    json_writer_close(json, ']');
}

static void write_thresholds(struct json_writer *json, const char *key,
                             const struct panel *panel) {
    static const struct threshold none = {-INFINITY, "green"};
    const size_t count = panel->threshold_count;
    json_writer_open(json, key, '{');
    json_writer_string(json, "mode", "absolute");
    json_writer_open(json, "steps", '[');
    for (size_t i = 0; i < count || i == 0; i++) {
        const struct threshold *step = count ? &panel->thresholds[i] : &none;
        json_writer_open(json, NULL, '{');
        json_writer_string(json, "color", step->color);
        json_writer_number(json, "value", step->from);
        json_writer_close(json, '}');
    }
    json_writer_close(json, ']');
    json_writer_close(json, '}');
}

static void write_draw_style(struct json_writer *json,
                             const struct panel *panel) {
    const bool bars = panel->kind == PANEL_BARS;
    json_writer_open(json, "custom", '{');
    json_writer_string(json, "drawStyle", bars ? "bars" : "line");
    json_writer_number(json, "fillOpacity", bars ? 80 : panel->bands ? 0 : 10);
    json_writer_number(json, "lineWidth", 1);
    json_writer_string(json, "showPoints", bars ? "never" : "auto");
    json_writer_boolean(json, "spanNulls", false);
    json_writer_open(json, "stacking", '{');
    json_writer_string(json, "group", "A");
    json_writer_string(json, "mode",
                       !bars            ? "none"
                       : panel->percent ? "percent"
                                        : "normal");
    json_writer_close(json, '}');
    json_writer_open(json, "thresholdsStyle", '{');
    json_writer_string(json, "mode", panel->limits ? "dashed" : "off");
    json_writer_close(json, '}');
    json_writer_close(json, '}');
}

static bool is_graph(const struct panel *panel) {
    return panel->kind == PANEL_LINES || panel->kind == PANEL_BARS;
}

/* A share of nothing is not a number; nor is a quantile. */
static void write_mappings(struct json_writer *json) {
    json_writer_open(json, "mappings", '[');
    json_writer_open(json, NULL, '{');
    json_writer_open(json, "options", '{');
    json_writer_string(json, "match", "nan");
    json_writer_open(json, "result", '{');
    json_writer_number(json, "index", 0);
    json_writer_string(json, "text", "none");
    json_writer_close(json, '}');
    json_writer_close(json, '}');
    json_writer_string(json, "type", "special");
    json_writer_close(json, '}');
    json_writer_close(json, ']');
}

static void write_defaults(struct json_writer *json,
                           const struct panel *panel) {
    json_writer_open(json, "defaults", '{');
    json_writer_open(json, "color", '{');
    json_writer_string(json, "mode",
                       is_graph(panel) ? "palette-classic" : "thresholds");
    json_writer_close(json, '}');
    if (is_graph(panel))
        write_draw_style(json, panel);
    else
        write_mappings(json);
    if (panel->from_zero)
        json_writer_number(json, "min", 0);
    json_writer_string(json, "noValue", "no data");
    /* In tables they are for one column. */
    if (panel->kind == PANEL_TABLE)
        write_thresholds(json, "thresholds", &(struct panel){0});
    else
        write_thresholds(json, "thresholds", panel);
    if (panel->unit)
        json_writer_string(json, "unit", panel->unit);
    json_writer_close(json, '}');
}

static void begin_property(struct json_writer *json, const char *id) {
    json_writer_open(json, NULL, '{');
    json_writer_string(json, "id", id);
}

static void write_text_property(struct json_writer *json, const char *id,
                                const char *value) {
    begin_property(json, id);
    json_writer_string(json, "value", value);
    json_writer_close(json, '}');
}

static void write_color(struct json_writer *json, const char *color) {
    begin_property(json, "color");
    json_writer_open(json, "value", '{');
    json_writer_string(json, "fixedColor", color);
    json_writer_string(json, "mode", "fixed");
    json_writer_close(json, '}');
    json_writer_close(json, '}');
}

/* The room between a line and the one of the query before. */
static void write_band(struct json_writer *json, const struct query *query) {
    write_text_property(json, "custom.fillBelowTo", query[-1].legend);
    begin_property(json, "custom.fillOpacity");
    json_writer_number(json, "value", 30);
    json_writer_close(json, '}');
}

static void write_colored_cells(struct json_writer *json,
                                const struct panel *panel) {
    begin_property(json, "thresholds");
    write_thresholds(json, "value", panel);
    json_writer_close(json, '}');
    begin_property(json, "custom.cellOptions");
    json_writer_open(json, "value", '{');
    json_writer_string(json, "type", "color-text");
    json_writer_close(json, '}');
    json_writer_close(json, '}');
}

static void write_override(struct json_writer *json, const struct panel *panel,
                           size_t index) {
    const struct query *query = &panel->queries[index];
    const bool band = panel->bands && index > 0;
    const bool cells =
        panel->kind == PANEL_TABLE && index == 0 && panel->threshold_count > 0;
    if (!query->color && !query->unit && !band && !cells)
        return;
    json_writer_open(json, NULL, '{');
    json_writer_open(json, "matcher", '{');
    json_writer_string(json, "id", "byName");
    json_writer_string(json, "options", query->legend);
    json_writer_close(json, '}');
    json_writer_open(json, "properties", '[');
    if (query->color)
        write_color(json, query->color);
    if (query->unit)
        write_text_property(json, "unit", query->unit);
    if (band)
        write_band(json, query);
    if (cells)
        write_colored_cells(json, panel);
    json_writer_close(json, ']');
    json_writer_close(json, '}');
}

static void write_field_config(struct json_writer *json,
                               const struct panel *panel) {
    json_writer_open(json, "fieldConfig", '{');
    write_defaults(json, panel);
    json_writer_open(json, "overrides", '[');
    for (size_t i = 0; i < panel->query_count; i++)
        write_override(json, panel, i);
    json_writer_close(json, ']');
    json_writer_close(json, '}');
}

/* Wide graphs have room for a table beside them. */
static void write_graph_options(struct json_writer *json,
                                const struct panel *panel) {
    static const char *const calcs[] = {"mean", "max", NULL};
    const bool wide = panel->width == GRID_WIDTH;
    json_writer_open(json, "legend", '{');
    write_strings(json, "calcs", wide ? calcs : no_strings);
    json_writer_string(json, "displayMode", wide ? "table" : "list");
    json_writer_string(json, "placement", wide ? "right" : "bottom");
    json_writer_boolean(json, "showLegend", true);
    json_writer_close(json, '}');
    json_writer_open(json, "tooltip", '{');
    json_writer_boolean(json, "hideZeros", false);
    json_writer_string(json, "mode", "multi");
    json_writer_string(json, "sort", "desc");
    json_writer_close(json, '}');
}

static void write_reduction(struct json_writer *json) {
    static const char *const last[] = {"lastNotNull", NULL};
    json_writer_open(json, "reduceOptions", '{');
    write_strings(json, "calcs", last);
    json_writer_string(json, "fields", "");
    json_writer_boolean(json, "values", false);
    json_writer_close(json, '}');
}

static void write_stat_options(struct json_writer *json,
                               const struct panel *panel) {
    json_writer_string(json, "colorMode",
                       panel->threshold_count > 0 ? "background" : "value");
    json_writer_string(json, "graphMode",
                       panel->query_count > 0 && panel->queries[0].whole_range
                           ? "none"
                           : "area");
    json_writer_string(json, "justifyMode", "auto");
    json_writer_string(json, "orientation", "auto");
    write_reduction(json);
    json_writer_string(json, "percentChangeColorMode", "standard");
    json_writer_boolean(json, "showPercentChange", false);
    json_writer_string(json, "textMode", "auto");
    json_writer_boolean(json, "wideLayout", true);
}

static void write_rank_options(struct json_writer *json) {
    json_writer_string(json, "displayMode", "basic");
    json_writer_open(json, "legend", '{');
    write_strings(json, "calcs", no_strings);
    json_writer_string(json, "displayMode", "list");
    json_writer_string(json, "placement", "bottom");
    json_writer_boolean(json, "showLegend", false);
    json_writer_close(json, '}');
    json_writer_number(json, "maxVizHeight", 40);
    json_writer_number(json, "minVizHeight", 16);
    json_writer_number(json, "minVizWidth", 8);
    json_writer_string(json, "namePlacement", "left");
    json_writer_string(json, "orientation", "horizontal");
    write_reduction(json);
    json_writer_boolean(json, "showUnfilled", false);
    json_writer_string(json, "sizing", "auto");
    json_writer_string(json, "valueMode", "color");
}

static void write_table_options(struct json_writer *json,
                                const struct panel *panel) {
    json_writer_string(json, "cellHeight", "sm");
    json_writer_boolean(json, "showHeader", true);
    json_writer_open(json, "sortBy", '[');
    json_writer_open(json, NULL, '{');
    json_writer_boolean(json, "desc", true);
    json_writer_string(json, "displayName", panel->queries[0].legend);
    json_writer_close(json, '}');
    json_writer_close(json, ']');
}

static void write_options(struct json_writer *json, const struct panel *panel) {
    json_writer_open(json, "options", '{');
    switch (panel->kind) {
    case PANEL_ROW:
        break;
    case PANEL_STAT:
        write_stat_options(json, panel);
        break;
    case PANEL_LINES:
    case PANEL_BARS:
        write_graph_options(json, panel);
        break;
    case PANEL_RANK:
        write_rank_options(json);
        break;
    case PANEL_TABLE:
        write_table_options(json, panel);
        break;
    }
    json_writer_close(json, '}');
}

/* Brings the columns of all queries together, by the labels they share. */
static void write_transformations(struct json_writer *json,
                                  const struct panel *panel) {
    char column[] = "Value #A";
    json_writer_open(json, "transformations", '[');
    json_writer_open(json, NULL, '{');
    json_writer_string(json, "id", "merge");
    json_writer_open(json, "options", '{');
    json_writer_close(json, '}');
    json_writer_close(json, '}');
    json_writer_open(json, NULL, '{');
    json_writer_string(json, "id", "organize");
    json_writer_open(json, "options", '{');
    json_writer_open(json, "excludeByName", '{');
    json_writer_boolean(json, "Time", true);
    json_writer_close(json, '}');
    json_writer_open(json, "renameByName", '{');
    if (panel->query_count == 1)
        json_writer_string(json, "Value", panel->queries[0].legend);
    for (size_t i = 0; i < panel->query_count; i++) {
        column[sizeof(column) - 2] = (char)('A' + i);
        json_writer_string(json, column, panel->queries[i].legend);
    }
    json_writer_close(json, '}');
    json_writer_close(json, '}');
    json_writer_close(json, '}');
    json_writer_close(json, ']');
}

static void write_query(struct json_writer *json, const struct panel *panel,
                        size_t index) {
    const struct query *query = &panel->queries[index];
    const bool table = panel->kind == PANEL_TABLE;
    const bool instant =
        table || panel->kind == PANEL_RANK || query->whole_range;
    const char name[] = {(char)('A' + index), '\0'};
    json_writer_open(json, NULL, '{');
    dashboard_write_source(json);
    json_writer_string(json, "editorMode", "code");
    json_writer_string(json, "expr", query->expr);
    json_writer_string(json, "format", table ? "table" : "time_series");
    json_writer_boolean(json, "instant", instant);
    json_writer_string(json, "legendFormat", query->legend);
    json_writer_boolean(json, "range", !instant);
    json_writer_string(json, "refId", name);
    json_writer_close(json, '}');
}

static void write_queries(struct json_writer *json, const struct panel *panel) {
    json_writer_open(json, "targets", '[');
    for (size_t i = 0; i < panel->query_count; i++)
        write_query(json, panel, i);
    json_writer_close(json, ']');
}

static const char *type_name(enum panel_kind kind) {
    static const char *const names[] = {
        [PANEL_ROW] = "row",          [PANEL_STAT] = "stat",
        [PANEL_LINES] = "timeseries", [PANEL_BARS] = "timeseries",
        [PANEL_RANK] = "bargauge",    [PANEL_TABLE] = "table"};
    _Static_assert(sizeof(names) / sizeof(names[0]) == PANEL_TABLE + 1,
                   "one name for each kind");
    return names[kind];
}

static void write_place(struct json_writer *json, const struct panel *panel,
                        int x, int y) {
    json_writer_open(json, "gridPos", '{');
    json_writer_number(json, "h", panel->height);
    json_writer_number(json, "w", panel->width);
    json_writer_number(json, "x", x);
    json_writer_number(json, "y", y);
    json_writer_close(json, '}');
}

static void write_content(struct json_writer *json, const struct panel *panel) {
    dashboard_write_source(json);
    if (panel->description)
        json_writer_string(json, "description", panel->description);
    write_field_config(json, panel);
    if (panel->interval)
        json_writer_string(json, "interval", panel->interval);
    write_options(json, panel);
    json_writer_string(json, "pluginVersion", plugin_version);
    write_queries(json, panel);
    if (panel->kind == PANEL_TABLE)
        write_transformations(json, panel);
}

void panel_write(struct json_writer *json, const struct panel *panel,
                 unsigned id, int x, int y) {
    json_writer_open(json, NULL, '{');
    write_place(json, panel, x, y);
    json_writer_number(json, "id", id);
    json_writer_string(json, "title", panel->title);
    json_writer_string(json, "type", type_name(panel->kind));
    if (panel->kind == PANEL_ROW) {
        json_writer_boolean(json, "collapsed", false);
        json_writer_open(json, "panels", '[');
        json_writer_close(json, ']');
    } else {
        write_content(json, panel);
    }
    json_writer_close(json, '}');
}

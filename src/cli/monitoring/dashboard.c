#include "cli/monitoring/dashboard.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/monitoring/dashboard_panel.h"

enum { SCHEMA_VERSION = 42 };

const char *dashboard_text(struct dashboard *dashboard, const char *format,
                           ...) {
    char *text = NULL;
    const char *copy = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len >= 0) {
        copy = arena_copy(&dashboard->arena, text, (size_t)len);
        free(text);
    }
    if (!copy)
        dashboard->failed = true;
    return copy ? copy : "";
}

struct query *panel_query(struct panel *panel, const char *legend,
                          const char *expr) {
    struct query *query = &panel->queries[panel->query_count++];
    *query = (struct query){.expr = expr, .legend = legend};
    return query;
}

/* Marks what the alerts of rules/alerts.yml said at the time. */
static void write_annotations(struct json_writer *json) {
    json_writer_open(json, "annotations", '{');
    json_writer_open(json, "list", '[');
    json_writer_open(json, NULL, '{');
    dashboard_write_source(json);
    json_writer_boolean(json, "enable", true);
    json_writer_string(json, "expr", "ALERTS{alertstate=\"firing\"}");
    json_writer_boolean(json, "hide", false);
    json_writer_string(json, "iconColor", "red");
    json_writer_string(json, "name", "Alerts");
    json_writer_string(json, "textFormat", "{{severity}}");
    json_writer_string(json, "titleFormat", "{{alertname}}");
    json_writer_close(json, '}');
    json_writer_close(json, ']');
    json_writer_close(json, '}');
}

/* To the other dashboards, with the same time and variables. */
static void write_links(struct json_writer *json) {
    json_writer_open(json, "links", '[');
    json_writer_open(json, NULL, '{');
    json_writer_boolean(json, "asDropdown", true);
    json_writer_string(json, "icon", "external link");
    json_writer_boolean(json, "includeVars", true);
    json_writer_boolean(json, "keepTime", true);
    json_writer_open(json, "tags", '[');
    json_writer_string(json, NULL, "tallyman");
    json_writer_close(json, ']');
    json_writer_boolean(json, "targetBlank", false);
    json_writer_string(json, "title", "Tallyman");
    json_writer_string(json, "tooltip", "");
    json_writer_string(json, "type", "dashboards");
    json_writer_string(json, "url", "");
    json_writer_close(json, '}');
    json_writer_close(json, ']');
}

static void begin_variable(struct json_writer *json, const char *type,
                           const char *name, const char *label) {
    json_writer_open(json, NULL, '{');
    json_writer_number(json, "hide", 0);
    json_writer_string(json, "label", label);
    json_writer_string(json, "name", name);
    json_writer_string(json, "type", type);
    json_writer_boolean(json, "skipUrlSync", false);
}

static void write_current(struct json_writer *json, const char *text,
                          const char *value) {
    json_writer_open(json, "current", '{');
    json_writer_string(json, "text", text);
    json_writer_string(json, "value", value);
    json_writer_close(json, '}');
}

static void write_source_variable(struct json_writer *json) {
    begin_variable(json, "datasource", "datasource", "Data source");
    write_current(json, "Tallyman", DASHBOARD_SOURCE_UID);
    json_writer_boolean(json, "includeAll", false);
    json_writer_boolean(json, "multi", false);
    json_writer_open(json, "options", '[');
    json_writer_close(json, ']');
    json_writer_string(json, "query", "prometheus");
    json_writer_number(json, "refresh", 1);
    json_writer_string(json, "regex", "");
    json_writer_close(json, '}');
}

void dashboard_begin(struct dashboard *dashboard, struct strbuf *out,
                     const char *uid, const char *title,
                     const char *description, const char *range) {
    *dashboard = (struct dashboard){.json = {.out = out}, .row = ""};
    struct json_writer *json = &dashboard->json;
    json_writer_open(json, NULL, '{');
    write_annotations(json);
    json_writer_string(json, "description", description);
    json_writer_boolean(json, "editable", true);
    json_writer_number(json, "fiscalYearStartMonth", 0);
    json_writer_number(json, "graphTooltip", 1);
    json_writer_string(json, "id", NULL);
    write_links(json);
    json_writer_boolean(json, "preload", false);
    json_writer_string(json, "refresh", "1m");
    json_writer_number(json, "schemaVersion", SCHEMA_VERSION);
    json_writer_open(json, "tags", '[');
    json_writer_string(json, NULL, "tallyman");
    json_writer_close(json, ']');
    json_writer_open(json, "time", '{');
    json_writer_string(json, "from", range);
    json_writer_string(json, "to", "now");
    json_writer_close(json, '}');
    json_writer_open(json, "timepicker", '{');
    json_writer_close(json, '}');
    json_writer_string(json, "timezone", "browser");
    json_writer_string(json, "title", title);
    json_writer_string(json, "uid", uid);
    json_writer_number(json, "version", 1);
    json_writer_string(json, "weekStart", "");
    json_writer_open(json, "templating", '{');
    json_writer_open(json, "list", '[');
    write_source_variable(json);
}

void dashboard_variable(struct dashboard *dashboard, const char *name,
                        const char *label, const char *query) {
    struct json_writer *json = &dashboard->json;
    begin_variable(json, "query", name, label);
    json_writer_string(json, "allValue", ".*");
    json_writer_open(json, "current", '{');
    json_writer_open(json, "text", '[');
    json_writer_string(json, NULL, "All");
    json_writer_close(json, ']');
    json_writer_open(json, "value", '[');
    json_writer_string(json, NULL, "$__all");
    json_writer_close(json, ']');
    json_writer_close(json, '}');
    dashboard_write_source(json);
    json_writer_string(json, "definition", query);
    json_writer_boolean(json, "includeAll", true);
    json_writer_boolean(json, "multi", true);
    json_writer_open(json, "options", '[');
    json_writer_close(json, ']');
    json_writer_open(json, "query", '{');
    json_writer_number(json, "qryType", 1);
    json_writer_string(json, "query", query);
    json_writer_string(json, "refId",
                       "PrometheusVariableQueryEditor-VariableQuery");
    json_writer_close(json, '}');
    json_writer_number(json, "refresh", 2);
    json_writer_string(json, "regex", "");
    json_writer_number(json, "sort", 1);
    json_writer_close(json, '}');
}

static void write_option(struct json_writer *json, const char *value,
                         bool selected) {
    json_writer_open(json, NULL, '{');
    json_writer_boolean(json, "selected", selected);
    json_writer_string(json, "text", value);
    json_writer_string(json, "value", value);
    json_writer_close(json, '}');
}

void dashboard_choice(struct dashboard *dashboard, const char *name,
                      const char *label, const char *description,
                      const char *values) {
    struct json_writer *json = &dashboard->json;
    const char *first =
        dashboard_text(dashboard, "%.*s", (int)strcspn(values, ","), values);
    begin_variable(json, "custom", name, label);
    write_current(json, first, first);
    json_writer_string(json, "description", description);
    json_writer_boolean(json, "includeAll", false);
    json_writer_boolean(json, "multi", false);
    json_writer_open(json, "options", '[');
    for (const char *at = values; *at; at += *at == ',') {
        int len = (int)strcspn(at, ",");
        write_option(json, dashboard_text(dashboard, "%.*s", len, at),
                     at == values);
        at += len;
    }
    json_writer_close(json, ']');
    json_writer_string(json, "query", values);
    json_writer_close(json, '}');
}

/* FNV-1a, in 31 bits: what is in the links to a panel stays as it is when
 * others come or go. */
static unsigned hash(const char *text) {
    unsigned value = 2166136261U;
    for (; *text; text++)
        value = (value ^ (unsigned char)*text) * 16777619U;
    return value & 0x7fffffffU;
}

/* The number of a panel: its title under that of its row, and how often there
 * was such a one before. */
static unsigned panel_id(struct dashboard *dashboard, const char *title) {
    for (unsigned copy = 0; !dashboard->failed; copy++) {
        const char *key =
            dashboard_text(dashboard, "%s/%s/%u", dashboard->row, title, copy);
        unsigned id = hash(key);
        const char *digits = dashboard_text(dashboard, "%u", id);
        size_t before = dashboard->ids.count;
        if (value_set_add(&dashboard->ids, digits, strlen(digits)) ==
            VALUE_NONE)
            dashboard->failed = true;
        else if (id > 0 && dashboard->ids.count > before)
            return id;
    }
    return 0;
}

static void new_line(struct dashboard *dashboard) {
    dashboard->y += dashboard->line_height;
    dashboard->x = dashboard->line_height = 0;
}

/* The panels come last, when all variables are known. */
static void begin_panels(struct dashboard *dashboard) {
    if (dashboard->in_panels)
        return;
    dashboard->in_panels = true;
    json_writer_close(&dashboard->json, ']');
    json_writer_close(&dashboard->json, '}');
    json_writer_open(&dashboard->json, "panels", '[');
}

static void place(struct dashboard *dashboard, const struct panel *panel,
                  unsigned id) {
    panel_write(&dashboard->json, panel, id, dashboard->x, dashboard->y);
    dashboard->x += panel->width;
    if (panel->height > dashboard->line_height)
        dashboard->line_height = panel->height;
}

static void place_row(struct dashboard *dashboard) {
    const struct panel row = {.kind = PANEL_ROW,
                              .width = GRID_WIDTH,
                              .height = 1,
                              .title = dashboard->row};
    dashboard->row_waits = false;
    new_line(dashboard);
    place(dashboard, &row, panel_id(dashboard, ""));
}

void dashboard_panel(struct dashboard *dashboard, const struct panel *panel) {
    begin_panels(dashboard);
    if (dashboard->row_waits)
        place_row(dashboard);
    if (dashboard->x + panel->width > GRID_WIDTH)
        new_line(dashboard);
    place(dashboard, panel, panel_id(dashboard, panel->title));
}

void dashboard_row(struct dashboard *dashboard, const char *title) {
    dashboard->row = title;
    dashboard->row_waits = true;
}

int dashboard_end(struct dashboard *dashboard) {
    begin_panels(dashboard);
    json_writer_close(&dashboard->json, ']');
    json_writer_close(&dashboard->json, '}');
    arena_free(&dashboard->arena);
    value_set_free(&dashboard->ids);
    return dashboard->failed || dashboard->json.out->failed ? -1 : 0;
}

#include "cli/monitoring/dashboard.h"

#include <string.h>

#include "base/value_set.h"
#include "cli/monitoring/json_template.h"

/* The grid's columns. */
enum { GRID_WIDTH = 24 };

/* The maximum number of queries in a panel; their names are A to Z. */
enum { QUERIES_MAX = 26 };

struct dashboard {
    struct value_set ids; /* of the panels */
    const char *row;      /* its title */
    /* The row that is written with its first panel; or NULL. */
    const struct json_object *waiting;
    const struct template_scope *waiting_scope;
    int x, y, line_height; /* position of the next panel */
    bool in_panel;
    int width, height; /* of the current panel */
    unsigned id;
    const char *legends[QUERIES_MAX + 1];
    size_t queries;
};

/* FNV-1a in 31 bits: the ids in links to panels stay the same when other panels
 * are added or removed. */
static unsigned hash(const char *text) {
    unsigned value = 2166136261U;
    for (; *text; text++)
        value = (value ^ (unsigned char)*text) * 16777619U;
    return value & 0x7fffffffU;
}

/* Sets the id of a panel whose template has none: a hash of the titles of its
 * row and itself, and of the number of earlier panels with the same titles.
 * Returns -1 when memory ran out. */
static int set_id(struct dashboard *dashboard, const char *title) {
    for (unsigned copy = 0;; copy++) {
        struct strbuf key = {0};
        const size_t before = dashboard->ids.count;
        strbuf_printf(&key, "%s/%s/%u", dashboard->row, title, copy);
        dashboard->id = key.failed ? 0 : hash(key.data);
        const bool failed =
            key.failed ||
            value_set_add(&dashboard->ids, (const char *)&dashboard->id,
                          sizeof(dashboard->id)) == VALUE_NONE;
        strbuf_free(&key);
        if (failed)
            return -1;
        if (dashboard->id > 0 && dashboard->ids.count > before)
            return 0;
    }
}

static void new_line(struct dashboard *dashboard) {
    dashboard->y += dashboard->line_height;
    dashboard->x = dashboard->line_height = 0;
}

/* Writes a panel or a row of known width and height. */
static int place(struct json_template *template,
                 const struct template_scope *scope,
                 const struct json_object *panel, const char *title) {
    struct dashboard *dashboard = template->context;
    if (set_id(dashboard, title) != 0)
        return err_set(template->err, ERR_MEMORY, "out of memory");
    if (dashboard->x + dashboard->width > GRID_WIDTH)
        new_line(dashboard);
    dashboard->in_panel = true;
    dashboard->queries = 0;
    const int result = json_template_write(template, scope, NULL, panel);
    dashboard->in_panel = false;
    dashboard->x += dashboard->width;
    if (dashboard->height > dashboard->line_height)
        dashboard->line_height = dashboard->height;
    return result;
}

static int place_row(struct json_template *template) {
    struct dashboard *dashboard = template->context;
    const struct json_object *row = dashboard->waiting;
    dashboard->waiting = NULL;
    dashboard->width = GRID_WIDTH;
    dashboard->height = 1;
    return place(template, dashboard->waiting_scope, row, "");
}

static int place_panel(struct json_template *template,
                       const struct template_scope *scope,
                       const struct json_object *panel, const char *title) {
    struct dashboard *dashboard = template->context;
    const struct json_object *grid = json_get(panel, "gridPos");
    double width;
    double height;
    if ((dashboard->waiting && place_row(template) != 0) ||
        json_template_number(template, scope, grid, "w", &width) != 0 ||
        json_template_number(template, scope, grid, "h", &height) != 0)
        return -1;
    dashboard->width = (int)width;
    dashboard->height = (int)height;
    return place(template, scope, panel, title);
}

/* A row or a panel. NOLINTNEXTLINE(misc-no-recursion) */
static int place_element(struct json_template *template,
                         const struct template_scope *scope,
                         const struct json_object *element) {
    struct dashboard *dashboard = template->context;
    const struct json_object *type = json_get(element, "type");
    const struct json_object *panels = json_get(element, "panels");
    const char *title;
    size_t len;
    if (json_template_text(template, scope, json_get(element, "title"),
                           &title) != 0)
        return -1;
    if (json_kind(type) != JSON_STRING ||
        strcmp(json_string(type, &len), "row") != 0)
        return place_panel(template, scope, element, title);
    dashboard->row = title;
    dashboard->waiting = element;
    dashboard->waiting_scope = scope;
    const int result =
        json_template_elements(template, scope, panels, place_element);
    dashboard->waiting = NULL;
    return result;
}

static void write_grid(struct json_writer *json,
                       const struct dashboard *dashboard) {
    json_writer_open(json, "gridPos", '{');
    json_writer_number(json, "h", dashboard->height);
    json_writer_number(json, "w", dashboard->width);
    json_writer_number(json, "x", dashboard->x);
    json_writer_number(json, "y", dashboard->y);
    json_writer_close(json, '}');
}

/* With a single query Grafana names the column `Value`. */
static void write_columns(struct json_writer *json,
                          const struct dashboard *dashboard) {
    char column[] = "Value #A";
    json_writer_open(json, "renameByName", '{');
    if (dashboard->queries == 1)
        json_writer_string(json, "Value", dashboard->legends[0]);
    for (size_t i = 0; i < dashboard->queries; i++) {
        column[sizeof(column) - 2] = (char)('A' + i);
        json_writer_string(json, column, dashboard->legends[i]);
    }
    json_writer_close(json, '}');
}

static int write_letter(struct json_template *template) {
    struct dashboard *dashboard = template->context;
    const char letter[] = {(char)('A' + dashboard->queries), '\0'};
    if (dashboard->queries == QUERIES_MAX)
        return err_set(template->err, ERR_VALUE, "more than %d queries",
                       QUERIES_MAX);
    dashboard->queries++;
    json_writer_string(&template->json, "refId", letter);
    return 0;
}

/* A range query of a family with exemplars requests them, too. The caller
 * writes the member itself. */
static int write_exemplar(struct json_template *template,
                          const struct template_scope *scope,
                          const struct json_object *range) {
    static const char name[] = "exemplars";
    const struct template_value *exemplars =
        template_find(scope, name, sizeof(name) - 1);
    if (exemplars && exemplars->text && *exemplars->text && json_boolean(range))
        json_writer_boolean(&template->json, "exemplar", true);
    return 1;
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static int write_panels(struct json_template *template,
                        const struct template_scope *scope,
                        const struct json_object *panels) {
    struct dashboard *dashboard = template->context;
    int result = 0;
    json_writer_open(&template->json, "panels", '[');
    if (!dashboard->in_panel)
        result = json_template_elements(template, scope, panels, place_element);
    json_writer_close(&template->json, ']');
    return result;
}

/* Writes the members that depend on the position of the panel.
 * NOLINTNEXTLINE(misc-no-recursion) */
static int write_member(struct json_template *template,
                        const struct template_scope *scope, const char *key,
                        const struct json_object *value) {
    struct dashboard *dashboard = template->context;
    struct json_writer *json = &template->json;
    if (strcmp(key, "panels") == 0)
        return write_panels(template, scope, value);
    if (!dashboard->in_panel)
        return 1;
    if (strcmp(key, "gridPos") == 0)
        write_grid(json, dashboard);
    else if (strcmp(key, "id") == 0 && json_kind(value) == JSON_INTEGER &&
             json_integer(value) == 0)
        json_writer_number(json, key, dashboard->id);
    else if (strcmp(key, "collapsed") == 0)
        json_writer_boolean(json, key, false);
    else if (strcmp(key, "renameByName") == 0)
        write_columns(json, dashboard);
    else if (strcmp(key, "refId") == 0)
        return write_letter(template);
    else if (strcmp(key, "range") == 0)
        return write_exemplar(template, scope, value);
    else if (strcmp(key, "legendFormat") == 0)
        return json_template_text(template, scope, value,
                                  &dashboard->legends[dashboard->queries]) == 0
                   ? 1
                   : -1;
    else
        return 1;
    return 0;
}

int dashboard_expand(const char *file, const char *text, size_t len,
                     const struct template_scope *scope, struct arena *arena,
                     struct strbuf *out, struct err *err) {
    struct dashboard dashboard = {.row = ""};
    struct json_template template = {.file = file,
                                     .arena = arena,
                                     .json = {.out = out},
                                     .err = err,
                                     .member = write_member,
                                     .context = &dashboard};
    const int result = json_template_expand(&template, text, len, scope);
    value_set_free(&dashboard.ids);
    return result;
}

/* dashboard: a Grafana dashboard (JSON model, schema version 42) that is
 * written panel by panel, from left to right and from top to bottom. */
#ifndef TALLYMAN_CLI_MONITORING_DASHBOARD_H
#define TALLYMAN_CLI_MONITORING_DASHBOARD_H

#include <math.h>

#include "base/arena.h"
#include "base/json_writer.h"
#include "base/value_set.h"

/* The grid's columns. */
enum { GRID_WIDTH = 24 };

/* The most queries of a panel: they are called A to Z. */
enum { PANEL_QUERIES_MAX = 26 };

enum panel_kind {
    PANEL_ROW,   /* a heading, as wide as the grid */
    PANEL_STAT,  /* one number for each query, with its course behind it */
    PANEL_LINES, /* over time */
    PANEL_BARS,  /* over time, stacked */
    PANEL_RANK,  /* a bar for each series, the last value */
    PANEL_TABLE  /* a row for each label set, a column for each query */
};

/* The colour from a value on. */
struct threshold {
    double from; /* -INFINITY in the first one */
    const char *color;
};

struct query {
    const char *expr;
    const char *legend; /* or the heading of the column */
    const char *color;  /* NULL: Grafana's choice */
    const char *unit;   /* NULL: that of the panel; of a column */
    bool whole_range;   /* asked once for all of the time that is shown */
};

/* A zeroed struct, with a kind and a title, is a valid panel. Texts live until
 * dashboard_end. */
struct panel {
    enum panel_kind kind;
    int width;
    int height;
    const char *title;
    const char *description; /* may be NULL */
    const char *unit;        /* as Grafana names units; may be NULL */
    const struct threshold *thresholds;
    size_t threshold_count;
    bool limits;          /* lines: dashed at the thresholds */
    bool bands;           /* lines: the room between two queries is filled */
    bool percent;         /* bars: as shares of a whole */
    bool from_zero;       /* the axis begins at 0 */
    const char *interval; /* the shortest step, such as `5m`; may be NULL */
    struct query queries[PANEL_QUERIES_MAX];
    size_t query_count;
};

struct dashboard {
    struct json_writer json;
    struct arena arena;    /* holds the texts of the panels */
    struct value_set ids;  /* of the panels */
    const char *row;       /* its title */
    bool row_waits;        /* for its first panel */
    int x, y, line_height; /* where the next panel begins */
    bool in_panels;        /* the variables are complete */
    bool failed;           /* memory ran out */
};

/* Begins a dashboard in *out. uid is what links name it by, and the same for
 * ever. range is how much time it shows, such as `now-6h`. */
void dashboard_begin(struct dashboard *dashboard, struct strbuf *out,
                     const char *uid, const char *title,
                     const char *description, const char *range);

/* The variables, all before the first panel. That of the data source comes by
 * itself and is the first. */

/* The values of a label, as query (label_values(...)) asks for them; several
 * can be selected, at first all. */
void dashboard_variable(struct dashboard *dashboard, const char *name,
                        const char *label, const char *query);

/* One of a list, such as `99.9,99.5,99`; the first is selected. */
void dashboard_choice(struct dashboard *dashboard, const char *name,
                      const char *label, const char *description,
                      const char *values);

/* Places a panel behind the one before, or below, where there is no room. */
void dashboard_panel(struct dashboard *dashboard, const struct panel *panel);

/* A heading of the panels that follow; without any it is left out. */
void dashboard_row(struct dashboard *dashboard, const char *title);

/* Ends the dashboard and frees all but out. Returns -1 when memory ran out. */
int dashboard_end(struct dashboard *dashboard);

/* Text that lives until dashboard_end; "" when memory ran out. */
const char *dashboard_text(struct dashboard *dashboard, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds a query; returns it for what else it is to have. There must be room. */
struct query *panel_query(struct panel *panel, const char *legend,
                          const char *expr);

#endif

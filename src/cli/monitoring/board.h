/* board: a dashboard about families of the configuration: their series in
 * PromQL, added up over the nodes and narrowed down by the variables. */
#ifndef TALLYMAN_CLI_MONITORING_BOARD_H
#define TALLYMAN_CLI_MONITORING_BOARD_H

#include "cli/monitoring/dashboard.h"
#include "cli/monitoring/family_role.h"
#include "cli/monitoring/monitoring.h"
#include "cli/monitoring/output.h"

struct board {
    struct dashboard dashboard;
    const struct monitoring *monitoring;
    const struct family **families; /* which it is about */
    size_t count;
    struct value_set labels; /* that have a variable */
};

/* What a board is called. */
struct board_name {
    const char *file; /* also the uid, behind tallyman- */
    const char *title;
    const char *description;
    const char *range; /* of time, such as now-6h */
    bool services;     /* its series have that label: one can be chosen */
    bool nodes;        /* likewise */
};

/* Whether a board is about the family. */
typedef bool board_filter(const struct family *family);

/* A board about all families that filter lets through, in the order of the
 * configuration; NULL: about none. Begins no dashboard yet, so that a board
 * without families can be left out. The caller gives it to board_end or
 * board_drop. */
void board_init(struct board *board, const struct monitoring *monitoring,
                board_filter *filter);

/* Begins the dashboard with the variables that all boards have. */
void board_begin(struct board *board, struct output *output,
                 const struct board_name *name);

/* Variables for the labels of the families, at most so many: first those that
 * most families have. Labels such as status have none: to choose errors only
 * would make nonsense of their share, and graphs tell them apart anyway. */
void board_label_variables(struct board *board, int most);

/* Returns -1 when memory ran out. */
int board_end(struct board *board);

/* Frees a board that was not begun. */
void board_drop(struct board *board);

/* What a family's label is called in Prometheus, where the labels of the node
 * stand before those of the same name (honor_labels: false). */
const char *series_label(const char *label);

/* The family's series with the suffix (_count and the like, or "") and its
 * matchers: the variables, and more, such as `a="b"`, or "". */
const char *board_select(struct board *board, const struct family *family,
                         const char *suffix, const char *more);

/* The same of another series with the family's labels. */
const char *board_select_name(struct board *board, const struct family *family,
                              const char *name, const char *more);

/* What a counter has gained within a window, series by series: increase(), but
 * with all of those that were born in it, whose first value increase() takes
 * for where they began. series and created are selections: of the counter, and
 * of its births, which the scrape asks for, or NULL without any. */
const char *board_gained(struct board *board, const char *series,
                         const char *created, const char *window);

/* The matchers of what has no labels but those of its node. */
extern const char board_node_matchers[];

/* Sums over all nodes, of a counter or of what a histogram counted: per
 * second, and within a window such as $__range, at an offset such as `1w` if it
 * is not "". by is "" or a label. */
const char *board_rate(struct board *board, const struct family *family,
                       const char *by, const char *more);
const char *board_increase(struct board *board, const struct family *family,
                           const char *by, const char *window,
                           const char *offset);

/* The share of errors, 0 to 1, by the family's role. */
const char *board_error_ratio(struct board *board, const struct family *family,
                              const char *by);

/* A quantile of a histogram: 0.95 and the like. */
const char *board_quantile(struct board *board, const struct family *family,
                           const char *quantile, const char *by,
                           const char *more);

/* A gauge over all nodes, by its rule. */
const char *board_gauge(struct board *board, const struct family *family,
                        const char *by);

/* See monitoring_bound. */
const char *board_bound(struct board *board, double bound);

/* Adds a query to a panel; where it has no room, what it has so far is placed
 * and it begins anew. */
struct query *board_query(struct board *board, struct panel *panel,
                          const char *legend, const char *expr);

/* Places a panel that has a query, and nothing otherwise. */
void board_panel(struct board *board, const struct panel *panel);

/* `{{label}}`, for a legend; what stands for no label is rest. */
const char *board_legend(struct board *board, const char *label,
                         const char *rest);

/* Lines of p50, p75, p95 and p99, with the room between them filled. */
void board_bands(struct board *board, struct panel *panel,
                 const struct family *family, const char *more);

/* Grafana's name for the unit of what the family measures, and of its rate. */
const char *family_unit(const struct family *family);
const char *family_rate_unit(const struct family *family);

/* Its help without the full stop, for a heading: `name: help`. */
const char *board_heading(struct board *board, const struct family *family);

/* The series' label by which the family is best broken down: not except, and
 * with the most values; NULL without one. */
const char *family_main_label(const struct family *family, const char *except);

/* A label of that name; by its own name, not that of its series. */
bool family_has_label(const struct family *family, const char *name);

/* The label is closed and permits the value. */
bool family_has_value(const struct family *family, const char *label,
                      const char *value);

/* The name begins with prefix. */
bool family_begins(const struct family *family, const char *prefix);

#endif

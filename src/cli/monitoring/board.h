/* board: the generated files that depend on the allowlist: dashboards and
 * recording rules. */
#ifndef TALLYMAN_CLI_MONITORING_BOARD_H
#define TALLYMAN_CLI_MONITORING_BOARD_H

#include "cli/monitoring/monitoring.h"
#include "cli/monitoring/value_list.h"

/* A board and its families; name is NULL after the last one. */
struct board {
    const char *name; /* in templates/MANIFEST */
    bool (*wants)(const struct family *family);
    size_t variables; /* the number of labels to filter by */
};

extern const struct board boards[];

/* Whether a family of the configuration belongs on the board. */
bool board_has(const struct monitoring *monitoring, const struct board *board);

/* The values of the board's templates, in addition to those of every template:
 *
 *   families             the families of the board with the values of
 *                        family_values, and matchers for the variables
 *   operations           see operation.h: a family with operation (the name),
 *                        width (of a panel), duration (a list of one family or
 *                        none), table_label, duration_by_label
 *   several_operations
 *   response             the family that times whole page loads, or none
 *   variables            rows of variable, label, series_label, and names, the
 *                        families with the label as alternatives
 *
 * They live as long as the arena. If memory ran out, arena->failed is set. */
const struct template_value *board_values(const struct board *board,
                                          const struct monitoring *monitoring,
                                          struct arena *arena);

#endif

/* board: the files that are about families of the configuration: dashboards,
 * and the recording rules. */
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

/* The board shows a family of the configuration. */
bool board_has(const struct monitoring *monitoring, const struct board *board);

/* The values that the board's templates have beside those of all:
 *
 *   families             those that it shows, see family_values; each has
 *                        matchers, too: those of the variables
 *   operations           see operation: a family with its operation (the name),
 *                        width (of a panel), duration (a list of one family or
 *                        none), table_label, duration_by_label
 *   several_operations
 *   response             the family that times whole page loads, or none
 *   variables            rows of variable, label, series_label, and the names
 *                        of families, as alternatives
 *
 * They live as long as the arena. arena->failed tells that memory ran out. */
const struct template_value *board_values(const struct board *board,
                                          const struct monitoring *monitoring,
                                          struct arena *arena);

#endif

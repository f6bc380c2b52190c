/* operation: what is done again and again and can fail or be slow, such as
 * requests: the families that tell of its rate, errors and duration. */
#ifndef TALLYMAN_CLI_MONITORING_OPERATION_H
#define TALLYMAN_CLI_MONITORING_OPERATION_H

#include "cli/monitoring/board.h"

struct operation {
    const struct family *rate;     /* a counter or a histogram */
    const struct family *duration; /* a histogram, NULL without one */
    struct family_role role;       /* of rate */
};

/* The family is one of an operation. */
bool operation_has(const struct family *family);

/* A counter of errors that are no share of anything, by its name. */
bool operation_errors(const struct family *family);

/* Finds the operations among the board's families. A histogram and its
 * family_counter are one. Returns how many, in an array for free(), NULL when
 * memory ran out. */
size_t operations_find(const struct board *board, struct operation **out);

/* What it is called: `x_requests`. Lives as long as the dashboard. */
const char *operation_name(struct board *board,
                           const struct operation *operation);

/* The unit of its duration in a graph of seconds: NULL when that is right. */
const char *operation_unit(const struct family *duration);

/* Draws the line that SLO_ERRORS permits: what is above is red. thresholds has
 * room for two and lives as long as the panel is used. */
void panel_limit_errors(struct panel *panel, struct threshold thresholds[2]);

#endif

/* boards: the dashboards of the monitoring set-up, one function for each. */
#ifndef TALLYMAN_CLI_MONITORING_BOARDS_H
#define TALLYMAN_CLI_MONITORING_BOARDS_H

#include "cli/monitoring/board.h"

/* Adds a dashboard. Returns 1 when the configuration has nothing for it, which
 * leaves it out, and -1 when memory ran out. */
typedef int board_add(const struct monitoring *monitoring,
                      struct output *output);

board_add board_red_add;
board_add board_golden_add;
board_add board_vitals_add;
board_add board_kpi_add;
board_add board_usage_add;

#endif

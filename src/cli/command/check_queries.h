/* check_queries: runs the queries of the allowlist files, for their author. */
#ifndef TALLYMAN_CLI_COMMAND_CHECK_QUERIES_H
#define TALLYMAN_CLI_COMMAND_CHECK_QUERIES_H

#include "config/config.h"

/* Runs each query once and prints its rows, or its error with the place of its
 * SQL to standard error. Nothing is stored. Returns an exit code. */
int check_queries(const struct config *config);

#endif

/* sql_runner: runs the queries by SQL of the allowlist files on side threads,
 * so that they hold up neither pushes nor scrapes. */
#ifndef TALLYMAN_PROCESS_SQL_RUNNER_H
#define TALLYMAN_PROCESS_SQL_RUNNER_H

#include "process/service.h"

struct sql_runner;

/* notify_fd, an eventfd, is written whenever a run has ended. NULL when memory
 * ran out. */
struct sql_runner *sql_runner_new(int notify_fd);

/* Commits the results of ended runs, and begins the next run if a query is due
 * that no other responder runs. The loop calls it at least once a second and
 * after notify_fd; it is cheap while no query is due. Each run has its own
 * thread. A run that exceeds its timeout by seconds is recorded as failed, and
 * other runs continue. */
void sql_runner_tick(struct sql_runner *runner, struct service *service);

/* Ends the threads, before the process ends and while notify_fd is open. A
 * thread that does not end is left to the end of the process. */
void sql_runner_free(struct sql_runner *runner);

/* Runs one query if one is due; for a process that is about to end. */
void sql_runner_run_due(struct service *service);

#endif

/* progress: a database is copied behind a bar on standard error, and can be
 * stopped. */
#ifndef TALLYMAN_CLI_KEEP_PROGRESS_H
#define TALLYMAN_CLI_KEEP_PROGRESS_H

#include "store/db.h"

/* db_copy with a bar where standard error is a terminal and it takes more than
 * half a second. From now on SIGINT, SIGTERM and SIGHUP stop this copy and
 * those behind it instead of the program, so that it can clean up. */
int progress_copy(struct db *from, struct db *to, struct err *err);

#endif

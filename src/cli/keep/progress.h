/* progress: an interruptible copy of a database with a progress bar. */
#ifndef TALLYMAN_CLI_KEEP_PROGRESS_H
#define TALLYMAN_CLI_KEEP_PROGRESS_H

#include "store/db.h"

/* db_copy, with a bar on standard error if that is a terminal and the copy
 * takes more than half a second. From then on SIGINT, SIGTERM and SIGHUP stop
 * this and later copies instead of the program, so it can clean up. */
int progress_copy(struct db *from, struct db *to, struct err *err);

#endif

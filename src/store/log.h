/* log: the WAL file of the database: its size, and whose it is. */
#ifndef TALLYMAN_STORE_LOG_H
#define TALLYMAN_STORE_LOG_H

#include "base/err.h"
#include "base/strbuf.h"

struct store;

/* ERR_FULL when the WAL file is larger than it may be and somebody still reads
 * what is in it. The caller holds the side lock. */
int log_check(struct store *store, struct err *err);

/* Remembers which file the log is now, also for those who open the database
 * later. The caller holds the side lock. */
void log_identify(struct store *store);

/* Before the database at this path is opened: the log of another file that had
 * its name gets a name of its own, and store->notes say so. The caller holds
 * the side lock. */
void log_disown(struct store *store, const char *path);

/* The log of a database whose file is gone would be taken for that of the one
 * which has its name now, or will have it. So what it holds goes into the old
 * file, which may be elsewhere only, and the log is removed; if that is not
 * possible, it gets a name of its own, and what a message should say of it is
 * appended to left. The caller holds the side lock. */
void log_drop(struct store *store, struct strbuf *left);

#endif

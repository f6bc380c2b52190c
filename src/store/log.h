/* log: the WAL file of the database: its size, and the database it belongs
 * to. */
#ifndef TALLYMAN_STORE_LOG_H
#define TALLYMAN_STORE_LOG_H

#include "base/err.h"
#include "base/strbuf.h"

struct store;

/* ERR_FULL when the WAL file exceeds its limit while a reader still needs its
 * content. The caller holds the side lock. */
int log_check(struct store *store, struct err *err);

/* Remembers which file is the log now, also for later opens of the database.
 * The caller holds the side lock. */
void log_identify(struct store *store);

/* Called before the database at this path is opened: renames a log that belongs
 * to an earlier file of that name, and adds a line to store->notes. The caller
 * holds the side lock. */
void log_disown(struct store *store, const char *path);

/* Removes the log of a database that was deleted, moved or replaced, because
 * SQLite would apply it to a later file of that name. First writes it back into
 * the old file, which may exist elsewhere. If that is impossible, renames it,
 * and appends to left a sentence for a message. The caller holds the side
 * lock. */
void log_drop(struct store *store, struct strbuf *left);

#endif

/* snapshot: one state of the database, for a reader. */
#ifndef TALLYMAN_ENDPOINTS_SNAPSHOT_H
#define TALLYMAN_ENDPOINTS_SNAPSHOT_H

#include "config/config.h"
#include "store/reader.h"

/* Begins a read transaction that reader_end ends, and opens *reader if it is
 * NULL. Fails with ERR_STALE if the database has other families than config.
 * Returns -1 with err set and no transaction begun. */
int snapshot_begin(struct reader **reader, const struct config *config,
                   struct err *err);

#endif

/* store: the totals in the database, shared by all responders. */
#ifndef TALLYMAN_STORE_STORE_H
#define TALLYMAN_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "metrics/registry.h"

struct store;

/* Opens or creates the database (mode 0600) and brings its schema up to date.
 * power: a commit is on the disk before store_commit returns, and all that is
 * there already before this returns. Refuses a network file system, a file of
 * another program and one of a newer version with ERR_VALUE. The caller gives
 * *out to store_close. */
int store_open(const char *path, bool power, struct store **out,
               struct err *err);

void store_close(struct store *store);

/* Makes the registry the one whose samples are committed: records its
 * families, gives each its id, adds a row at zero for every permitted
 * combination of closed families, and learns the values of open labels: batches
 * that were checked against the registry before want batch_unresolve first. A
 * family whose type or bounds have changed starts again at zero; notes gets a
 * line about each. The registry must live until the next load or close. now is
 * in Unix seconds. On error nothing has changed in the database. */
int store_load(struct store *store, struct registry *registry, int64_t now,
               struct strbuf *notes, struct err *err);

/* While the WAL file is larger, since somebody else reads the database for
 * long, nothing is committed: ERR_FULL. 0, as at first: it may have any size.
 */
void store_limit_log(struct store *store, long long bytes);

#endif

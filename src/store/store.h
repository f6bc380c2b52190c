/* store: the totals in the database, shared by all responders. */
#ifndef TALLYMAN_STORE_STORE_H
#define TALLYMAN_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "config/history_config.h"
#include "metrics/registry.h"

struct store;

/* Opens or creates the database (mode 0600) and brings its schema up to date.
 * power: commits are on disk before store_commit returns, and earlier ones
 * before this function returns. Refuses a network file system, another
 * program's file and a newer version with ERR_VALUE. The caller gives *out to
 * store_close. */
int store_open(const char *path, bool power, struct store **out,
               struct err *err);

void store_close(struct store *store);

/* Selects the registry whose samples are committed: writes its families, sets
 * their ids, inserts a zero row for every permitted combination of closed
 * families, and reads the values of open labels. Batches checked against the
 * registry earlier need batch_unresolve first. A family whose type or bounds
 * have changed restarts at zero; notes gets one line for each. The registry
 * must live until the next load or close. now is in Unix seconds. On error the
 * database is unchanged. */
int store_load(struct store *store, struct registry *registry, int64_t now,
               struct strbuf *notes, struct err *err);

/* Sets the limit of the WAL file. While the file is larger because a program
 * keeps reading the database, commits fail with ERR_FULL. 0, the default: no
 * limit. */
void store_limit_log(struct store *store, long long bytes);

/* Configures the history of the totals for the next store_load. By default none
 * is kept. */
void store_keep_history(struct store *store,
                        const struct history_config *config);

#endif

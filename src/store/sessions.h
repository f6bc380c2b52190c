/* sessions: adds the messages of a turn to Grafana sessions. */
#ifndef TALLYMAN_STORE_SESSIONS_H
#define TALLYMAN_STORE_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metrics/batch.h"

struct store;

/* Begins a turn. */
void sessions_begin(struct store *store, struct batch *const *batches,
                    size_t count);

/* Adds one message to its session, and the resulting changes to the fold. */
int sessions_apply(struct store *store, const struct session_push *push,
                   int64_t now, struct err *err);

/* In a turn with messages: closes and deletes some of the sessions that are
 * due. */
int sessions_finish(struct store *store, int64_t now, struct err *err);

/* Ends a turn; drops its changes in memory if it was rolled back. */
void sessions_end(struct store *store, bool committed);

#endif

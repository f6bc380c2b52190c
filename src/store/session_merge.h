/* session_merge: removes labels of sessions that the rules no longer permit, or
 * that come from another node. */
#ifndef TALLYMAN_STORE_SESSION_MERGE_H
#define TALLYMAN_STORE_SESSION_MERGE_H

#include "base/err.h"
#include "metrics/batch.h"

struct store;

/* Merges the series and label sets of sessions with forbidden labels into those
 * without the labels. If there were any, other responders must reload their
 * configuration. rules may be NULL. */
int sessions_merge(struct store *store, const struct session_rules *rules,
                   struct err *err);

/* Called after another node's totals were added: adopts their label sets, as
 * far as the configuration permits the labels. Fails with ERR_VALUE when a
 * family of sessions that the batch adds to exceeds sessions.max_series. */
int sessions_adopt(struct store *store, const struct batch *batch,
                   struct err *err);

#endif

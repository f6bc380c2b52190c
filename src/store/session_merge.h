/* session_merge: labels of sessions that the rules no longer permit, or that
 * come from another node. */
#ifndef TALLYMAN_STORE_SESSION_MERGE_H
#define TALLYMAN_STORE_SESSION_MERGE_H

#include "base/err.h"
#include "metrics/batch.h"

struct store;

/* Merges the series and label sets of sessions that have labels which the rules
 * forbid into those without, and has other responders load their configuration
 * anew if there were any. rules may be NULL. */
int sessions_merge(struct store *store, const struct session_rules *rules,
                   struct err *err);

/* After the totals of another node were added: takes their label sets over, as
 * far as the configuration permits the labels. Fails with ERR_VALUE when a
 * family of sessions that the batch adds to has more than sessions.max_series.
 */
int sessions_adopt(struct store *store, const struct batch *batch,
                   struct err *err);

#endif

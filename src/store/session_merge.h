/* session_merge: labels of sessions that the rules no longer permit. */
#ifndef TALLYMAN_STORE_SESSION_MERGE_H
#define TALLYMAN_STORE_SESSION_MERGE_H

#include "base/err.h"
#include "metrics/registry.h"

struct store;

/* Merges the series and label sets of sessions that have labels which the rules
 * forbid into those without, and has other responders load their configuration
 * anew if there were any. rules may be NULL. */
int sessions_merge(struct store *store, const struct session_rules *rules,
                   struct err *err);

#endif

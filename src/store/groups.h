/* groups: stored groups of pushes. */
#ifndef TALLYMAN_STORE_GROUPS_H
#define TALLYMAN_STORE_GROUPS_H

#include <stdint.h>

#include "metrics/batch.h"

struct store;

/* Refuses a batch whose groups exceed the limit. */
int groups_admit(struct store *store, struct batch *batch, int64_t now,
                 struct err *err);

/* Removes some of the groups without series whose last push precedes horizon,
 * in Unix seconds. *pruned: how many. */
int groups_prune(struct store *store, int64_t horizon, int *pruned,
                 struct err *err);

/* Sets the ids of the batch's groups and writes their times. */
int groups_take(struct store *store, struct batch *batch, struct err *err);

/* The same for a refused batch, as far as there is room for its group. Also
 * adds the batch's on_refusal sample to the fold. */
int groups_fail(struct store *store, struct batch *batch, struct err *err);

#endif

/* groups: the groups of pushes. */
#ifndef TALLYMAN_STORE_GROUPS_H
#define TALLYMAN_STORE_GROUPS_H

#include <stdint.h>

#include "metrics/batch.h"

struct store;

/* Refuses a batch with more groups than there is room for. */
int groups_admit(struct store *store, struct batch *batch, int64_t now,
                 struct err *err);

/* Forgets some of the groups without series that were not pushed since horizon,
 * in Unix seconds; *pruned: how many. */
int groups_prune(struct store *store, int64_t horizon, int *pruned,
                 struct err *err);

/* Gives the batch's groups their ids and writes their times. */
int groups_take(struct store *store, struct batch *batch, struct err *err);

/* The same for a batch that was refused, whose push has failed; as far as there
 * is room for its group. Adds what is to be added then to the fold. */
int groups_fail(struct store *store, struct batch *batch, struct err *err);

#endif

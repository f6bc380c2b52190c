/* pushers: the last cumulative totals of each process. */
#ifndef TALLYMAN_STORE_PUSHERS_H
#define TALLYMAN_STORE_PUSHERS_H

#include <stdbool.h>
#include <stdint.h>

#include "metrics/batch.h"

struct store;

/* The batch has cumulative totals. */
bool pushers_in(const struct batch *batch);

/* Refuses a batch whose cumulative totals exceed the limit of series by
 * process. If its points are independent, leaves those out instead. */
int pushers_admit(struct store *store, struct batch *batch, int64_t now,
                  struct err *err);

/* Deletes some rows of processes unseen since horizon, in Unix seconds.
 * *pruned: the number of rows, one per series. */
int pushers_prune(struct store *store, int64_t horizon, int *pruned,
                  struct err *err);

/* Deletes all rows of the family with that id. */
int pushers_forget(struct store *store, int64_t family, struct err *err);

/* Folds the growth of the sample's total since its pusher's last one, and
 * stores the new one. Skips a total whose epoch is older. */
int pushers_fold(struct store *store, const struct sample *sample, int64_t now,
                 struct err *err);

/* Takes over another node's last totals of processes that are unknown here, as
 * far as there is room, so that they continue from there. */
int pushers_take(struct store *store, const struct batch *batch,
                 struct err *err);

#endif

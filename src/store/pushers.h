/* pushers: the running totals that processes have pushed last. */
#ifndef TALLYMAN_STORE_PUSHERS_H
#define TALLYMAN_STORE_PUSHERS_H

#include <stdbool.h>
#include <stdint.h>

#include "metrics/batch.h"

struct store;

/* The batch has running totals. */
bool pushers_in(const struct batch *batch);

/* Refuses a batch with running totals of more processes than there is room for,
 * or leaves them out where its points stand alone. */
int pushers_admit(struct store *store, struct batch *batch, int64_t now,
                  struct err *err);

/* Forgets some processes that were not seen since horizon, in Unix seconds, by
 * series; *pruned: how many. */
int pushers_prune(struct store *store, int64_t horizon, int *pruned,
                  struct err *err);

/* Forgets all that was pushed of the family with that id. */
int pushers_forget(struct store *store, int64_t family, struct err *err);

/* Folds what the sample's total has grown by since its pusher's last one, which
 * it replaces. A total that is older than that, by its epoch, is left out. */
int pushers_fold(struct store *store, const struct sample *sample, int64_t now,
                 struct err *err);

/* Takes over what another node knows of processes that are unknown here, as
 * far as there is room: they go on from there. */
int pushers_take(struct store *store, const struct batch *batch,
                 struct err *err);

#endif

/* history_merge: adds the history of one series to that of another. */
#ifndef TALLYMAN_STORE_HISTORY_MERGE_H
#define TALLYMAN_STORE_HISTORY_MERGE_H

#include <stddef.h>
#include <stdint.h>

#include "metrics/batch.h"
#include "metrics/registry.h"
#include "store/db.h"

struct store;

struct history_pair {
    int64_t from; /* a row of series, possibly in another database */
    int64_t to;   /* a row of the store's series */
};

/* Adds the history and the pending growth of the family's series in db to the
 * series of the store. family has its row and bounds of db; pairs[0..count) are
 * ordered by from. */
int history_merge_family(struct store *store, struct db *db,
                         const struct family *family,
                         const struct history_pair *pairs, size_t count,
                         struct err *err);

/* Adds the history of the batch's node. */
int history_merge(struct store *store, const struct batch *batch,
                  struct err *err);

#endif

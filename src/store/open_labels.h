/* open_labels: keeps the values of open labels in memory and database equal. */
#ifndef TALLYMAN_STORE_OPEN_LABELS_H
#define TALLYMAN_STORE_OPEN_LABELS_H

#include <stdbool.h>
#include <stddef.h>

#include "metrics/batch.h"
#include "metrics/registry.h"

struct store;

/* Sets the values of the registry's open labels to the stored ones. Indexes of
 * earlier values, in batches and in the fold, are then invalid. */
int open_labels_learn(struct store *store, struct registry *registry,
                      struct err *err);

/* Values in memory are invalid once their series were removed, because others
 * may have taken their place. ERR_RELEARN when series with open labels were
 * removed since the values were read. Reads the database once per turn. */
int open_labels_check(struct store *store, struct err *err);

/* Resolves the values of the sample's open labels that were unknown when it was
 * parsed: admits them while there is room, and uses `other` after that. */
int open_labels_resolve(struct store *store, struct sample *sample,
                        struct err *err);

/* Keeps the values of open labels that the turn has admitted; after a rollback,
 * removes them. */
void open_labels_settle(struct batch *const *batches, size_t count,
                        bool committed);

#endif

/* open_labels: the values of open labels, shared by memory and database. */
#ifndef TALLYMAN_STORE_OPEN_LABELS_H
#define TALLYMAN_STORE_OPEN_LABELS_H

#include <stdbool.h>
#include <stddef.h>

#include "metrics/batch.h"
#include "metrics/registry.h"

struct store;

/* Makes the values of the registry's open labels those that the database has.
 * What holds their numbers, batches and the fold, is no longer good. */
int open_labels_learn(struct store *store, struct registry *registry,
                      struct err *err);

/* Values must not come from memory once their series were removed: others may
 * have come in their place. ERR_RELEARN when series with open labels were
 * removed since the values were learned; the database is asked once in a turn.
 */
int open_labels_check(struct store *store, struct err *err);

/* The values of the sample's open labels that were not known when it was
 * parsed: admitted while there is room, `other` after that. */
int open_labels_resolve(struct store *store, struct sample *sample,
                        struct err *err);

/* Keeps the values of open labels that the turn has admitted, or forgets
 * them after a rollback. */
void open_labels_settle(struct batch *const *batches, size_t count,
                        bool committed);

#endif

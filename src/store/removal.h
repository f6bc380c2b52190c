/* removal: deletes a group of pushes. */
#ifndef TALLYMAN_STORE_REMOVAL_H
#define TALLYMAN_STORE_REMOVAL_H

#include <stdint.h>

#include "metrics/batch.h"

struct store;

/* Removes the batch's group. Called before the turn's open_families_begin. */
int removal_apply(struct store *store, struct batch *batch, int64_t now,
                  struct err *err);

#endif

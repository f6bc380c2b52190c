/* removal: takes a group of pushes out. */
#ifndef TALLYMAN_STORE_REMOVAL_H
#define TALLYMAN_STORE_REMOVAL_H

#include <stdint.h>

#include "metrics/batch.h"

struct store;

/* Removes the batch's group, before the turn's open_families_begin. */
int removal_apply(struct store *store, struct batch *batch, int64_t now,
                  struct err *err);

#endif

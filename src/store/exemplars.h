/* exemplars: the last one of each bucket of a series. */
#ifndef TALLYMAN_STORE_EXEMPLARS_H
#define TALLYMAN_STORE_EXEMPLARS_H

#include "base/err.h"
#include "metrics/fold.h"

struct store;

/* Writes the delta's exemplars; its row must exist. */
int exemplars_write(struct store *store, const struct delta *delta,
                    struct err *err);

#endif

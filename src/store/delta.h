/* delta: adds the deltas of a turn to the series, and finds their rows. */
#ifndef TALLYMAN_STORE_DELTA_H
#define TALLYMAN_STORE_DELTA_H

#include <stdint.h>

#include "base/err.h"
#include "metrics/registry.h"

struct store;

/* The labels of a series as canonical JSON, valid until the next call; text is
 * NULL when memory ran out. */
struct value_text series_labels(struct store *store,
                                const struct family *family,
                                uint64_t combination);

/* The row of a series; 0 if there is none. */
int series_find(struct store *store, const struct family *family,
                const char *labels, size_t labels_len, int64_t *row,
                struct err *err);

/* Adds the pending deltas of the fold to the totals. */
int delta_apply_all(struct store *store, int64_t now, struct err *err);

#endif

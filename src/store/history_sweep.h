/* history_sweep: deletes rows of the history that are too old, or too many.
 * Each turn sweeps a few series and counts the bytes that remain. */
#ifndef TALLYMAN_STORE_HISTORY_SWEEP_H
#define TALLYMAN_STORE_HISTORY_SWEEP_H

#include <stdint.h>

#include "base/err.h"

struct store;

enum { HISTORY_SWEEP_VALUES = 8 };

/* The numbers in meta that control sweeps, in one turn. */
struct history_sweep {
    int64_t before[HISTORY_SWEEP_VALUES];
    int64_t values[HISTORY_SWEEP_VALUES];
};

/* Begins a sweep if one is due at now, in Unix seconds: once a day, and when
 * the history is too large. */
int history_sweep_begin(struct store *store, int64_t now,
                        struct history_sweep *sweep, struct err *err);

/* Does a part of the sweep, counts the bytes that the turn has written, and
 * writes the numbers. */
int history_sweep_end(struct store *store, struct history_sweep *sweep,
                      struct err *err);

#endif

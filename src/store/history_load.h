/* history_load: starts and ends the history as configured. */
#ifndef TALLYMAN_STORE_HISTORY_LOAD_H
#define TALLYMAN_STORE_HISTORY_LOAD_H

#include <stdint.h>

#include "base/err.h"

struct store;

/* Starts or ends the history, as the first step in the transaction of
 * store_load. When the history ends, pending growth is copied, and later turns
 * write it. */
int history_load(struct store *store, int64_t now, struct err *err);

#endif

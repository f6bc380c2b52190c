/* history_load: starts and ends the history as configured. */
#ifndef TALLYMAN_STORE_HISTORY_LOAD_H
#define TALLYMAN_STORE_HISTORY_LOAD_H

#include <stdint.h>

#include "base/err.h"

struct store;

/* Starts or ends the history, first of all in the transaction of store_load. At
 * the end, pending growth is copied, and later turns write it. */
int history_load(struct store *store, int64_t now, struct err *err);

#endif

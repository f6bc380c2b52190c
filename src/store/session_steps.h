/* session_steps: closes and forgets sessions. */
#ifndef TALLYMAN_STORE_SESSION_STEPS_H
#define TALLYMAN_STORE_SESSION_STEPS_H

#include <stdint.h>

#include "base/err.h"

struct store;

/* Closes and forgets some sessions, as many as a turn may. */
int session_steps(struct store *store, int64_t now, struct err *err);

#endif

/* session_variables: the dashboard variables of sessions. */
#ifndef TALLYMAN_STORE_SESSION_VARIABLES_H
#define TALLYMAN_STORE_SESSION_VARIABLES_H

#include "base/err.h"
#include "metrics/batch.h"

struct store;

/* Counts the variable values of a new session. */
int session_variables_add(struct store *store, const struct session_push *push,
                          struct err *err);

#endif

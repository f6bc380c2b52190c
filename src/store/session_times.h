/* session_times: the times of the messages of a session. */
#ifndef TALLYMAN_STORE_SESSION_TIMES_H
#define TALLYMAN_STORE_SESSION_TIMES_H

#include "store/session_row.h"

/* Adds the time of a message to a session that has one already, and what that
 * changes to its sums. A time that is there changes nothing. */
int session_times_add(struct store *store, struct session_row *row,
                      int64_t time, bool focused, struct err *err);

/* The time of a message where it is known that the session has no such. */
int session_times_insert(struct store *store, const struct session_row *row,
                         int64_t time, bool focused, struct err *err);

/* From now on the gaps are capped by the timeout: computes the sums anew. */
int session_times_cap(struct store *store, struct session_row *row,
                      struct err *err);

#endif

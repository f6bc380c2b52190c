/* session_times: the times of the messages of a session. */
#ifndef TALLYMAN_STORE_SESSION_TIMES_H
#define TALLYMAN_STORE_SESSION_TIMES_H

#include "store/session_row.h"

/* Adds the time of a message to a session that has times already, and updates
 * its sums. A repeated time changes nothing. */
int session_times_add(struct store *store, struct session_row *row,
                      int64_t time, bool focused, struct err *err);

/* Inserts the time of a message that the session is known not to have. */
int session_times_insert(struct store *store, const struct session_row *row,
                         int64_t time, bool focused, struct err *err);

/* Caps the gaps by the timeout from now on, and recomputes the sums. */
int session_times_cap(struct store *store, struct session_row *row,
                      struct err *err);

#endif

/* session_totals: the label sets and totals of sessions. */
#ifndef TALLYMAN_STORE_SESSION_TOTALS_H
#define TALLYMAN_STORE_SESSION_TOTALS_H

#include "store/session_row.h"

/* Chooses the label set that a new session counts in, for its whole life. */
int session_labels_choose(struct store *store, const struct session_push *push,
                          struct session_row *row, struct err *err);

/* Adds to a total of the label set, which is one of the family's. */
int session_total_add(struct store *store, enum session_family which,
                      struct value_text labels, double value, struct err *err);

#endif

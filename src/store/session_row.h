/* session_row: a session as a row of the table session, with the label sets and
 * totals that it counts in. */
#ifndef TALLYMAN_STORE_SESSION_ROW_H
#define TALLYMAN_STORE_SESSION_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "metrics/batch.h"

struct store;

/* Whether the timeout caps the gaps between the messages of a session. The
 * numbers are stored in the database. */
enum session_cap { CAP_NOT_YET = 0, CAP_ON = 1, CAP_NEVER = 2 };

/* A session as it is stored; times in milliseconds. */
struct session_row {
    int64_t id; /* 0: new */
    int64_t label_set;
    struct value_text labels;    /* these belong to the families */
    struct value_text dashboard; /* of the rules */
    int64_t timeout;             /* 0: unknown */
    enum session_cap capped;
    bool heartbeat; /* one was seen */
    bool ended;
    bool measured; /* counted in the histogram of lengths */
    int64_t sum;
    int64_t focused;
    int64_t counted;
    int64_t counted_focused;
};

/* Adds a label set of the session families to those in memory, and returns it.
 * Its text lives until sessions_begin drops it, and is NULL when memory ran
 * out. */
struct value_text session_row_labels(struct family *family, const char *text,
                                     size_t len);

/* Finds the push's session; a zeroed row if it is new. */
int session_row_find(struct store *store, const struct session_push *push,
                     struct session_row *row, struct err *err);

/* Updates the row of the push's session, or inserts it and sets its id. */
int session_row_write(struct store *store, const struct session_push *push,
                      struct session_row *row, int64_t now, struct err *err);

/* Chooses the label set that a new session counts in, for its whole life. */
int session_labels_choose(struct store *store, const struct session_push *push,
                          struct session_row *row, struct err *err);

/* Adds to a total of the label set, which is one of the family's. */
int session_total_add(struct store *store, enum session_family which,
                      struct value_text labels, double value, struct err *err);

#endif

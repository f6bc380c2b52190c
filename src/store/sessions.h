/* sessions: what the files about sessions in the store have in common. */
#ifndef TALLYMAN_STORE_SESSIONS_H
#define TALLYMAN_STORE_SESSIONS_H

#include "store/parts.h"

/* Whether the gaps between the times of a session are capped by its timeout.
 * The numbers stand in the database. */
enum session_cap { CAP_NOT_YET = 0, CAP_ON = 1, CAP_NEVER = 2 };

/* A session as it stands in the table; times in milliseconds. */
struct session_row {
    int64_t id; /* 0: it is new */
    int64_t label_set;
    struct value_text labels;    /* these belong to the families */
    struct value_text dashboard; /* of the rules */
    int64_t timeout;             /* 0: not known */
    enum session_cap capped;
    bool heartbeat; /* one was seen */
    bool ended;
    bool measured; /* stands in the histogram of lengths */
    int64_t sum;
    int64_t focused;
    int64_t counted;
    int64_t counted_focused;
};

/* Finds the push's session; a zeroed row when there is none. */
int session_row_find(struct store *store, const struct session_push *push,
                     struct session_row *row, struct err *err);

/* Updates the row of the push's session, or inserts it and sets its id. */
int session_row_write(struct store *store, const struct session_push *push,
                      struct session_row *row, int64_t now, struct err *err);

/* How long a session may be silent before it is taken to be over, in seconds:
 * at most as long as it is kept. */
int64_t session_row_patience(const struct session_row *row,
                             const struct session_rules *rules);

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

/* The number of a label set of the sessions' families among those in memory,
 * whose text lives until sessions_begin forgets it. text is NULL when memory
 * ran out. */
struct value_text session_labels_keep(struct family *family, const char *text,
                                      size_t len);

/* Chooses the label set that a new session counts in, for its whole life. */
int session_labels_choose(struct store *store, const struct session_push *push,
                          struct session_row *row, struct err *err);

/* Adds to a total of the label set, which is one of the family's. */
int session_total_add(struct store *store, struct family *family,
                      struct value_text labels, double value, struct err *err);

/* Counts the values of the variables of a new session. */
int session_variables_add(struct store *store, const struct session_push *push,
                          struct err *err);

/* Closes and forgets some sessions, as many as a turn may. */
int session_steps(struct store *store, int64_t now, struct err *err);

#endif

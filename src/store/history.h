/* history: the growth of the totals by period. The first push to a series in a
 * step of five minutes copies its totals before it changes them. Each turn
 * writes some of the copies as growth of their periods. */
#ifndef TALLYMAN_STORE_HISTORY_H
#define TALLYMAN_STORE_HISTORY_H

#include <stdint.h>

#include "base/err.h"
#include "metrics/fold.h"

struct store;

/* Begins a turn at now, in Unix seconds. */
void history_begin_turn(struct store *store, int64_t now);

/* Copies the totals of the delta's row before they change, if they were last
 * changed in an earlier step. */
int history_keep(struct store *store, struct delta *delta, struct err *err);

/* brought: the turn adds totals that another database has counted, which are
 * not growth here. */
void history_bring(struct store *store, bool brought);

/* Raises the mark of the series to its totals, so they do not count as
 * growth. */
int history_mark(struct store *store, int64_t series, struct err *err);

/* Raises the mark of the delta's series in a turn that brings totals. */
int history_kept(struct store *store, const struct delta *delta,
                 struct err *err);

/* Writes some of the copies, fewer in a turn that has made many, and deletes
 * some of the rows that are too old. Skips a damaged row, with a note. */
int history_write(struct store *store, int64_t now, struct err *err);

/* Writes all pending copies of the series, because its totals are about to
 * change for another reason than growth. */
int history_settle(struct store *store, int64_t series, struct err *err);

/* Restarts the series: its totals are zero, and its birth is now. */
int history_restart(struct store *store, int64_t series, int64_t now,
                    struct err *err);

/* The series of a family in a group, for the two functions below. */
struct history_group {
    int64_t family;
    int64_t id;
    int64_t now; /* Unix seconds */
};
int history_settle_group(struct store *store, const struct history_group *group,
                         struct err *err);
int history_restart_group(struct store *store,
                          const struct history_group *group, struct err *err);

void history_free(struct store *store);

#endif

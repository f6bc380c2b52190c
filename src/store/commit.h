/* commit: adds the batches of a turn to the totals. */
#ifndef TALLYMAN_STORE_COMMIT_H
#define TALLYMAN_STORE_COMMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "metrics/batch.h"

struct store;

/* The time that commits need to know. */
struct store_clock {
    int64_t now;                                /* Unix seconds */
    unsigned char batch_horizon[BATCH_ID_SIZE]; /* batch ids below it go */
    int64_t key_horizon; /* keys that came before it go, in Unix seconds */
};

/* 1 if what has that key in the table `origin` was added, with when that was in
 * *added_at, 0 for this database itself; 0 if not; -1 on error. */
int store_find_origin(struct store *store, const char *key, int64_t *added_at,
                      struct err *err);

/* Adds the batches of one turn to the totals in one transaction; marks those
 * whose id or key was counted before as repeated and those that do not fit what
 * is stored as refused, and leaves both out. When the turn fails for a reason
 * that can be one of its batches, each is tried by itself, and those that fail
 * are refused alone, with REJECT_NOT_STORED. touch: write something even if
 * there is nothing to add. On error nothing is applied:
 * ERR_STALE asks for the configuration to be loaded anew, as another responder
 * has redefined a family; after any other code but ERR_BUSY and ERR_FULL the
 * store should be closed and opened again. Only a failed sync, with power,
 * comes after the totals have changed: ERR_UNSYNCED. The store that is opened
 * next brings what was not synced into the file, or fails. */
int store_commit(struct store *store, struct batch *const *batches,
                 size_t count, bool touch, const struct store_clock *clock,
                 struct err *err);

/* What the last store_commit has found and mended, a line about each; "" if
 * nothing. Valid until the next. */
const char *store_notes(const struct store *store);

#endif

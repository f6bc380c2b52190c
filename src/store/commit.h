/* commit: adds the batches of a turn to the totals. */
#ifndef TALLYMAN_STORE_COMMIT_H
#define TALLYMAN_STORE_COMMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "metrics/batch.h"

struct store;

/* The times that a commit needs. */
struct store_clock {
    int64_t now;                                /* Unix seconds */
    unsigned char batch_horizon[BATCH_ID_SIZE]; /* lower batch ids are
                                                   forgotten */
    int64_t key_horizon; /* keys received before it are forgotten, in Unix
                            seconds */
};

/* 1 if the source with that key in the table `origin` was added, and *added_at
 * is when, or 0 for this database itself; 0 if not; -1 on error. */
int store_find_origin(struct store *store, const char *key, int64_t *added_at,
                      struct err *err);

/* Adds the batches of one turn to the totals in one transaction. Batches whose
 * id or key was counted before are marked as repeated, those that do not fit
 * the stored families as refused; both are left out. When the turn fails for a
 * reason that may lie in one batch, each is tried on its own, and those that
 * fail are refused with REJECT_NOT_STORED. touch: write something even if there
 * is nothing to add. On error nothing is applied: ERR_STALE asks the caller to
 * reload the configuration, because another responder has redefined a family.
 * After any code except ERR_STALE, ERR_BUSY and ERR_FULL the caller should
 * close the store and open it again. Only ERR_UNSYNCED, a failed sync with
 * power set, comes after the totals have changed: the next store_open brings
 * the unsynced commit into the file, or fails. */
int store_commit(struct store *store, struct batch *const *batches,
                 size_t count, bool touch, const struct store_clock *clock,
                 struct err *err);

/* The last commit left a part of the history to be written. The next commit
 * writes it; if there is none, store_write_history writes a part. After an
 * error nothing is due until the next push. */
bool store_history_due(const struct store *store);
int store_write_history(struct store *store, const struct store_clock *clock,
                        struct err *err);

/* The faults that the last store_commit has found and corrected, one line each;
 * "" for none. Valid until the next one. */
const char *store_notes(const struct store *store);

#endif

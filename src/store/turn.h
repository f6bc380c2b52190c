/* turn: the lock between responders and the transaction of a turn. */
#ifndef TALLYMAN_STORE_TURN_H
#define TALLYMAN_STORE_TURN_H

#include <stdbool.h>

#include "base/err.h"

struct store;

/* How long SQLite waits for the lock of another program, such as the sqlite3
 * shell or a backup. */
enum { OUTSIDER_BUSY_MS = 500 };

/* Takes the lock between responders for the next store_commit, if nobody else
 * has it. */
bool store_try_lock(struct store *store);

/* Takes it, and waits for it as long as a commit would: nobody else writes
 * until the next store_commit or store_close. */
int store_lock(struct store *store, struct err *err);

/* Releases it. turn_end does, too. */
void store_unlock(struct store *store);

/* -1 when the file of the database was deleted, moved or replaced by another:
 * nothing is committed or should be read any more; the store should be closed
 * and opened again. What was committed is in the old file, wherever that is.
 * -1, too, with ERR_STALE, as store_commit. */
int store_check(struct store *store, struct err *err);

/* Sets ERR_STALE and returns -1: the families are others than at store_load. */
int turn_stale(struct err *err);

/* Takes the lock and begins a transaction. On error, ERR_BUSY when another
 * process has either lock, ERR_FULL for too large a log, and ERR_IO when
 * store_check fails, neither is held. */
int turn_begin(struct store *store, struct err *err);

/* Commits the transaction when result is 0, else rolls it back, and releases
 * the lock. Returns 0 only if it is committed; err of a failed result stays. */
int turn_end(struct store *store, int result, struct err *err);

#endif

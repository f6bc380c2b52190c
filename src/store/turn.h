/* turn: the lock between responders and the transaction of a turn. */
#ifndef TALLYMAN_STORE_TURN_H
#define TALLYMAN_STORE_TURN_H

#include <stdbool.h>

#include "base/err.h"

struct store;

/* How long SQLite waits for the lock of another program, such as the sqlite3
 * shell or a backup. */
enum { OUTSIDER_BUSY_MS = 500 };

/* Takes the lock between responders for the next store_commit, if it is
 * free. */
bool store_try_lock(struct store *store);

/* Takes the lock, and waits as long as a commit would. Other responders cannot
 * write until the next store_commit or store_close. */
int store_lock(struct store *store, struct err *err);

/* Releases the lock, as turn_end does. */
void store_unlock(struct store *store);

/* -1 when the database file was deleted, moved or replaced. Then nothing is
 * committed, and nothing should be read: the caller should close the store and
 * open it again. Committed totals are in the old file, wherever it is. Also -1
 * with ERR_STALE, as store_commit. */
int store_check(struct store *store, struct err *err);

/* Sets ERR_STALE and returns -1: the families have changed since store_load. */
int turn_stale(struct err *err);

/* Takes the lock and begins a transaction. On error neither is held: ERR_BUSY
 * when another process has one of the locks, ERR_FULL when the log exceeds its
 * limit, ERR_IO when store_check fails. */
int turn_begin(struct store *store, struct err *err);

/* Commits the transaction if result is 0, otherwise rolls it back, and releases
 * the lock. Returns 0 only after a commit. err of a failed result is kept. */
int turn_end(struct store *store, int result, struct err *err);

#endif

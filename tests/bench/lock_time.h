/* lock_time: how long turns hold the lock between responders.
 *
 * The linker leads the calls of the objects through it: see LOCK_TIME in the
 * Makefile. What is timed is the product's own code, whatever statements it
 * runs. A turn is one store_commit that takes the lock. */
#ifndef TALLYMAN_BENCH_LOCK_TIME_H
#define TALLYMAN_BENCH_LOCK_TIME_H

#include "base/strbuf.h"

/* Forgets the turns so far. */
void lock_time_clear(void);

/* Adds what was measured of the turns since then, separated by tabs and
 * without a line end: turns, pushes a turn, rows changed a turn; then in us,
 * means: waiting for the lock, holding it, and of that COMMIT (the WAL, and
 * checkpoints where there are any); then in us, medians: holding the lock in
 * turns that changed about 13 rows, and in all, and of that BEGIN, statements,
 * COMMIT, and what is between them. The times of the turns are sorted by that:
 * lock_time_clear comes next. */
void lock_time_report(struct strbuf *out);

#endif

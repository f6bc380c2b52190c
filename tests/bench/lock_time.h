/* lock_time: the time that turns hold the lock between responders.
 *
 * The linker redirects the objects' calls to it, see LOCK_TIME in the
 * Makefile. It times the product's own code, whatever statements that
 * runs. A turn is one store_commit that takes the lock. */
#ifndef TALLYMAN_BENCH_LOCK_TIME_H
#define TALLYMAN_BENCH_LOCK_TIME_H

#include "base/strbuf.h"

/* Forgets the turns so far. */
void lock_time_clear(void);

/* Appends the measurements of the turns since then, separated by tabs,
 * without a newline: turns, pushes per turn, rows changed per turn; then
 * means in us: waiting for the lock, holding it, and the part in COMMIT (the
 * WAL and checkpoints); then medians in us: holding the lock in turns that
 * changed about 13 rows, and in all; of the latter BEGIN, statements,
 * COMMIT, and the time between them. It sorts the times of the turns, so
 * call lock_time_clear next. */
void lock_time_report(struct strbuf *out);

#endif

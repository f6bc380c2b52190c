/* side_lock: a blocking lock between processes, on a separate file.
 *
 * SQLite's busy handler sleeps between attempts, which costs tens of
 * milliseconds as soon as two processes write. A wait in the kernel ends at
 * once. */
#ifndef TALLYMAN_BASE_SIDE_LOCK_H
#define TALLYMAN_BASE_SIDE_LOCK_H

#include <stdbool.h>

#include "base/err.h"

/* Opens or creates the lock file, mode 0600, and installs a SIGALRM handler for
 * the waits. Returns its descriptor, or -1 with ERR_IO, ERR_FULL or
 * ERR_READONLY. */
int side_lock_open(const char *path, struct err *err);

/* Waits at most timeout_ms for the lock; then -1 with ERR_BUSY. SIGALRM ends
 * the wait, so the program blocks it in its other threads. */
int side_lock_take(int fd, int timeout_ms, struct err *err);

/* Takes the lock if it is free. */
bool side_lock_try(int fd);

void side_lock_release(int fd);

#endif

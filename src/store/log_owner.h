/* log_owner: which database a log belongs to.
 *
 * SQLite finds a log by its name. One that was left by processes that were
 * killed is brought into whatever file has the name of the database by then,
 * and damages it if that is another one. */
#ifndef TALLYMAN_STORE_LOG_OWNER_H
#define TALLYMAN_STORE_LOG_OWNER_H

#include <stdbool.h>

/* The log is the one that log_owner_record was last told of, and the database
 * is not. fd is that of the lock file, whose lock the caller holds. False where
 * that cannot be known, as on a file system without times of birth: a copy of
 * both files may have their numbers. */
bool log_owner_differs(int fd, const char *database, const char *log);

/* Writes into the lock file that they belong together. */
void log_owner_record(int fd, const char *database, const char *log);

#endif

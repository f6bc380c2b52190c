/* log_owner: which database a log belongs to.
 *
 * SQLite finds a log by its name. If processes are killed and their log stays,
 * the next open applies it to the file that then has the database's name, and
 * damages a different database. */
#ifndef TALLYMAN_STORE_LOG_OWNER_H
#define TALLYMAN_STORE_LOG_OWNER_H

#include <stdbool.h>

/* Whether the log is the recorded one and the database is not. fd is the lock
 * file's descriptor; the caller holds its lock. False if that cannot be known:
 * if the file system has no birth times, copies of both files may have the
 * inode numbers of the originals. */
bool log_owner_differs(int fd, const char *database, const char *log);

/* Records in the lock file that the log belongs to the database. */
void log_owner_record(int fd, const char *database, const char *log);

#endif

/* filesystem: may the database lie here? */
#ifndef TALLYMAN_BASE_FILESYSTEM_H
#define TALLYMAN_BASE_FILESYSTEM_H

#include <stdbool.h>

#include "base/err.h"

/* The name of a network file system by its statfs type, NULL for all others:
 * WAL needs memory shared between the processes that have the file open. */
const char *filesystem_network_name(long type);

/* Returns -1 with ERR_VALUE when the directory of path is on a network file
 * system, and with ERR_IO when there is none; the message names the way out. */
int filesystem_check(const char *path, struct err *err);

/* path lies in directory or below it, symbolic links resolved. */
bool filesystem_below(const char *path, const char *directory);

#endif

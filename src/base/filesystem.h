/* filesystem: whether a directory can hold the database. */
#ifndef TALLYMAN_BASE_FILESYSTEM_H
#define TALLYMAN_BASE_FILESYSTEM_H

#include <stdbool.h>

#include "base/err.h"

/* The name of a network file system by its statfs type, or NULL for any other
 * type. WAL needs shared memory between all processes that open the file. */
const char *filesystem_network_name(long type);

/* Returns -1 with ERR_VALUE when the directory of path is on a network file
 * system, and with ERR_IO when it does not exist. The message says how to
 * correct it. */
int filesystem_check(const char *path, struct err *err);

/* path is directory or below it; symbolic links are resolved. */
bool filesystem_below(const char *path, const char *directory);

#endif

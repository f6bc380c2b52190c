/* database: the configured database, opened to be read. */
#ifndef TALLYMAN_CLI_COMMAND_DATABASE_H
#define TALLYMAN_CLI_COMMAND_DATABASE_H

#include "base/err.h"
#include "store/db.h"

/* An outsider's lock is waited for so long, in milliseconds. */
enum { DATABASE_PATIENCE_MS = 2000 };

/* Opens the database for reading; refuses another program's file, and another
 * version's, with ERR_VALUE. The caller gives *out to db_close. */
int database_open(const char *path, struct db **out, struct err *err);

#endif

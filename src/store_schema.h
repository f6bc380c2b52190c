/* store_schema: the schema of the database. */
#ifndef TALLYMAN_STORE_SCHEMA_H
#define TALLYMAN_STORE_SCHEMA_H

#include <stdint.h>

#include "db.h"

/* Sets up a new connection and brings the schema to the newest version, in one
 * transaction; the caller holds the side lock. Refuses other programs' files
 * and newer versions with ERR_VALUE. */
int schema_migrate(struct db *db, const char *path, struct err *err);

/* Reads the schema version without changing anything: one that this program
 * knows. Refuses another program's file and a newer version with ERR_VALUE. */
int schema_check(struct db *db, const char *path, int64_t *number,
                 struct err *err);

#endif

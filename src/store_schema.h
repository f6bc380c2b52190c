/* store_schema: the schema of the database, and the families in it. */
#ifndef TALLYMAN_STORE_SCHEMA_H
#define TALLYMAN_STORE_SCHEMA_H

#include "db.h"
#include "registry.h"
#include "strbuf.h"

/* Sets up a new connection and brings the schema to the newest version, in one
 * transaction; the caller holds the side lock. Refuses other programs' files
 * and newer versions with ERR_VALUE. */
int schema_migrate(struct db *db, const char *path, struct err *err);

/* See store_load; the caller has begun a transaction. */
int schema_load(struct db *db, struct registry *registry, int64_t now,
                struct strbuf *notes, struct err *err);

/* Inserts a series at zero with statement, series_insert.sql, unless it is
 * there. */
int schema_insert_series(struct db_statement *statement,
                         const struct family *family,
                         const struct strbuf *labels, int64_t now,
                         struct err *err);

#endif

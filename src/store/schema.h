/* schema: the schema of the database. */
#ifndef TALLYMAN_STORE_SCHEMA_H
#define TALLYMAN_STORE_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "store/db.h"

/* What kind of file it is, before anything is written to it. */
struct schema_version {
    bool ours;         /* it says that it is a database of Tallyman */
    int64_t number;    /* of the schema; SQL_VERSION is the newest */
    bool empty;        /* nothing was ever written to it */
    bool utf8;         /* the encoding of its texts */
    int64_t page_size; /* in bytes */
    char journal[16];
};

/* Neither a view nor a table of the file can pretend another version. */
int schema_read(struct db *db, struct schema_version *version, struct err *err);

/* Sets up a new connection and brings the schema to the newest version, in one
 * transaction; the caller holds the side lock. Refuses other programs' files,
 * versions that this program does not know, and tables that are not as Tallyman
 * makes them, with ERR_VALUE. Tables and views that somebody has added stay; so
 * do indexes and triggers, but for those of a table that a step makes anew. */
int schema_migrate(struct db *db, const char *path, struct err *err);

/* Reads the schema version without changing anything: one that this program
 * knows. Refuses another program's file and other versions with ERR_VALUE. */
int schema_check(struct db *db, const char *path, int64_t *number,
                 struct err *err);

/* Which differences of schema_difference.h are too many. */
enum schema_need {
    SCHEMA_NEEDS_TABLES, /* grave ones */
    SCHEMA_NEEDS_OURS,   /* all but what is foreign */
    SCHEMA_NEEDS_ALL
};

/* Refuses them with ERR_VALUE, naming the first. */
int schema_require(struct db *db, const char *path, int64_t number,
                   enum schema_need need, struct err *err);

#endif

/* schema: the schema of the database. */
#ifndef TALLYMAN_STORE_SCHEMA_H
#define TALLYMAN_STORE_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "store/db.h"

/* The kind of a file, found before anything is written to it. */
struct schema_version {
    bool ours;         /* its application id is Tallyman's */
    int64_t number;    /* of the schema; SQL_VERSION is the newest */
    bool empty;        /* nothing was ever written */
    bool utf8;         /* the encoding of texts */
    int64_t page_size; /* in bytes */
    char journal[16];
};

/* No view or table in the file can fake the version. */
int schema_read(struct db *db, struct schema_version *version, struct err *err);

/* Sets up a new connection and brings the schema to the newest version in one
 * transaction. The caller holds the side lock. Refuses other programs' files,
 * unknown versions, and altered tables of ours, with ERR_VALUE. Foreign tables
 * and views stay; so do foreign indexes and triggers, except on a table that a
 * migration rebuilds. */
int schema_migrate(struct db *db, const char *path, struct err *err);

/* Reads the schema version, which this program must know, without changing
 * anything. Refuses another program's file and other versions with
 * ERR_VALUE. */
int schema_check(struct db *db, const char *path, int64_t *number,
                 struct err *err);

/* The differences of schema_difference.h that are refused. */
enum schema_need {
    SCHEMA_NEEDS_TABLES, /* grave ones only */
    SCHEMA_NEEDS_OURS,   /* all but foreign objects */
    SCHEMA_NEEDS_ALL
};

/* Refuses them with ERR_VALUE; the message names the first. */
int schema_require(struct db *db, const char *path, int64_t number,
                   enum schema_need need, struct err *err);

#endif

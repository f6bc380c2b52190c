/* schema_difference: compares a database's schema with that of a fresh
 * database.
 *
 * A file may come from anywhere. Triggers, views, CHECKs and generated columns
 * run the code of their author, and a view can replace a table. */
#ifndef TALLYMAN_STORE_SCHEMA_DIFFERENCE_H
#define TALLYMAN_STORE_SCHEMA_DIFFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "store/db.h"

enum schema_difference_kind {
    SCHEMA_FOREIGN, /* a fresh database has no object of that type and name */
    SCHEMA_MISSING,
    SCHEMA_ALTERED /* other columns, or another text */
};

/* type and name are as in the file: any bytes but NUL. */
struct schema_difference {
    enum schema_difference_kind kind;
    const char *type; /* "table", "index", "view" or "trigger" */
    const char *name;
    const char *sql; /* creates the object of a fresh database; NULL if foreign,
                        "" if its table creates it */
};

/* A zeroed struct is empty. */
struct schema_differences {
    struct arena arena; /* owns all texts */
    struct schema_difference *list;
    size_t count;
};

/* The maximum number of differences listed; a schema with more is refused with
 * ERR_LIMIT. */
enum { SCHEMA_DIFFERENCES_MAX = 1000 };

/* Compares the schema with that of a fresh database of that version, from
 * SQL_OLDEST to SQL_VERSION, by the texts. Foreign tables come first. Only the
 * schema itself is read. The caller gives *out to schema_differences_free, also
 * after a failure. */
int schema_differences_find(struct db *db, int64_t version,
                            struct schema_differences *out, struct err *err);

void schema_differences_free(struct schema_differences *differences);

/* True if totals cannot be read or written: the object is one of Tallyman's
 * tables, or an index that belongs to such a table. schema_differences_repair
 * removes all other differences. */
bool schema_difference_is_grave(const struct schema_difference *difference);

/* The rest of a sentence about the object, such as "is missing". */
const char *schema_difference_text(const struct schema_difference *difference);

/* Returns -1 with ERR_VALUE and a message that begins with path. */
int schema_difference_refuse(const struct schema_difference *difference,
                             const char *path, struct err *err);

/* Drops foreign objects, and recreates missing and altered objects. Refuses a
 * grave difference with ERR_VALUE. */
int schema_differences_repair(struct db *db, const char *path,
                              const struct schema_differences *differences,
                              struct err *err);

#endif

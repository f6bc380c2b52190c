/* schema_difference: where the schema of a database is not that of a fresh one.
 *
 * A file may come from anywhere. Triggers and views run statements of their
 * author, a table can have a CHECK or a generated column that does, and a view
 * can stand in the place of a table. */
#ifndef TALLYMAN_STORE_SCHEMA_DIFFERENCE_H
#define TALLYMAN_STORE_SCHEMA_DIFFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "store/db.h"

enum schema_difference_kind {
    SCHEMA_FOREIGN, /* a fresh database has nothing of that type and name */
    SCHEMA_MISSING,
    SCHEMA_ALTERED /* it has other columns, or another text */
};

/* type and name are as the file has them: any bytes but NUL. */
struct schema_difference {
    enum schema_difference_kind kind;
    const char *type; /* "table", "index", "view" or "trigger" */
    const char *name;
    const char *sql; /* makes what a fresh database has; NULL if foreign, "" if
                        its table makes it */
};

/* A zeroed struct is empty. */
struct schema_differences {
    struct arena arena; /* has all texts */
    struct schema_difference *list;
    size_t count;
};

/* So many are told; a schema with more is refused with ERR_LIMIT. */
enum { SCHEMA_DIFFERENCES_MAX = 1000 };

/* Compares the schema with that of a fresh database of that version, from
 * SQL_OLDEST to SQL_VERSION, text by text. Foreign tables stand first. Only the
 * schema itself is read. The caller gives *out to schema_differences_free, also
 * after a failure. */
int schema_differences_find(struct db *db, int64_t version,
                            struct schema_differences *out, struct err *err);

void schema_differences_free(struct schema_differences *differences);

/* Totals cannot be read or added to: it is a table of ours, or an index that
 * is part of one. Other differences go with schema_differences_mend. */
bool schema_difference_is_grave(const struct schema_difference *difference);

/* What there is to say of it, such as "is missing". */
const char *schema_difference_text(const struct schema_difference *difference);

/* Returns -1 with ERR_VALUE and a message that begins with path. */
int schema_difference_refuse(const struct schema_difference *difference,
                             const char *path, struct err *err);

/* Drops what is foreign, and makes anew what is missing or altered. A grave
 * difference is refused with ERR_VALUE. */
int schema_differences_mend(struct db *db, const char *path,
                            const struct schema_differences *differences,
                            struct err *err);

#endif

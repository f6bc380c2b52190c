#include "cli/command/database.h"

#include "sql.h"
#include "store/schema.h"

static int check_version(struct db *db, const char *path, struct err *err) {
    struct schema_version version;
    if (schema_read(db, &version, err) != 0)
        return -1;
    if (!version.ours)
        return err_set(err, ERR_VALUE,
                       "database %s belongs to another program; see `database` "
                       "in the configuration",
                       path);
    if (version.number != SQL_VERSION)
        return err_set(err, ERR_VALUE,
                       "database %s has schema version %lld, this program "
                       "supports %d; use the tallyman that was installed with "
                       "the responders, and restart them after an upgrade",
                       path, (long long)version.number, SQL_VERSION);
    return schema_require(db, path, version.number, SCHEMA_NEEDS_OURS, err);
}

int database_open(const char *path, struct db **out, struct err *err) {
    if (db_open(path, true, DATABASE_PATIENCE_MS, out, err) != 0)
        return -1;
    if (check_version(*out, path, err) == 0)
        return 0;
    db_close(*out);
    *out = NULL;
    return -1;
}

static int take_snapshot(struct db *db, struct err *err) {
    return db_execute(db, sql_snapshot_begin, err) != 0
               ? -1
               : db_execute(db, sql_snapshot_take, err);
}

int database_read(struct db *db, struct reader **out, struct err *err) {
    return take_snapshot(db, err) != 0 ? -1 : reader_share(db, out, err);
}

int origin_open(struct origin *origin, const char *path, struct err *err) {
    if (db_open(path, true, DATABASE_PATIENCE_MS, &origin->db, err) != 0)
        return -1;
    if (take_snapshot(origin->db, err) == 0 &&
        schema_check(origin->db, path, &origin->version, err) == 0)
        return 0;
    origin_close(origin);
    return -1;
}

void origin_close(struct origin *origin) {
    db_close(origin->db);
    origin->db = NULL;
}

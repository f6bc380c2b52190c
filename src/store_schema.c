#include "store_schema.h"

#include <string.h>

#include "sql.h"

/* As in sql/migrations/0001_series.sql. */
static const int64_t APPLICATION_ID = 0x54616C79;

struct version {
    int64_t application;
    int64_t number;
    int64_t objects;
    bool wal;
};

static int read_version(struct db *db, struct version *version,
                        struct err *err) {
    struct db_statement *statement;
    size_t len;
    if (db_prepare(db, sql_version, &statement, err) != 0)
        return -1;
    int result = db_step(statement, err);
    if (result == 1) {
        version->application = db_integer(statement, 0);
        version->number = db_integer(statement, 1);
        version->objects = db_integer(statement, 2);
        const char *journal = db_text(statement, 3, &len);
        version->wal = journal && strcmp(journal, "wal") == 0;
    }
    db_reset(statement);
    return result == 1 ? 0 : -1;
}

static int check_version(const struct version *version, const char *path,
                         struct err *err) {
    bool empty = version->objects == 0 && version->number == 0 &&
                 version->application == 0;
    if (!empty && version->application != APPLICATION_ID)
        return err_set(err, ERR_VALUE,
                       "database %s belongs to another program; set "
                       "`database` to a file of its own",
                       path);
    if (version->number < 0 || version->number > SQL_MIGRATIONS)
        return err_set(err, ERR_VALUE,
                       "database %s has schema version %lld, this program "
                       "knows %d; run the newer Tallyman that wrote it",
                       path, (long long)version->number, SQL_MIGRATIONS);
    return 0;
}

int schema_check(struct db *db, const char *path, int64_t *number,
                 struct err *err) {
    struct version version = {0};
    if (read_version(db, &version, err) != 0)
        return -1;
    if (version.application != APPLICATION_ID)
        return err_set(err, ERR_VALUE, "%s is not a database of Tallyman",
                       path);
    *number = version.number;
    return check_version(&version, path, err);
}

static int run_migrations(struct db *db, int64_t from, struct err *err) {
    for (int64_t i = from; i < SQL_MIGRATIONS; i++)
        if (db_execute(db, sql_migrations[i], err) != 0)
            return -1;
    return 0;
}

static int migrate_from(struct db *db, int64_t number, struct err *err) {
    struct err ignored;
    if (db_execute(db, sql_begin, err) != 0)
        return -1;
    int result = run_migrations(db, number, err);
    if (result == 0)
        result = db_execute(db, sql_commit, err);
    if (result != 0 && db_in_transaction(db))
        (void)db_execute(db, sql_rollback, &ignored);
    return result;
}

int schema_migrate(struct db *db, const char *path, struct err *err) {
    struct version version = {0};
    if (read_version(db, &version, err) != 0 ||
        check_version(&version, path, err) != 0 ||
        db_execute(db, sql_open, err) != 0 ||
        read_version(db, &version, err) != 0)
        return -1;
    if (!version.wal)
        return err_set(err, ERR_IO,
                       "database %s cannot be switched to WAL; set "
                       "`database` to a path on a local disk",
                       path);
    if (version.number < SQL_MIGRATIONS &&
        migrate_from(db, version.number, err) != 0)
        return -1;
    return db_execute(db, sql_foreign_keys, err);
}

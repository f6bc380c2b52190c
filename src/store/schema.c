#include "store/schema.h"

#include <stdio.h>
#include <string.h>

#include "sql.h"
#include "store/schema_difference.h"

/* As in sql/schema.sql. */
static const int64_t APPLICATION_ID = 0x54616C79;

enum { TEXT_SIZE = sizeof(((struct schema_version *)0)->journal) };

static int copy_text(void *context, struct db_statement *row, struct err *err) {
    (void)err;
    (void)snprintf(context, TEXT_SIZE, "%s", db_string(row, 0));
    return 0;
}

int schema_read(struct db *db, struct schema_version *version,
                struct err *err) {
    int64_t application;
    int64_t objects;
    char encoding[TEXT_SIZE] = "";
    *version = (struct schema_version){.number = 0};
    if (db_query_number(db, sql_schema_size, &objects, err) != 0 ||
        db_query_number(db, sql_application_id, &application, err) != 0 ||
        db_query_number(db, sql_user_version, &version->number, err) != 0 ||
        db_query_number(db, sql_page_size, &version->page_size, err) != 0 ||
        db_query(db, sql_encoding, copy_text, encoding, err) != 0 ||
        db_query(db, sql_journal_mode, copy_text, version->journal, err) != 0)
        return -1;
    version->ours = application == APPLICATION_ID;
    version->empty = objects == 0 && version->number == 0 && application == 0;
    version->utf8 = strcmp(encoding, "UTF-8") == 0;
    return 0;
}

static int check_version(const struct schema_version *version, const char *path,
                         struct err *err) {
    if (version->empty)
        return 0;
    if (!version->ours)
        return err_set(err, ERR_VALUE,
                       "database %s belongs to another program; set "
                       "`database` to a file of its own",
                       path);
    if (version->number < SQL_OLDEST)
        return err_set(err, ERR_VALUE,
                       "database %s has schema version %lld, which no released "
                       "Tallyman has written",
                       path, (long long)version->number);
    if (version->number > SQL_VERSION)
        return err_set(err, ERR_VALUE,
                       "database %s has schema version %lld, this program "
                       "supports %d; run the newer Tallyman that wrote it",
                       path, (long long)version->number, SQL_VERSION);
    if (!version->utf8)
        return err_set(err, ERR_VALUE,
                       "database %s stores text as UTF-16, must be UTF-8",
                       path);
    return 0;
}

int schema_check(struct db *db, const char *path, int64_t *number,
                 struct err *err) {
    struct schema_version version;
    if (schema_read(db, &version, err) != 0)
        return -1;
    if (!version.ours)
        return err_set(err, ERR_VALUE, "%s is not a database of Tallyman",
                       path);
    *number = version.number;
    return check_version(&version, path, err);
}

static bool is_needed(const struct schema_difference *one,
                      enum schema_need need) {
    return need == SCHEMA_NEEDS_ALL || schema_difference_is_grave(one) ||
           (need == SCHEMA_NEEDS_OURS && one->kind != SCHEMA_FOREIGN);
}

/* For a view with the name of a table, the error about the table says more. */
static int refuse_first(const struct schema_differences *found,
                        const char *path, enum schema_need need,
                        struct err *err) {
    const struct schema_difference *first = NULL;
    for (size_t i = 0; i < found->count; i++) {
        const struct schema_difference *one = &found->list[i];
        if (is_needed(one, need) &&
            (!first || (schema_difference_is_grave(one) &&
                        !schema_difference_is_grave(first))))
            first = one;
    }
    return first ? schema_difference_refuse(first, path, err) : 0;
}

int schema_require(struct db *db, const char *path, int64_t number,
                   enum schema_need need, struct err *err) {
    struct schema_differences found;
    int result = schema_differences_find(db, number, &found, err);
    if (result == 0)
        result = refuse_first(&found, path, need, err);
    schema_differences_free(&found);
    return result;
}

/* number is the version of the file; 0: it is empty. */
static int make_current(struct db *db, int64_t number, struct err *err) {
    if (number == 0)
        return db_execute(db, sql_schema, err);
    while (++number <= SQL_VERSION)
        if (db_execute(db, sql_migrations[number - SQL_OLDEST], err) != 0)
            return -1;
    return 0;
}

static int migrate_from(struct db *db, int64_t number, struct err *err) {
    struct err ignored;
    if (db_execute(db, sql_begin, err) != 0)
        return -1;
    int result = make_current(db, number, err);
    if (result == 0)
        result = db_execute(db, sql_commit, err);
    if (result != 0 && db_in_transaction(db))
        (void)db_execute(db, sql_rollback, &ignored);
    return result;
}

int schema_migrate(struct db *db, const char *path, struct err *err) {
    struct schema_version version;
    if (schema_read(db, &version, err) != 0 ||
        check_version(&version, path, err) != 0 ||
        (!version.empty && schema_require(db, path, version.number,
                                          SCHEMA_NEEDS_TABLES, err) != 0) ||
        db_execute(db, sql_open, err) != 0 ||
        schema_read(db, &version, err) != 0)
        return -1;
    if (strcmp(version.journal, "wal") != 0)
        return err_set(err, ERR_IO,
                       "database %s cannot be switched to WAL; set "
                       "`database` to a path on a local disk",
                       path);
    if (version.number < SQL_VERSION &&
        migrate_from(db, version.number, err) != 0)
        return -1;
    return db_execute(db, sql_foreign_keys, err);
}

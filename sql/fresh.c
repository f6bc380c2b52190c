/* Prints the schema of each database version as C source: the newest from
 * schema.sql, the older ones from the migrations. Part of the build, linked
 * with the output of embed.sh; see src/store/schema_difference.h. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "sql.h"

static void quote(const unsigned char *text) {
    (void)putchar('"');
    for (; text && *text; text++)
        if (*text == '\n')
            (void)fputs("\\n", stdout);
        else if (*text == '"' || *text == '\\')
            (void)printf("\\%c", *text);
        else
            (void)putchar(*text);
    (void)fputs("\",", stdout);
}

static void fail(sqlite3 *db) {
    (void)fprintf(stderr, "sql/fresh.c: %s\n", sqlite3_errmsg(db));
    exit(1);
}

static void print_schema(sqlite3 *db, int version) {
    sqlite3_stmt *row;
    int result;
    if (sqlite3_prepare_v2(db, sql_schema_objects, -1, &row, NULL) != SQLITE_OK)
        fail(db);
    (void)printf("static const struct sql_object schema_%d[] = {\n", version);
    while ((result = sqlite3_step(row)) == SQLITE_ROW) {
        (void)putchar('{');
        for (int column = 0; column < 4; column++)
            quote(sqlite3_column_text(row, column));
        (void)fputs("},\n", stdout);
    }
    (void)fputs("{0}};\n", stdout);
    if (result != SQLITE_DONE)
        fail(db);
    (void)sqlite3_finalize(row);
}

static sqlite3 *open_empty(void) {
    sqlite3 *db;
    if (sqlite3_open(":memory:", &db) != SQLITE_OK)
        fail(db);
    return db;
}

static void execute(sqlite3 *db, const char *sql) {
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail(db);
}

int main(void) {
    sqlite3 *old = open_empty();
    sqlite3 *fresh = open_empty();
    for (int version = SQL_OLDEST; version < SQL_VERSION; version++) {
        execute(old, sql_migrations[version - SQL_OLDEST]);
        print_schema(old, version);
    }
    execute(fresh, sql_schema);
    print_schema(fresh, SQL_VERSION);
    (void)puts("const struct sql_object *const sql_schemas[] = {");
    for (int version = SQL_OLDEST; version <= SQL_VERSION; version++)
        (void)printf("schema_%d,\n", version);
    (void)puts("};");
    return sqlite3_close(old) == SQLITE_OK && sqlite3_close(fresh) == SQLITE_OK
               ? 0
               : 1;
}

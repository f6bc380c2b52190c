/* Prints, as C source, the schema of a fresh database after each of the
 * migrations. The build runs it with what embed.sh has made; see
 * src/store/schema_difference.h. */
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

int main(void) {
    sqlite3 *db;
    if (sqlite3_open(":memory:", &db) != SQLITE_OK)
        fail(db);
    for (int version = 0; version <= SQL_MIGRATIONS; version++) {
        if (version > 0 && sqlite3_exec(db, sql_migrations[version - 1], NULL,
                                        NULL, NULL) != SQLITE_OK)
            fail(db);
        print_schema(db, version);
    }
    (void)puts("const struct sql_object *const sql_schemas[] = {");
    for (int version = 0; version <= SQL_MIGRATIONS; version++)
        (void)printf("schema_%d,\n", version);
    (void)puts("};");
    return sqlite3_close(db) == SQLITE_OK ? 0 : 1;
}

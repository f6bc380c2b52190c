/* outsider: reads and changes the database of a test, scratch_path("t.db"),
 * like a user of the sqlite3 shell. */
#ifndef TALLYMAN_TESTS_OUTSIDER_H
#define TALLYMAN_TESTS_OUTSIDER_H

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "scratch.h"
#include "unit.h"

static inline sqlite3 *outsider_open(void) {
    sqlite3 *handle = NULL;
    if (sqlite3_open_v2(scratch_path("t.db"), &handle,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                        NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(handle));
    return handle;
}

static inline void outsider_close(sqlite3 *handle) {
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

static inline void outsider_execute(sqlite3 *handle, const char *sql) {
    if (sqlite3_exec(handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(handle));
}

static inline void outsider_run(const char *sql) {
    sqlite3 *handle = outsider_open();
    outsider_execute(handle, sql);
    outsider_close(handle);
}

/* Returns the rows of a query like the shell: columns between bars. */
static inline struct strbuf outsider_rows(const char *sql) {
    struct strbuf rows = {0};
    sqlite3_stmt *statement;
    sqlite3 *handle = outsider_open();
    if (sqlite3_prepare_v2(handle, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(handle));
    int result;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const char *text = (const char *)sqlite3_column_text(statement, i);
            strbuf_printf(&rows, "%s%s", i > 0 ? "|" : "",
                          text ? text : "NULL");
        }
        strbuf_add_char(&rows, '\n');
    }
    if (result != SQLITE_DONE)
        fail_msg("%s: %s", sql, sqlite3_errmsg(handle));
    (void)sqlite3_finalize(statement);
    outsider_close(handle);
    return rows;
}

#define assert_rows(sql, want) outsider_check(sql, want, __FILE__, __LINE__)

static inline void outsider_check(const char *sql, const char *want,
                                  const char *file, int line) {
    struct strbuf rows = outsider_rows(sql);
    const char *got = rows.data ? rows.data : "";
    if (strcmp(got, want) != 0) {
        print_error("%s\nwants\n%sbut gives\n%s", sql, want, got);
        _fail(file, line);
    }
    strbuf_free(&rows);
}

/* Checks the integrity of the file, and that every series has its totals:
 * ok|0|0. */
#define SOUND                                                                  \
    "SELECT integrity_check, (SELECT count(*) FROM pragma_foreign_key_check)," \
    "(SELECT count(*) FROM series) - (SELECT count(*) FROM total) "            \
    "FROM pragma_integrity_check"

/* Makes additions to histograms fail by a constraint, and undoes that. */
#define OUTSIDER_FILL                                                          \
    "UPDATE total SET count = 1000 WHERE buckets NOT NULL; "                   \
    "ALTER TABLE total ADD COLUMN poison INTEGER "                             \
    "CHECK (buckets IS NULL OR count <= 1000)"
#define OUTSIDER_EMPTY                                                         \
    "ALTER TABLE total DROP COLUMN poison; "                                   \
    "UPDATE total SET count = (SELECT sum(value) FROM json_each(buckets)) "    \
    "WHERE buckets NOT NULL"

#endif

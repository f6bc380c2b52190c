/* The file of a query: missing, damaged and other files, and Tallyman's own. */
#include "outside_fixture.h"

static void test_files(void **state) {
    static const char sql[] = "SELECT count(*) FROM orders";
    char garbage[4097];
    (void)state;
    memset(garbage, 'x', sizeof(garbage));
    garbage[4096] = '\0';
    scratch_write("garbage.db", garbage);
    scratch_write("short.db", "SQLite format 3");
    scratch_write("empty.db", "");
    assert_int_equal(mkdir(scratch_path("directory.db"), 0700), 0);
    assert_int_equal(mkfifo(scratch_path("pipe.db"), 0600), 0);
    static const struct {
        const char *file;
        const char *want;
    } rows[] = {
        {"none.db", "query q: database %: there is no such file"},
        {"directory.db", "query q: database %: is not a regular file"},
        {"pipe.db", "query q: database %: is not a regular file"},
        {"garbage.db", "query q: database %: is not a database of SQLite, or "
                       "is encrypted"},
        {"short.db", "query q: database %: is not a database of SQLite, or is "
                     "encrypted"},
        {"garbage.db/x", "query q: database %: Not a directory"},
        {"empty.db", "query q: no such table: orders"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *path = scratch_path(rows[i].file);
        outside_expect(outside_ask(sql, path), path, rows[i].want);
    }
    /* Names with a special meaning for SQLite. */
    outside_expect(outside_ask("SELECT 1", ":memory:"),
                   ":memory:", "query q: database %: there is no such file");
    outside_expect(outside_ask("SELECT 1", "file:x?mode=memory"), "",
                   "query q: database file:x?mode=memory: there is no such "
                   "file");
}

static void test_damaged_files_are_refused(void **state) {
    (void)state;
    sqlite3_close(shop_open("DELETE"));
    const char *path = scratch_path("shop.db");
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "xxxxxxxx", 8, 4096), 8);
    close(fd);
    outside_expect(outside_ask("SELECT count(*) FROM orders", path), path,
                   "query q: database %: database disk image is malformed");
}

/* A query without `database` reads Tallyman's own. */
static void test_own_database_is_the_default(void **state) {
    struct sql_rows rows;
    struct err err = {.code = ERR_NONE};
    struct family family = {.name = "q", .type = METRIC_GAUGE};
    const struct sql_query query = {
        .family = &family, .sql = "SELECT count(*) FROM orders", .timeout = 1};
    (void)state;
    sqlite3_close(shop_open("WAL"));
    assert_int_equal(db_outside_run(&query, scratch_path("shop.db"), LABEL_MAX,
                                    no_seconds, &rows, &err),
                     0);
    assert_int_equal(rows.count, 1);
    assert_true(rows.rows[0].value > 2.5 && rows.rows[0].value < 3.5);
    arena_free(&rows.arena);
}

int main(void) {
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)
    const struct CMUnitTest tests[] = {
        TEST(test_files),
        TEST(test_damaged_files_are_refused),
        TEST(test_own_database_is_the_default),
    };
    return cmocka_run_group_tests_name("db_outside_files", tests, NULL, NULL);
}

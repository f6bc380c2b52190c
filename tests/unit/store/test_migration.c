/* Database files of earlier versions are brought up to date. */
#include "store/schema.h"

#include <math.h>

#include "offer_fixture.h"
#include "sql.h"

/* All of the schema, but how SQL keeps its text. */
#define SCHEMA                                                                 \
    "SELECT type, name, sql FROM sqlite_schema "                               \
    "WHERE name NOT LIKE 'sqlite_%' ORDER BY name"

static void open_and_close(void) {
    struct store *store;
    struct err err = {.code = ERR_NONE};
    if (store_open(scratch_path("t.db"), false, &store, &err) != 0)
        fail_msg("%s", err.message);
    store_close(store);
}

/* A file of each earlier version, with data of its time. */
static void test_migrations(void **state) {
    open_and_close();
    struct strbuf fresh = outsider_rows(SCHEMA);
    for (int version = 0; version <= SQL_MIGRATIONS; version++) {
        assert_int_equal(scratch_clear(state), 0);
        assert_int_equal(scratch_make(state), 0);
        sqlite3 *old = outsider_open();
        for (int i = 0; i < version; i++)
            outsider_execute(old, sql_migrations[i]);
        if (version >= 1)
            outsider_execute(old,
                             "INSERT INTO family (id, name, type, help, unit) "
                             "VALUES (7, 'a', 'counter', 'h', ''); INSERT INTO "
                             "series (id, family_id, labels, "
                             "value, created_at, updated_at) "
                             "VALUES (9, 7, '{}', 41, 10, 20)");
        if (version >= 2)
            outsider_execute(old, "INSERT INTO batch VALUES "
                                  "(x'000102030405060708090a0b0c0d0e0f', 30)");
        outsider_close(old);
        struct side side;
        side_open(&side, "{'name': 'a', 'help': 'h', 'type': 'counter'}");
        side_push(&side, "a", "{}", "1");
        side_close(&side);
        assert_rows("PRAGMA user_version", "10\n");
        assert_rows(SCHEMA, fresh.data);
        assert_rows("SELECT value FROM series",
                    version >= 1 ? "42.0\n" : "1.0\n");
        assert_rows("SELECT created_at FROM series",
                    version >= 1 ? "10\n" : "1700000000\n");
        assert_rows("SELECT hex(id), seen_at FROM batch",
                    version >= 2 ? "000102030405060708090A0B0C0D0E0F|30\n"
                                 : "");
    }
    strbuf_free(&fresh);
}

/* A step that fails half way leaves nothing behind, not even the steps before
 * it. */
static void test_failing_migration(void **state) {
    struct store *store;
    struct err err = {.code = ERR_NONE};
    (void)state;
    sqlite3 *old = outsider_open();
    outsider_execute(old, sql_migrations[0]);
    outsider_execute(old, "CREATE VIEW histogram_quantiles AS SELECT 1");
    outsider_close(old);
    assert_int_equal(store_open(scratch_path("t.db"), false, &store, &err), -1);
    assert_null(store);
    assert_non_null(strstr(err.message, "histogram_quantiles already exists"));
    assert_rows("PRAGMA user_version", "1\n");
    assert_rows("SELECT name FROM sqlite_schema "
                "WHERE name NOT LIKE 'sqlite_%' ORDER BY name",
                "family\nhistogram_quantiles\nmeta\nseries\n");
}

/* The tables of version 3, with rows of all types and ids that were used once
 * and are not to be used again. */
static const char version_3_rows[] =
    "INSERT INTO family (id, name, type, help, unit, zeroed, bounds) VALUES "
    "(3, 'c', 'counter', 'hc', '', 42, NULL), "
    "(5, 'g', 'gauge', 'hg', 'bytes', 0, NULL), "
    "(6, 'h', 'histogram', 'hh', '', 0, '[0.5,2]'), "
    "(9, 'gone', 'counter', 'h', '', 0, NULL);"
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
    "WHERE i < 5000) "
    "INSERT INTO series (id, family_id, labels, value, sum, count, buckets, "
    "created_at, updated_at) "
    "SELECT 2 * i, iif(i % 2, 3, 5), '{\"i\":\"' || i || '\"}', i / 4.0, 0, i "
    "% 3, "
    "NULL, i, i + 1 FROM n;"
    "INSERT INTO series (id, family_id, labels, sum, count, buckets, "
    "created_at, updated_at) VALUES (10001, 6, '{}', 2.5, 3, '[1,0,2]', 1, 2),"
    " (20000, 9, '{}', 0, 0, NULL, 1, 1);"
    "DELETE FROM series WHERE family_id = 9; DELETE FROM family WHERE id = 9";

#define FAMILY_ROWS                                                            \
    "SELECT id, name, type, help, unit, zeroed, bounds FROM family ORDER BY "  \
    "id"
#define SERIES_ROWS                                                            \
    "SELECT id, family_id, labels, value, sum, count, buckets, created_at, "   \
    "updated_at FROM series ORDER BY id"
#define VIEW_ROWS                                                              \
    "SELECT * FROM (SELECT * FROM counter_totals UNION ALL "                   \
    "SELECT family, labels, value, updated, '' FROM gauge_values UNION ALL "   \
    "SELECT family, labels, le, cumulative_count, count "                      \
    "FROM histogram_buckets) ORDER BY 1, 2, 3"

/* Many rows keep what they are, and their ids; new ones get others than were
 * ever used. Views and tables that somebody has added stay. */
static void test_version_3(void **state) {
    struct side side;
    (void)state;
    sqlite3 *old = outsider_open();
    for (int i = 0; i < 3; i++)
        outsider_execute(old, sql_migrations[i]);
    outsider_execute(old, version_3_rows);
    outsider_execute(old, "CREATE VIEW mine AS SELECT count(*) AS n FROM "
                          "series JOIN family ON family.id = family_id;"
                          "CREATE TABLE notes (a)");
    outsider_close(old);
    struct strbuf families = outsider_rows(FAMILY_ROWS);
    struct strbuf series = outsider_rows(SERIES_ROWS);
    struct strbuf views = outsider_rows(VIEW_ROWS);
    assert_true(series.len > 100000);
    open_and_close();
    assert_rows("PRAGMA user_version", "10\n");
    assert_rows(FAMILY_ROWS, families.data);
    assert_rows(SERIES_ROWS, series.data);
    assert_rows(VIEW_ROWS, views.data);
    assert_rows("SELECT n FROM mine", "5001\n");
    assert_rows("SELECT name, seq FROM sqlite_sequence ORDER BY name",
                "family|9\npush_group|0\nseries|20000\n");
    assert_rows("SELECT DISTINCT open FROM family", "0\n");
    assert_rows("SELECT sql FROM sqlite_schema WHERE name LIKE '%_new'", "");
    side_open(&side, "{'name': 'c', 'help': 'hc', 'type': 'counter', "
                     "'labels': [{'name': 'i', 'maxValues': 9999}]}");
    side_push(&side, "c", "{'i': '7'}", "1");
    side_push(&side, "c", "{'i': 'new'}", "1");
    offer_one(&side, (struct offer){"open", METRIC_UNTYPED, .value = NAN});
    assert_rows("SELECT id, family_id, value FROM series "
                "WHERE id = 14 OR id > 20000",
                "14|3|2.75\n20001|3|1.0\n20002|10|NULL\n");
    strbuf_free(&families);
    strbuf_free(&series);
    strbuf_free(&views);
    sound_close(&side);
}

/* A series of a family that is not there is refused, also by the connection
 * that has made the tables anew. */
static void test_foreign_keys(void **state) {
    struct side side;
    struct err err = {.code = ERR_NONE};
    const struct push push = {NULL, "c", "{}", "1"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        side_open(&side, "{'name': 'c', 'help': 'h', 'type': 'counter'}");
        outsider_run("DELETE FROM series; DELETE FROM family");
        assert_int_equal(side_turn(&side, &push, 1, NULL, &err), -1);
        assert_non_null(strstr(err.message, "FOREIGN KEY constraint failed"));
        side_close(&side);
    }
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_migrations),
        TEST(test_failing_migration),
        TEST(test_version_3),
        TEST(test_foreign_keys),
    };
    return cmocka_run_group_tests_name("store_migration", tests, NULL, NULL);
}

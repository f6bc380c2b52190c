/* Migration of database files of earlier versions, and files that are
 * refused. */
#include "store/schema.h"

#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "offer_fixture.h"
#include "sql.h"

/* The schema without the objects of SQLite itself. */
#define SCHEMA                                                                 \
    "SELECT type, name, tbl_name, sql FROM sqlite_schema "                     \
    "WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name"

static void open_and_close(void) {
    struct store *store;
    struct err err = {.code = ERR_NONE};
    if (store_open(scratch_path("t.db"), false, &store, &err) != 0)
        fail_msg("%s", err.message);
    store_close(store);
}

/* Opening the file fails; `want` is the message after the path. */
static void assert_refused(const char *want) {
    struct store *store;
    struct err err = {.code = ERR_NONE};
    assert_int_equal(store_open(scratch_path("t.db"), false, &store, &err), -1);
    assert_null(store);
    const char *at = strstr(err.message, scratch_path("t.db"));
    assert_string_equal(at ? at + strlen(scratch_path("t.db")) : err.message,
                        want);
}

/* Rows of all types, of families that a file lists and that pushes have added,
 * and ids that were used once and must not be used again. */
static const char version_10_rows[] =
    "INSERT INTO family (id, name, type, help, unit, zeroed, open, bounds) "
    "VALUES (3, 'c', 'counter', 'hc', '', 42, 0, NULL),"
    " (5, 'g', 'gauge', 'hg', 'bytes', 0, 0, NULL),"
    " (6, 'h', 'histogram', 'hh', '', 7, 0, '[0.5,2]'),"
    " (7, 's', 'summary', 'hs', 'seconds', 0, 1, NULL),"
    " (8, 'u', 'untyped', 'hu', '', 0, 1, NULL),"
    " (9, 'gone', 'counter', 'h', '', 0, 0, NULL);"
    "INSERT INTO push_group VALUES (2, '{\"job\":\"j\"}', 1700000000.5, 0),"
    " (4, '{\"job\":\"k\"}', 0, 1600000000.25), (7, '{\"job\":\"l\"}', 1, 1);"
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
    "WHERE i < 5000) "
    "INSERT INTO series (id, family_id, labels, value, count, created_at, "
    "updated_at, group_id) "
    "SELECT 2 * i, iif(i % 2, 3, 5), '{\"i\":\"' || i || '\"}', "
    "iif(i % 1000, i / 4.0, NULL), i % 3, i, i + 1, iif(i % 5, NULL, 2) "
    "FROM n;"
    "INSERT INTO series (id, family_id, labels, value, sum, count, buckets, "
    "created_at, updated_at, group_id) VALUES "
    "(10001, 6, '{\"l\":\"a\"}', 0, 2.5, 3, '[1,0,2]', 1, 2, 4),"
    "(10003, 6, '{\"l\":\"b\"}', 0, 0, 0, '[0,0,0]', 1, 1, NULL),"
    "(10005, 7, '{}', 0, -1e100, 9007199254740992, NULL, 3, 4, 2),"
    "(10007, 8, '{\"x\":\"é\"}', NULL, 0, 1, NULL, 5, 6, 2),"
    "(10009, 8, '{}', 0, 0, 0, NULL, 5, 5, NULL),"
    "(20000, 9, '{}', 0, 0, 0, NULL, 1, 1, 7);"
    "DELETE FROM series WHERE family_id = 9; DELETE FROM family WHERE id = 9;"
    "DELETE FROM push_group WHERE id = 7;"
    "INSERT INTO pusher (family_id, labels, pusher, series, value, sum, count, "
    "buckets, seen_at) VALUES "
    "(3, '{\"i\":\"1\"}', '{\"p\":\"1\"}', NULL, 5, 0, 0, NULL, 9),"
    "(3, '{\"i\":\"x\"}', '{\"p\":\"1\"}', '{\"i\":\"1\"}', 6, 0, 0, NULL, 8),"
    "(6, '{\"l\":\"a\"}', '{}', NULL, 0, 2.5, 3, '[1,0,2]', 7);"
    "INSERT INTO batch VALUES (x'000102030405060708090a0b0c0d0e0f', 30);"
    "INSERT INTO origin VALUES ('node:1', 40), ('text:2', 41);"
    "INSERT INTO session_label_set VALUES "
    "(1, '{\"dashboard_name\":\"b\"}', '{}');"
    "INSERT INTO session VALUES (1, 'a', 1, 5000, 1, 1, 0, 0, 2000, 1000, 2000,"
    " 1000, 50, 60), (2, 'b', 1, NULL, 0, 0, 1, 1, 9, 9, 9, 9, 51, NULL);"
    "INSERT INTO session_time VALUES (1, 1000, 1), (1, 3000, 0), (2, 7, 1);"
    "INSERT INTO session_variable_value VALUES ('v', 'one');"
    "UPDATE meta SET value = 3 WHERE key IN ('open_series', 'pushers', "
    "'generation');"
    "UPDATE meta SET value = 2 WHERE key = 'groups';";

/* A file of that version, with these rows. */
static void make_version(int version) {
    sqlite3 *old = outsider_open();
    outsider_execute(old, sql_migrations[0]);
    outsider_execute(old, version_10_rows);
    for (int step = SQL_OLDEST; step < version; step++)
        outsider_execute(old, sql_migrations[step + 1 - SQL_OLDEST]);
    outsider_close(old);
}

static void make_version_10(void) {
    make_version(10);
}

static void start_anew(void **state) {
    assert_int_equal(scratch_clear(state), 0);
    assert_int_equal(scratch_make(state), 0);
}

#define SERIES_COLUMNS                                                         \
    "SELECT id, family_id, labels, value, sum, count, buckets, created_at, "   \
    "updated_at, group_id FROM series "
#define SERIES_10 SERIES_COLUMNS "ORDER BY id"
#define SERIES SERIES_COLUMNS "LEFT JOIN total ON series_id = id ORDER BY id"

/* Queries that give the same rows in all versions. */
static const char *const same[] = {
    "SELECT id, name, type, help, unit, zeroed, open, bounds FROM family "
    "ORDER BY id",
    "SELECT family_id, labels, pusher, series, value, sum, count, buckets, "
    "seen_at FROM pusher ORDER BY 1, 2, 3",
    "SELECT * FROM push_group ORDER BY id",
    "SELECT * FROM meta WHERE key NOT LIKE 'history_%' ORDER BY key",
    "SELECT hex(id), seen_at FROM batch",
    "SELECT * FROM origin ORDER BY key",
    "SELECT * FROM session_label_set",
    "SELECT * FROM session ORDER BY id",
    "SELECT * FROM session_time ORDER BY 1, 2",
    "SELECT * FROM session_variable_value",
    "SELECT name, seq FROM sqlite_sequence ORDER BY name",
    "SELECT * FROM counter_totals ORDER BY family, labels",
    "SELECT * FROM gauge_values ORDER BY family, labels",
    "SELECT * FROM summary_means ORDER BY family, labels",
    "SELECT * FROM histogram_buckets ORDER BY family, labels, le",
    "SELECT * FROM histogram_quantiles ORDER BY family, labels",
    "SELECT * FROM family_summary ORDER BY family",
    "SELECT * FROM session_list ORDER BY uuid",
};

/* All rows and their ids are unchanged. */
static void check_rows(int version) {
    struct strbuf before[COUNT(same)];
    make_version(version);
    struct strbuf series = outsider_rows(version == 10 ? SERIES_10 : SERIES);
    for (size_t i = 0; i < COUNT(same); i++) {
        before[i] = outsider_rows(same[i]);
        assert_true(before[i].len > 0);
    }
    assert_true(series.len > 100000);
    open_and_close();
    assert_rows("PRAGMA user_version", "14\n");
    assert_rows(SERIES, series.data);
    for (size_t i = 0; i < COUNT(same); i++) {
        assert_rows(same[i], before[i].data);
        strbuf_free(&before[i]);
    }
    assert_rows("SELECT name, seq FROM sqlite_sequence ORDER BY name",
                "family|9\npush_group|7\nseries|20000\n");
    assert_rows(SOUND, "ok|0|0\n");
    assert_rows("SELECT epoch, count(*) FROM pusher GROUP BY epoch", "0|3\n");
    assert_rows(
        "SELECT (SELECT count(*) FROM push_key), count(*) FROM exemplar",
        "0|0\n");
    assert_rows("SELECT value FROM meta WHERE key = 'history_since'", "0\n");
    /* A second start changes nothing. */
    open_and_close();
    assert_rows(SERIES, series.data);
    strbuf_free(&series);
}

static void test_rows(void **state) {
    for (int version = SQL_OLDEST; version < SQL_VERSION; version++) {
        start_anew(state);
        check_rows(version);
    }
}

/* Killed after the steps and before their commit, with their pages in the WAL:
 * the file is unchanged, and the next start migrates it. */
static void test_killed_migration_runs_again(void **state) {
    for (int version = SQL_OLDEST; version < SQL_VERSION; version++) {
        start_anew(state);
        make_version(version);
        struct strbuf schema = outsider_rows(SCHEMA);
        struct strbuf pushers = outsider_rows(same[1]);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            sqlite3 *killed = outsider_open();
            outsider_execute(killed, "PRAGMA journal_mode = WAL;"
                                     "PRAGMA cache_size = 2; BEGIN IMMEDIATE");
            for (int step = version; step < SQL_VERSION; step++)
                outsider_execute(killed, sql_migrations[step + 1 - SQL_OLDEST]);
            (void)raise(SIGKILL);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_rows(SCHEMA, schema.data);
        assert_rows(same[1], pushers.data);
        open_and_close();
        assert_rows("PRAGMA user_version", "14\n");
        assert_rows(same[1], pushers.data);
        assert_rows(SOUND, "ok|0|0\n");
        strbuf_free(&schema);
        strbuf_free(&pushers);
    }
}

/* Pushes add to the existing rows; new rows get ids that were never used. */
static void check_pushes(int version) {
    struct side side;
    make_version(version);
    side_open(
        &side,
        "{'name': 'c', 'help': 'hc', 'type': 'counter', 'labels': ["
        " {'name': 'i', 'maxValues': 9999}]},"
        "{'name': 'h', 'help': 'hh', 'type': 'histogram', 'buckets': [0.5, 2],"
        " 'labels': [{'name': 'l', 'allowedValues': ['a', 'b']}]}");
    assert_null(side.notes.data);
    side_push(&side, "c", "{'i': '7'}", "1");
    side_push(&side, "c", "{'i': 'new'}", "1");
    side_push(&side, "h", "{'l': 'a'}", "1,9");
    offer_one(&side, (struct offer){"u", METRIC_UNTYPED, "{'x':'é'}",
                                    .value = 4, .group = "{'job':'m'}"});
    offer_one(&side, (struct offer){"s", METRIC_SUMMARY, .sum = 1, .count = 1});
    offer_one(&side, (struct offer){"open", METRIC_UNTYPED, .value = NAN});
    assert_rows("SELECT iif(id > 20000, 'new', id), family_id, value, sum, "
                "count, buckets, created_at, "
                "group_id FROM series JOIN total ON series_id = id "
                "WHERE updated_at >= 1700000000 ORDER BY id",
                "14|3|2.75|0.0|1|NULL|7|NULL\n"
                "10001|6|0.0|12.5|5|[1,1,3]|1|4\n"
                "10005|7|0.0|-1.0e+100|9007199254740992|NULL|3|2\n"
                "10007|8|4.0|0.0|2|NULL|5|2\n"
                "new|3|1.0|0.0|0|NULL|1700000000|NULL\n"
                "new|10|NULL|0.0|1|NULL|1700000000|NULL\n");
    assert_rows("SELECT id, labels FROM push_group WHERE id > 4",
                "8|{\"job\":\"m\"}\n");
    sound_close(&side);
}

static void test_pushes(void **state) {
    for (int version = SQL_OLDEST; version < SQL_VERSION; version++) {
        start_anew(state);
        check_pushes(version);
    }
}

/* The file has the schema of a new file, which equals schema.sql text by
 * text. */
static void test_migrated_schema_equals_a_new_one(void **state) {
    const struct sql_object *object = sql_schemas[SQL_VERSION - SQL_OLDEST];
    char count[20];
    char *sql;
    size_t objects = 0;
    open_and_close();
    struct strbuf fresh = outsider_rows(SCHEMA);
    for (int version = SQL_OLDEST; version < SQL_VERSION; version++) {
        start_anew(state);
        make_version(version);
        open_and_close();
        assert_rows(SCHEMA, fresh.data);
    }
    for (; object[objects].type; objects++) {
        sql = sqlite3_mprintf("SELECT coalesce(sql, '') FROM sqlite_schema "
                              "WHERE type = %Q AND name = %Q AND tbl_name = %Q",
                              object[objects].type, object[objects].name,
                              object[objects].table);
        struct strbuf want = {0};
        strbuf_printf(&want, "%s\n", object[objects].sql);
        assert_rows(sql, want.data);
        strbuf_free(&want);
        sqlite3_free(sql);
    }
    assert_int_equal(SQL_VERSION, 14);
    (void)snprintf(count, sizeof(count), "%zu\n", objects);
    assert_rows("SELECT count(*) FROM sqlite_schema", count);
    strbuf_free(&fresh);
}

/* Added views and tables stay, even if they name columns that are gone; our own
 * views that were dropped or changed are created again. */
static void test_views_of_an_outsider_stay(void **state) {
    static const char foreign[] =
        "SELECT type, name, sql FROM sqlite_schema WHERE name GLOB 'my_*' "
        "ORDER BY name";
    (void)state;
    open_and_close();
    struct strbuf fresh = outsider_rows(SCHEMA);
    start_anew(state);
    make_version_10();
    outsider_run(
        "CREATE VIEW my_count AS SELECT count(*) AS n FROM series JOIN family "
        "ON family.id = family_id;"
        "CREATE VIEW my_values AS SELECT series.value, series.updated_at "
        "FROM series;"
        "CREATE VIEW my_totals AS SELECT sum(total) AS n FROM counter_totals;"
        "CREATE TABLE my_notes (a, series_id REFERENCES series (id));"
        "INSERT INTO my_notes VALUES ('note', 14);"
        "CREATE INDEX my_index ON my_notes (a);"
        "DROP VIEW summary_means; DROP VIEW gauge_values; "
        "DROP INDEX series_group_id; DROP INDEX pusher_seen_at;"
        "CREATE VIEW gauge_values AS SELECT 1");
    struct strbuf before = outsider_rows(foreign);
    struct strbuf totals = outsider_rows("SELECT n FROM my_totals");
    open_and_close();
    assert_rows(foreign, before.data);
    assert_rows("SELECT n FROM my_count", "5005\n");
    assert_rows("SELECT n FROM my_totals", totals.data);
    assert_rows("SELECT * FROM my_notes", "note|14\n");
    outsider_run("DROP VIEW my_count; DROP VIEW my_values; DROP VIEW my_totals;"
                 "DROP TABLE my_notes");
    assert_rows(SCHEMA, fresh.data);
    assert_rows(SOUND, "ok|0|0\n");
    strbuf_free(&before);
    strbuf_free(&totals);
    strbuf_free(&fresh);
}

/* A step that fails at its start, middle or end leaves the file unchanged. */
static void test_failing_step_changes_nothing(void **state) {
    static const struct {
        int version;
        const char *foreign;
        const char *message;
    } cases[] = {
        {10, "CREATE TABLE family_10 (a)",
         ": there is already another table or index with this name: "
         "family_10"},
        {10, "CREATE TABLE total (a); INSERT INTO total VALUES (1)",
         ": table total already exists"},
        {10, "DROP VIEW family_summary; CREATE TABLE family_summary (a)",
         ": use DROP TABLE to delete table family_summary"},
        {10,
         "CREATE TABLE notes (a); "
         "CREATE TRIGGER series_gone AFTER INSERT ON notes BEGIN SELECT 1; END",
         ": trigger series_gone already exists"},
        {10, "CREATE TABLE pusher_11 (a)",
         ": there is already another table or index with this name: "
         "pusher_11"},
        {11, "CREATE TABLE pusher_11 (a)",
         ": there is already another table or index with this name: "
         "pusher_11"},
        {11, "CREATE TABLE push_key (a); INSERT INTO push_key VALUES (1)",
         ": table push_key already exists"},
        {11, "CREATE VIEW exemplar AS SELECT 1",
         ": view exemplar already exists"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const int version = cases[i].version;
        const char *rows = version == 10 ? SERIES_10 : SERIES;
        start_anew(state);
        make_version(version);
        outsider_run(cases[i].foreign);
        struct strbuf schema = outsider_rows(SCHEMA);
        struct strbuf series = outsider_rows(rows);
        assert_refused(cases[i].message);
        assert_rows("PRAGMA user_version", version == 10 ? "10\n" : "11\n");
        assert_rows(SCHEMA, schema.data);
        assert_rows(rows, series.data);
        assert_rows(same[1], "3|{\"i\":\"1\"}|{\"p\":\"1\"}|NULL|5.0|0.0|0|"
                             "NULL|9\n"
                             "3|{\"i\":\"x\"}|{\"p\":\"1\"}|{\"i\":\"1\"}|6.0|"
                             "0.0|0|NULL|8\n"
                             "6|{\"l\":\"a\"}|{}|NULL|0.0|2.5|3|[1,0,2]|7\n");
        assert_rows("SELECT name, seq FROM sqlite_sequence ORDER BY name",
                    "family|9\npush_group|7\nseries|20000\n");
        strbuf_free(&schema);
        strbuf_free(&series);
    }
}

/* Files from before the first release. */
static void test_too_old_file_is_refused(void **state) {
    (void)state;
    make_version_10();
    struct strbuf schema = outsider_rows(SCHEMA);
    for (int version = 0; version < SQL_OLDEST; version++) {
        char text[100];
        (void)snprintf(text, sizeof(text), "PRAGMA user_version = %d", version);
        outsider_run(text);
        (void)snprintf(text, sizeof(text),
                       " has schema version %d, which no released Tallyman has "
                       "written",
                       version);
        assert_refused(text);
        (void)snprintf(text, sizeof(text), "%d\n", version);
        assert_rows("PRAGMA user_version", text);
        assert_rows(SCHEMA, schema.data);
    }
    assert_int_equal(SQL_OLDEST, 10);
    strbuf_free(&schema);
}

/* A series without its family is refused by the connection that created the
 * file, by a later one, and by one that created the tables again. */
static void test_foreign_keys(void **state) {
    struct err err = {.code = ERR_NONE};
    const struct push push = {NULL, "c", "{}", "1"};
    for (int i = 0; i < 3; i++) {
        struct side side;
        if (i == 2) {
            start_anew(state);
            make_version_10();
        }
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
        TEST(test_rows),
        TEST(test_pushes),
        TEST(test_migrated_schema_equals_a_new_one),
        TEST(test_views_of_an_outsider_stay),
        TEST(test_failing_step_changes_nothing),
        TEST(test_too_old_file_is_refused),
        TEST(test_foreign_keys),
        TEST(test_killed_migration_runs_again),
    };
    return cmocka_run_group_tests_name("store_migration", tests, NULL, NULL);
}

/* Queries of other databases, and the files that list them, without memory. */
#include "no_memory.h"

#include "config/config.h"
#include "outside_fixture.h"

/* The result takes more than one block of an arena. */
static void test_run(void **state) {
    const char *labels[] = {"a", "b"};
    struct family family = {.name = "q", .type = METRIC_GAUGE};
    const struct sql_query query = {
        .family = &family,
        .sql =
            "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c "
            "LIMIT 900) SELECT n AS a, 'a text of 20 bytes..' AS b, '7' "
            "FROM c",
        .database = scratch_path("shop.db"),
        .labels = labels,
        .label_count = 2,
        .timeout = 1};
    int count = 0;
    (void)state;
    sqlite3_close(shop_open("DELETE"));
    do {
        struct err err = {.code = ERR_NONE};
        struct sql_rows rows;
        no_memory_after(count++);
        int result = db_outside_run(&query, "none.db", LABEL_MAX, no_seconds,
                                    &rows, &err);
        (void)no_memory_end();
        assert_int_equal(result, failed ? -1 : 0);
        assert_int_equal(err.code, failed ? ERR_MEMORY : ERR_NONE);
        assert_int_equal(rows.count, failed ? 0 : 900);
        arena_free(&rows.arena);
    } while (failed);
    assert_true(count > 20);
}

/* A missing query must not be taken for no query. */
static void test_load(void **state) {
    int count = 0;
    (void)state;
    assert_int_equal(mkdir(scratch_path("metrics.d"), 0700), 0);
    scratch_write("tallyman.json", "{\"database\": \"a.db\"}");
    scratch_write(
        "metrics.d/a.json",
        "{\"queries\": [{\"name\": \"a\", \"help\": \"h\", \"type\": "
        "\"gauge\", \"labels\": [\"l\", \"k\"], \"sql\": \"SELECT 1\", "
        "\"database\": \"shop.db\"}, {\"name\": \"b\", \"help\": "
        "\"h\", \"type\": \"counter\", \"sql\": \"SELECT 2\"}]}");
    do {
        struct diagnostics diagnostics = {.count = 0};
        struct watch watch = {.count = 0};
        no_memory_after(count++);
        struct config *config =
            config_load(scratch_path("tallyman.json"), &watch, &diagnostics);
        (void)no_memory_end();
        assert_true(config || failed);
        assert_true(config || watch.incomplete);
        if (config) {
            assert_int_equal(config->sql_queries.count, 2);
            assert_int_equal(config->sql_queries.queries[0].label_count, 2);
            assert_string_equal(config->sql_queries.queries[0].labels[1], "l");
            assert_string_equal(config->sql_queries.queries[1].sql, "SELECT 2");
            assert_non_null(config->sql_queries.queries[1].place);
        }
        config_release(config);
        watch_free(&watch);
        diagnostics_free(&diagnostics);
    } while (failed);
    assert_true(count > 20);
}

int main(void) {
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)
    const struct CMUnitTest tests[] = {TEST(test_run), TEST(test_load)};
    return cmocka_run_group_tests_name("no_memory_outside", tests, NULL, NULL);
}

/* Queries by SQL: the responder that runs one, and the totals of the
 * results. */
#include "sql_query_fixture.h"

static void test_gauge(void **state) {
    struct side side;
    (void)state;
    queries_open(&side, "g gauge", NOW);
    assert_rows(QUERIES, "g|0|0|0|0|0|0.0|NULL\n");
    query_give(&side, "g", NOW + 1, "a 5, b -2.5");
    assert_rows(QUERY_SERIES, "g|{\"l\":\"a\"}|5.0|1|1|1\n"
                              "g|{\"l\":\"b\"}|-2.5|1|1|1\n");
    assert_rows(QUERIES, "g|1.0|0|1|0|1.0|0.25|NULL\n");
    query_give(&side, "g", NOW + 61, "b 0, c 7");
    assert_rows(QUERY_SERIES, "g|{\"l\":\"a\"}|NULL|0|1|61\n"
                              "g|{\"l\":\"b\"}|0.0|2|1|61\n"
                              "g|{\"l\":\"c\"}|7.0|1|61|61\n");
    /* A series that is unset already is left alone. */
    query_give(&side, "g", NOW + 121, "");
    assert_rows(QUERY_SERIES, "g|{\"l\":\"a\"}|NULL|0|1|61\n"
                              "g|{\"l\":\"b\"}|NULL|0|1|121\n"
                              "g|{\"l\":\"c\"}|NULL|0|61|121\n");
    query_give(&side, "g", NOW + 181, "a 5");
    assert_rows(QUERY_SERIES, "g|{\"l\":\"a\"}|5.0|1|1|181\n"
                              "g|{\"l\":\"b\"}|NULL|0|1|121\n"
                              "g|{\"l\":\"c\"}|NULL|0|61|121\n");
    assert_rows(QUERIES, "g|181.0|0|4|0|181.0|0.25|NULL\n");
    assert_rows("SELECT labels, value FROM gauge_values",
                "{\"l\":\"a\"}|5.0\n");
    assert_rows(SOUND, "ok|0|0\n");
    side_close(&side);
}

/* A gauge that returns with its old value was unset meanwhile. */
static void test_gauge_history(void **state) {
    struct side side;
    (void)state;
    queries_open(&side, "g gauge", NOW - 86400);
    query_give(&side, "g", NOW, "a 5");
    query_give(&side, "g", NOW + 300, "");
    query_give(&side, "g", NOW + 900, "a 5");
    query_give(&side, "g", NOW + 960, "a 6");
    query_give(&side, "g", NOW + 1500, "");
    static const char steps[] = "{\"l\":\"a\"} nan\n"
                                "  0 22:10 5\n"
                                "  0 22:15 nan\n"
                                "  0 22:25 6\n"
                                "  0 22:35 nan\n";
    assert_levels(&side, "g", steps, "{\"l\":\"a\"} nan\n  0 22:00 nan\n",
                  "{\"l\":\"a\"} nan\n  0 00:00 nan\n");
    /* The time of writing does not matter. */
    const struct store_clock clock = {.now = NOW + 1900};
    struct err err = {.code = ERR_NONE};
    query_give(&side, "g", NOW + 1860, "b 1");
    while (store_history_due(side.store))
        assert_int_equal(store_write_history(side.store, &clock, &err), 0);
    assert_rows("SELECT series_id, at - 1700000000, value FROM history_step",
                "1|-200|5\n1|100|NULL\n1|700|6\n");
    query_give(&side, "g", NOW + 2400, "a 6");
    while (store_history_due(side.store))
        assert_int_equal(store_write_history(side.store, &clock, &err), 0);
    assert_rows("SELECT series_id, at - 1700000000, value FROM history_step "
                "WHERE series_id = 1",
                "1|-200|5\n1|100|NULL\n1|700|6\n1|1300|NULL\n");
    side_close(&side);
}

static void test_counter(void **state) {
    struct side side;
    struct ended ended;
    (void)state;
    queries_open(&side, "c counter", NOW - 86400);
    query_give(&side, "c", NOW, "a 100, b 0");
    query_give(&side, "c", NOW + 60, "a 100.5, b 0");
    query_give(&side, "c", NOW + 600, "a 120, b 3, c 50");
    assert_rows(QUERY_SERIES, "c|{\"l\":\"a\"}|120.0|0|0|600\n"
                              "c|{\"l\":\"b\"}|3.0|0|0|600\n"
                              "c|{\"l\":\"c\"}|50.0|0|600|600\n");
    /* The first value of a series does not count as growth. */
    assert_history(family_of(&side, "c"), HISTORY_STEP, DAY, DAY + LENGTH,
                   "{\"l\":\"a\"} 120\n  0 22:10 0.5\n  0 22:20 19.5\n"
                   "{\"l\":\"b\"} 3\n  0 22:20 3\n"
                   "{\"l\":\"c\"} 50\n");
    ended = query_run(&side, "c", NOW + 660, "a 121, b 2.5, d 1");
    assert_string_equal(ended.err.message,
                        "query c: the value of {\"l\":\"b\"} fell from 3 to "
                        "2.5; a counter never falls: use a gauge");
    assert_int_equal(ended.news, SQL_FAILED);
    assert_rows(QUERY_SERIES, "c|{\"l\":\"a\"}|120.0|0|0|600\n"
                              "c|{\"l\":\"b\"}|3.0|0|0|600\n"
                              "c|{\"l\":\"c\"}|50.0|0|600|600\n");
    assert_rows(QUERIES, "c|660.0|0|4|1|600.0|0.25|query c: the value of "
                         "{\"l\":\"b\"} fell from 3 to 2.5; "
                         "a counter never falls: use a gauge\n");
    /* A counter that is missing from a result stays. */
    query_give(&side, "c", NOW + 720, "a 125");
    assert_rows(QUERY_SERIES, "c|{\"l\":\"a\"}|125.0|0|0|720\n"
                              "c|{\"l\":\"b\"}|3.0|0|0|600\n"
                              "c|{\"l\":\"c\"}|50.0|0|600|600\n");
    side_close(&side);
}

static void test_failures(void **state) {
    static const struct {
        const char *rows;
        enum sql_news news;
        const char *row;
    } runs[] = {
        {"!no such table: t", SQL_FAILED,
         "g|0.0|0|1|1|0|0.25|no such table: t\n"},
        {"!no such table: t", SQL_NO_NEWS,
         "g|60.0|0|2|2|0|0.25|no such table: t\n"},
        {"a 1", SQL_MENDED, "g|120.0|0|3|2|120.0|0.25|NULL\n"},
        {"a 2", SQL_NO_NEWS, "g|180.0|0|4|2|180.0|0.25|NULL\n"},
        {"!no such table: u", SQL_FAILED,
         "g|240.0|0|5|3|180.0|0.25|no such table: u\n"},
        {"!no such table: v", SQL_FAILED,
         "g|300.0|0|6|4|180.0|0.25|no such table: v\n"},
    };
    struct side side;
    (void)state;
    queries_open(&side, "g gauge", NOW);
    for (size_t i = 0; i < COUNT(runs); i++) {
        const struct ended ended =
            query_run(&side, "g", NOW + EVERY * (int64_t)i, runs[i].rows);
        assert_int_equal(ended.news, runs[i].news);
        assert_rows(QUERIES, runs[i].row);
    }
    assert_rows(QUERY_SERIES, "g|{\"l\":\"a\"}|2.0|2|120|180\n");
    /* After a restart the last result is known. */
    side_close(&side);
    queries_open(&side, "g gauge", NOW + 400);
    assert_int_equal(query_run(&side, "g", NOW + 400, "!no such table: v").news,
                     SQL_NO_NEWS);
    side_close(&side);
}

/* --- claims --------------------------------------------------------------- */

static void assert_claim(struct side *side, int64_t now, bool claimed,
                         int64_t wait) {
    side->now = now;
    const struct sql_claim claim = query_claim(side, "g");
    assert_int_equal((int64_t)claim.started_at, claimed ? now : 0);
    if (!claimed)
        assert_int_equal((int64_t)claim.wait, wait);
}

static void test_claims(void **state) {
    struct side sides[4];
    (void)state;
    for (size_t i = 0; i < COUNT(sides); i++)
        queries_open(&sides[i], "g gauge", NOW);
    assert_claim(&sides[0], NOW, true, 0);
    for (size_t i = 0; i < COUNT(sides); i++)
        assert_claim(&sides[i], NOW, false, LEASE);
    assert_rows(QUERIES, "g|0.0|12.0|0|0|0|0.0|NULL\n");
    assert_false(query_end(&sides[0], "g", NOW, "a 1").late);
    for (size_t i = 0; i < COUNT(sides); i++)
        assert_claim(&sides[i], NOW + 1, false, EVERY - 1);
    assert_claim(&sides[3], NOW + EVERY, true, 0);
    for (size_t i = 0; i < COUNT(sides); i++)
        assert_claim(&sides[i], NOW + EVERY + 1, false, LEASE - 1);
    for (size_t i = 0; i < COUNT(sides); i++)
        side_close(&sides[i]);
}

/* A responder was killed, or is too late. */
static void test_claim_of_a_killed_responder_ends(void **state) {
    struct side one;
    struct side other;
    (void)state;
    queries_open(&one, "g gauge", NOW);
    queries_open(&other, "g gauge", NOW);
    assert_claim(&one, NOW, true, 0);
    assert_claim(&other, NOW + LEASE - 1, false, 1);
    assert_claim(&other, NOW + LEASE, true, 0);
    assert_true(query_end(&one, "g", NOW, "a 1").late);
    assert_rows(QUERY_SERIES, "");
    assert_rows(QUERIES, "g|12.0|24.0|0|0|0|0.0|NULL\n");
    assert_false(query_end(&other, "g", NOW + LEASE, "a 2").late);
    assert_true(query_end(&one, "g", NOW, "!failed").late);
    assert_true(query_end(&other, "g", NOW + LEASE, "a 3").late);
    assert_rows(QUERY_SERIES, "g|{\"l\":\"a\"}|2.0|1|12|12\n");
    assert_rows(QUERIES, "g|12.0|0|1|0|12.0|0.25|NULL\n");
    side_close(&one);
    side_close(&other);
}

static void test_clock_back(void **state) {
    struct side one;
    struct side other;
    (void)state;
    queries_open(&one, "g gauge", NOW);
    queries_open(&other, "g gauge", NOW);
    query_give(&one, "g", NOW + 86400, "a 1");
    assert_claim(&other, NOW, true, 0);
    assert_claim(&one, NOW, false, LEASE);
    assert_false(query_end(&other, "g", NOW, "a 2").late);
    assert_rows(QUERY_SERIES, "g|{\"l\":\"a\"}|2.0|2|86400|0\n");
    /* During a run. */
    assert_claim(&one, NOW + 86400, true, 0);
    assert_claim(&other, NOW + 100, true, 0);
    assert_true(query_end(&one, "g", NOW + 86400, "a 3").late);
    assert_false(query_end(&other, "g", NOW + 100, "a 4").late);
    assert_rows(QUERIES, "g|100.0|0|3|0|100.0|0.25|NULL\n");
    side_close(&one);
    side_close(&other);
}

static void test_row_gone(void **state) {
    struct side side;
    (void)state;
    queries_open(&side, "g gauge", NOW);
    assert_claim(&side, NOW, true, 0);
    outsider_run("DELETE FROM sql_query");
    assert_claim(&side, NOW, false, 10);
    assert_true(query_end(&side, "g", NOW, "a 1").late);
    queries_load(&side, "g gauge");
    query_give(&side, "g", NOW, "a 1");
    assert_rows(QUERIES, "g|0.0|0|1|0|0.0|0.25|NULL\n");
    side_close(&side);
}

static void test_restart(void **state) {
    struct side side;
    (void)state;
    queries_open(&side, "g gauge", NOW);
    query_give(&side, "g", NOW, "a 1");
    side_close(&side);
    queries_open(&side, "g gauge", NOW + 10);
    assert_claim(&side, NOW + 10, false, EVERY - 10);
    assert_rows(QUERIES, "g|0.0|0|1|0|0.0|0.25|NULL\n");
    assert_rows(QUERY_SERIES, "g|{\"l\":\"a\"}|1.0|1|0|0\n");
    side_close(&side);
}

/* --- other configurations ------------------------------------------------- */

static void test_renamed(void **state) {
    struct side side;
    (void)state;
    queries_open(&side, "g gauge, h gauge", NOW);
    query_give(&side, "g", NOW, "a 1");
    query_give(&side, "h", NOW, "a 2");
    queries_load(&side, "f gauge, h gauge");
    assert_rows(QUERIES, "f|0|0|0|0|0|0.0|NULL\nh|0.0|0|1|0|0.0|0.25|NULL\n");
    query_give(&side, "f", NOW + 1, "a 3");
    /* Its series stay for `prune`. */
    assert_rows(QUERY_SERIES, "f|{\"l\":\"a\"}|3.0|1|1|1\n"
                              "g|{\"l\":\"a\"}|1.0|1|0|0\n"
                              "h|{\"l\":\"a\"}|2.0|1|0|0\n");
    queries_load(&side, "");
    assert_rows(QUERIES, "");
    side_close(&side);
}

/* A responder that has not loaded the new configuration yet. */
static void test_type(void **state) {
    struct side one;
    struct side other;
    struct ended ended;
    struct sql_claim claim;
    struct err err = {.code = ERR_NONE};
    (void)state;
    queries_open(&one, "g gauge", NOW);
    queries_open(&other, "g gauge", NOW);
    query_give(&one, "g", NOW, "a 9");
    assert_claim(&one, NOW + EVERY, true, 0);
    queries_load(&other, "g counter");
    assert_string_equal(other.notes.data,
                        "the type or the bounds of g have changed: the family "
                        "starts again at zero\n");
    assert_rows(QUERY_SERIES, "");
    assert_int_equal(query_try_end(&one, "g", NOW + EVERY, "a 8", &ended, &err),
                     -1);
    assert_int_equal(err.code, ERR_STALE);
    const struct sql_query query = query_of(&one, "g");
    assert_int_equal(
        store_claim_query(one.store, &query, NOW + 86400, &claim, &err), -1);
    assert_int_equal(err.code, ERR_STALE);
    assert_rows(QUERIES, "g|60.0|72.0|1|0|0.0|0.25|NULL\n");
    query_give(&other, "g", NOW + 100, "a 5");
    assert_rows(QUERY_SERIES, "g|{\"l\":\"a\"}|5.0|0|100|100\n");
    side_close(&one);
    side_close(&other);
}

static void test_labels(void **state) {
    struct side side;
    (void)state;
    queries_open(&side, "g gauge", NOW);
    query_give(&side, "g", NOW, " 3");
    query_give(&side, "g", NOW + 60, "a 1, b 2");
    assert_rows(QUERY_SERIES, "g|{\"l\":\"a\"}|1.0|1|60|60\n"
                              "g|{\"l\":\"b\"}|2.0|1|60|60\n"
                              "g|{}|NULL|0|0|60\n");
    side_close(&side);
}

/* A family that a file has listed, with its zero, becomes a query's. */
static void test_listed_before(void **state) {
    struct side side;
    (void)state;
    side_open(&side, "{'name': 'g', 'help': 'h', 'type': 'gauge'},"
                     "{'name': 'c', 'help': 'h', 'type': 'counter'}");
    side_push(&side, "c", "{}", "500");
    queries_load(&side, "g gauge, c counter");
    query_give(&side, "g", NOW + 1, "a 1");
    assert_string_equal(query_run(&side, "c", NOW + 1, " 120").err.message,
                        "query c: the value of {} fell from 500 to 120; a "
                        "counter never falls: use a gauge");
    assert_rows(QUERY_SERIES, "c|{}|500.0|0|0|0\n"
                              "g|{\"l\":\"a\"}|1.0|1|1|1\n"
                              "g|{}|NULL|0|0|1\n");
    side_close(&side);
}

/* limits.series, here 6, limits the series of all queries together. */
static void test_queries_share_the_limit_of_series(void **state) {
    struct side side;
    (void)state;
    queries_open(&side, "g gauge, h gauge", NOW);
    query_give(&side, "g", NOW, "a 1, b 2, c 3");
    query_give(&side, "h", NOW, "a 1, b 1");
    const struct ended ended = query_run(&side, "g", NOW + 60, "d 1, e 2");
    assert_string_equal(
        ended.err.message,
        "query g: the result has 2 new label sets, and the database 5 series "
        "of "
        "queries; both must be at most limits.series, 6: drop a label "
        "whose values change with each run, such as a number or a time");
    assert_rows(
        "SELECT labels, value FROM gauge_values ORDER BY family, labels",
        "{\"l\":\"a\"}|1.0\n{\"l\":\"b\"}|2.0\n{\"l\":\"c\"}|3.0\n"
        "{\"l\":\"a\"}|1.0\n{\"l\":\"b\"}|1.0\n");
    query_give(&side, "g", NOW + 120, "a 4, d 1");
    query_give(&side, "g", NOW + 180, "d 2");
    side_close(&side);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_gauge),         TEST(test_gauge_history),
        TEST(test_counter),       TEST(test_failures),
        TEST(test_claims),        TEST(test_claim_of_a_killed_responder_ends),
        TEST(test_clock_back),    TEST(test_row_gone),
        TEST(test_restart),       TEST(test_renamed),
        TEST(test_type),          TEST(test_labels),
        TEST(test_listed_before), TEST(test_queries_share_the_limit_of_series)};
    return cmocka_run_group_tests_name("store_sql_query", tests, NULL, NULL);
}

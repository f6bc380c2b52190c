/* The views for the sqlite3 shell: whole rows of each for a small data set. */
#include <math.h>
#include <stdio.h>

#include "offer_fixture.h"

static const char families[] =
    "{'name': 'c_total', 'help': 'counts', 'type': 'counter', 'labels': ["
    " {'name': 'l', 'allowedValues': ['a', 'b']}]},"
    "{'name': 'g', 'help': 'gauge', 'type': 'gauge'},"
    "{'name': 'never', 'help': 'never set', 'type': 'gauge'},"
    "{'name': 'open', 'help': 'no series yet', 'type': 'counter', 'labels': ["
    " {'name': 'l', 'maxValues': 5}]},"
    "{'name': 'h', 'help': 'times', 'type': 'histogram', 'labels': ["
    " {'name': 'l', 'allowedValues': ['empty', 'low', 'wide']}],"
    " 'buckets': [1, 2, 10]}";

static void fill(struct side *side) {
    side_open(side, families);
    side->now = NOW + 60;
    side_push(side, "c_total", "{'l': 'a'}", "2");
    side_push(side, "g", "{}", "-1.5");
    side_push(side, "h", "{'l': 'wide'}", "0.5,1.5,1.5,2,5,6,7,8,9,100");
    side->now = NOW + 120;
    side_push(side, "c_total", "{'l': 'a'}", "0.5");
    side_push(side, "h", "{'l': 'low'}", "0,0.5,1,0.25");
}

static void test_counter_totals(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    assert_rows("SELECT * FROM counter_totals ORDER BY family, labels",
                "c_total|{\"l\":\"a\"}|2.5|2023-11-14 22:13:20|"
                "2023-11-14 22:15:20\n"
                "c_total|{\"l\":\"b\"}|0.0|2023-11-14 22:13:20|"
                "2023-11-14 22:13:20\n");
    assert_rows("SELECT total FROM counter_totals WHERE labels->>'l' = 'a'",
                "2.5\n");
    side_close(&side);
}

static void test_gauge_values(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    assert_rows("SELECT * FROM gauge_values",
                "g|{}|-1.5|2023-11-14 22:14:20\n");
    side_close(&side);
}

/* Untyped values are shown beside gauges; NaN is NULL. */
static void test_untyped_values(void **state) {
    struct side side;
    static const struct offer offers[] = {
        {"u", METRIC_UNTYPED, .value = 2},
        {"u", METRIC_UNTYPED, "{'a':'1'}", .value = NAN}};
    (void)state;
    fill(&side);
    check_text("push", offer_push(&side, offers, 2, NULL), NULL);
    assert_rows("SELECT * FROM gauge_values ORDER BY family, labels",
                "g|{}|-1.5|2023-11-14 22:14:20\n"
                "u|{\"a\":\"1\"}|NULL|2023-11-14 22:15:20\n"
                "u|{}|2.0|2023-11-14 22:15:20\n");
    side_close(&side);
}

static void test_summary_means(void **state) {
    struct side side;
    static const struct offer offers[] = {
        {"s", METRIC_SUMMARY, "{'a':'1'}", .sum = 5, .count = 4},
        {"s", METRIC_SUMMARY, .count = 0}};
    (void)state;
    fill(&side);
    check_text("push", offer_push(&side, offers, 2, NULL), NULL);
    assert_rows("SELECT * FROM summary_means ORDER BY family, labels",
                "s|{\"a\":\"1\"}|4|5.0|1.25|2023-11-14 22:15:20\n"
                "s|{}|0|0.0|NULL|2023-11-14 22:15:20\n");
    assert_rows("SELECT name FROM pragma_table_info('summary_means')",
                "family\nlabels\ncount\nsum\nmean\nupdated\n");
    assert_rows("SELECT * FROM family_summary WHERE family = 's'",
                "s|summary|2|4|2023-11-14 22:15:20|h\n");
    side_close(&side);
}

static void test_histogram_buckets(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    assert_rows("SELECT * FROM histogram_buckets ORDER BY family, labels, le",
                "h|{\"l\":\"empty\"}|1|0|0\n"
                "h|{\"l\":\"empty\"}|2|0|0\n"
                "h|{\"l\":\"empty\"}|10|0|0\n"
                "h|{\"l\":\"empty\"}|Inf|0|0\n"
                "h|{\"l\":\"low\"}|1|4|4\n"
                "h|{\"l\":\"low\"}|2|4|0\n"
                "h|{\"l\":\"low\"}|10|4|0\n"
                "h|{\"l\":\"low\"}|Inf|4|0\n"
                "h|{\"l\":\"wide\"}|1|1|1\n"
                "h|{\"l\":\"wide\"}|2|4|3\n"
                "h|{\"l\":\"wide\"}|10|9|5\n"
                "h|{\"l\":\"wide\"}|Inf|10|1\n");
    side_close(&side);
}

/* Calculated by hand, as histogram_quantile does. low: 4 in (0, 1], so that p50
 * is rank 2 of 4. wide: 1 in (0, 1], 3 in (1, 2], 5 in (2, 10], 1 above; p50 is
 * rank 5, the first of 5: 2 + 8 * 1/5 = 3.6; p75 is rank 7.5: 2 + 8 * 3.5/5 =
 * 7.6; p90 is rank 9, the end of its bucket; above it, the highest bound is the
 * answer. */
static void test_quantiles(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    assert_rows("SELECT family, labels, count, mean, round(p50, 9), "
                "round(p75, 9), round(p90, 9), round(p95, 9), round(p99, 9) "
                "FROM histogram_quantiles ORDER BY family, labels",
                "h|{\"l\":\"low\"}|4|0.4375|0.5|0.75|0.9|0.95|0.99\n"
                "h|{\"l\":\"wide\"}|10|14.05|3.6|7.6|10.0|10.0|10.0\n");
    assert_rows("SELECT name FROM pragma_table_info('histogram_quantiles')",
                "family\nlabels\ncount\nmean\np50\np75\np90\np95\np99\n");
    side_close(&side);
}

/* Bounds at and below 0: the lowest bucket has no width, as its lower end is
 * unknown. */
static void test_quantiles_below_zero(void **state) {
    struct side side;
    (void)state;
    side_open(&side, "{'name': 'h', 'help': 'h', 'type': 'histogram', "
                     "'buckets': [-10, 0, 10]}");
    side_push(&side, "h", "{}", "-20,-30");
    assert_rows("SELECT count, mean, p50, p99 FROM histogram_quantiles",
                "2|-25.0|-10.0|-10.0\n");
    /* Ranks of 8: 4 and 6 of 2 + 4 + 2. */
    side_push(&side, "h", "{}", "-5,-5,-5,-5,5,5");
    assert_rows("SELECT count, mean, p50, p75, p90 FROM histogram_quantiles",
                "8|-7.5|-5.0|0.0|6.0\n");
    side_close(&side);
}

/* All observations are above the only bound. */
static void test_quantiles_above_all(void **state) {
    struct side side;
    (void)state;
    side_open(&side, "{'name': 'h', 'help': 'h', 'type': 'histogram', "
                     "'buckets': [2.5]}");
    side_push(&side, "h", "{}", "3,4");
    assert_rows("SELECT count, mean, p50, p99 FROM histogram_quantiles",
                "2|3.5|2.5|2.5\n");
    side_close(&side);
}

static void test_family_summary(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    assert_rows("SELECT * FROM family_summary ORDER BY family",
                "c_total|counter|2|2.5|2023-11-14 22:15:20|counts\n"
                "g|gauge|1|NULL|2023-11-14 22:14:20|gauge\n"
                "h|histogram|3|14|2023-11-14 22:15:20|times\n"
                "never|gauge|1|NULL|2023-11-14 22:13:20|never set\n"
                "open|counter|0|NULL|NULL|no series yet\n");
    side_close(&side);
}

/* Saturated counts, so many that an integer cannot hold their sum. */
static void test_summary_of_saturated(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    sqlite3 *shell = outsider_open();
    outsider_execute(
        shell,
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        " WHERE i < 1024) INSERT INTO series (family_id, labels, "
        "created_at) SELECT id, json_object('i', i), 0 FROM family JOIN n "
        "WHERE name = 'h';"
        "INSERT INTO total (series_id, count, buckets, updated_at) "
        "SELECT id, 9007199254740992, '[0,0,9007199254740992]', 0 "
        "FROM series WHERE labels ->> 'i' > 0");
    outsider_close(shell);
    assert_rows("SELECT total FROM family_summary WHERE family = 'h'",
                "9223372036854775807\n");
    side_close(&side);
}

/* A reader may read during a turn and is not held up. */
static void test_turn_does_not_hold_up_readers(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    sqlite3 *shell = outsider_open();
    outsider_execute(shell, "BEGIN; SELECT * FROM family_summary");
    side_push(&side, "c_total", "{'l': 'a'}", "1");
    outsider_execute(shell, "SELECT * FROM histogram_quantiles; COMMIT");
    outsider_close(shell);
    assert_rows("SELECT total FROM counter_totals WHERE total > 0", "3.5\n");
    side_close(&side);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_counter_totals),
        TEST(test_gauge_values),
        TEST(test_histogram_buckets),
        TEST(test_quantiles),
        TEST(test_quantiles_below_zero),
        TEST(test_quantiles_above_all),
        TEST(test_untyped_values),
        TEST(test_summary_means),
        TEST(test_family_summary),
        TEST(test_summary_of_saturated),
        TEST(test_turn_does_not_hold_up_readers),
    };
    return cmocka_run_group_tests_name("views", tests, NULL, NULL);
}

/* The views of the history for the sqlite3 shell: whole rows of each for a
 * small data set. */
#include "offer_fixture.h"
#include "store/db.h"

static const char families[] =
    "{'name': 'c_total', 'help': 'counts', 'type': 'counter', 'labels': ["
    " {'name': 'l', 'allowedValues': ['a', 'b']}]},"
    "{'name': 'h', 'help': 'times', 'type': 'histogram', 'labels': ["
    " {'name': 'l', 'allowedValues': ['a', 'b']}], 'buckets': [1, 2, 10]}";

/* Ids of series by their family and label, and the day of NOW. */
#define ID(family, label)                                                      \
    "(SELECT series.id FROM series JOIN family ON family.id = family_id "      \
    "WHERE name = '" family "' AND labels ->> 'l' = '" label "')"
#define DAY "1699920000"

#define BY_DAY "SELECT * FROM counter_by_day ORDER BY family, labels, day"
#define BY_HOUR "SELECT * FROM counter_by_hour ORDER BY family, labels, hour"

/* 2023-11-14 22:13:20; series are as old as the history. */
static void fill(struct side *side) {
    side_open(side, families);
    outsider_run("UPDATE meta SET value = 1600000000 "
                 "WHERE key = 'history_since'");
    side_push(side, "c_total", "{'l': 'a'}", "10");
    side_push(side, "h", "{'l': 'a'}", "0.5,1.5,1.5,2,5,6,7,8,9,100");
}

static void test_unwritten(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    assert_rows(BY_DAY, "c_total|{\"l\":\"a\"}|2023-11-14|10.0\n");
    assert_rows(BY_HOUR,
                "c_total|{\"l\":\"a\"}|2023-11-14|2023-11-14 22:00|10.0\n");
    assert_rows("SELECT family, type, bounds, labels, at, growth "
                "FROM history_unwritten ORDER BY family, labels",
                "c_total|counter|NULL|{\"l\":\"a\"}|1700000000|10.0\n"
                "h|histogram|[1,2,10]|{\"l\":\"a\"}|1700000000|"
                "[140.5,1,3,5,1]\n");
    /* Older than the history: the first totals do not count as growth. */
    outsider_run("UPDATE series SET created_at = 1599999999");
    assert_rows(BY_DAY, "");
    assert_rows(BY_HOUR, "");
    assert_rows("SELECT * FROM histogram_by_day", "");
    outsider_run("UPDATE series SET created_at = 1600000000;"
                 "UPDATE meta SET value = 0 WHERE key = 'history_since'");
    assert_rows(BY_DAY, "");
    assert_rows(BY_HOUR, "");
    assert_rows("SELECT * FROM histogram_by_day", "");
    side_close(&side);
}

/* Unwritten growth adds up with the rest of its period. */
static void test_counters(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    outsider_run(
        "INSERT INTO history_mark (series_id, value, sum, count) "
        "VALUES (" ID(
            "c_total",
            "a") ", 1.5, 0, 0);"
                 "INSERT INTO history_due (series_id, at, value, sum, count) "
                 "VALUES "
                 "(" ID(
                     "c_total",
                     "a") ", " DAY " - 1, 3, 0, 0), "
                          "(" ID(
                              "c_total",
                              "a") ", " DAY ", 4, 0, 0), "
                                   "(" ID(
                                       "c_total",
                                       "a") ", " DAY " + 3600, 3.5, 0, 0), "
                                            "(" ID(
                                                "c_total",
                                                "a") ", " DAY
                                                     " + 3900, 6, 0, 0);"
                                                     "INSERT INTO history_day "
                                                     "VALUES "
                                                     "(" ID(
                                                         "c_total",
                                                         "a") ", " DAY
                                                              " - 86400, 1.5), "
                                                              "(" ID(
                                                                  "c_total",
                                                                  "a") ", " DAY
                                                                       " - "
                                                                       "864000,"
                                                                       " 7), "
                                                                       "(" ID(
                                                                           "c_"
                                                                           "tot"
                                                                           "al",
                                                                           "b") ", " DAY
                                                                                ", 2);"
                                                                                "INSERT INTO history_hour VALUES "
                                                                                "(" ID(
                                                                                    "c_total",
                                                                                    "a") ", " DAY
                                                                                         " - 86400, '[0,0,1,0,0,0,0,0,0,0,0,0,"
                                                                                         "0,0,0,0,0,0,0,0,0,0,0,0.5]'), "
                                                                                         "(" ID(
                                                                                             "c_total",
                                                                                             "a") ", " DAY
                                                                                                  " - 864000, '[7]'), "
                                                                                                  "(" ID(
                                                                                                      "c_total",
                                                                                                      "b") ", " DAY
                                                                                                           ", '[0,0,2]')");
    assert_rows(BY_DAY, "c_total|{\"l\":\"a\"}|2023-11-04|7.0\n"
                        "c_total|{\"l\":\"a\"}|2023-11-13|3.0\n"
                        "c_total|{\"l\":\"a\"}|2023-11-14|7.5\n"
                        "c_total|{\"l\":\"b\"}|2023-11-14|2.0\n");
    assert_rows(BY_HOUR,
                "c_total|{\"l\":\"a\"}|2023-11-04|2023-11-04 00:00|7.0\n"
                "c_total|{\"l\":\"a\"}|2023-11-13|2023-11-13 02:00|1.0\n"
                "c_total|{\"l\":\"a\"}|2023-11-13|2023-11-13 23:00|2.0\n"
                "c_total|{\"l\":\"a\"}|2023-11-14|2023-11-14 00:00|1.0\n"
                "c_total|{\"l\":\"a\"}|2023-11-14|2023-11-14 01:00|2.5\n"
                "c_total|{\"l\":\"a\"}|2023-11-14|2023-11-14 22:00|4.0\n"
                "c_total|{\"l\":\"b\"}|2023-11-14|2023-11-14 02:00|2.0\n");
    assert_rows("SELECT day, sum(growth) FROM counter_by_day "
                "WHERE family = 'c_total' AND day >= '2023-11-13' "
                "AND labels ->> 'l' = 'a' GROUP BY day",
                "2023-11-13|3.0\n2023-11-14|7.5\n");
    /* Written rows are shown while the history is off, too. */
    outsider_run("UPDATE meta SET value = 0 WHERE key = 'history_since'");
    assert_rows(BY_DAY, "c_total|{\"l\":\"a\"}|2023-11-04|7.0\n"
                        "c_total|{\"l\":\"a\"}|2023-11-13|1.5\n"
                        "c_total|{\"l\":\"b\"}|2023-11-14|2.0\n");
    side_close(&side);
}

/* Calculated by hand, as in test_views.c. */
static void test_histograms(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    assert_rows("SELECT * FROM histogram_by_day",
                "h|{\"l\":\"a\"}|2023-11-14|10|14.05|3.6|7.6|10\n");
    /* 4 of a day before, 1 of them unwritten; 1 of 10 written today. */
    outsider_run(
        "INSERT INTO history_mark (series_id, sum, count, buckets) "
        "VALUES (" ID(
            "h",
            "a") ", 0.5, 1, '[1,0,0,0]');"
                 "INSERT INTO history_day VALUES "
                 "(" ID("h",
                        "a") ", " DAY " - 86400, '[3,3]'), "
                             "(" ID("h",
                                    "b") ", " DAY " - 86400, '[4,0,2]'), "
                                         "(" ID("h",
                                                "a") ", " DAY ", '[0.5,1]');"
                                                     "INSERT INTO history_due "
                                                     "(series_id, at, sum, "
                                                     "count, buckets) "
                                                     "VALUES (" ID(
                                                         "h",
                                                         "a") ", " DAY
                                                              " - 1, 2, 2, "
                                                              "'[1,1,0,0]')");
    assert_rows("SELECT family, labels, day, growth "
                "FROM histogram_growth_by_day ORDER BY labels, day",
                "h|{\"l\":\"a\"}|2023-11-13|[4.5,3,1,0,0]\n"
                "h|{\"l\":\"a\"}|2023-11-14|[139.0,1,2,5,1]\n"
                "h|{\"l\":\"b\"}|2023-11-13|[4,0,2]\n");
    assert_rows("SELECT * FROM histogram_by_day ORDER BY labels, day",
                "h|{\"l\":\"a\"}|2023-11-13|4|1.125|0.666666666666667|1.0|1.8\n"
                "h|{\"l\":\"a\"}|2023-11-14|9|15.4444444444444|4.4|8.0|10\n"
                "h|{\"l\":\"b\"}|2023-11-13|2|2.0|1.5|1.75|1.95\n");
    assert_rows("SELECT le, sum(count) FROM histogram_buckets_by_day "
                "WHERE family = 'h' AND day = '2023-11-13' GROUP BY le",
                "1|3\n2|3\n10|0\nInf|0\n");
    assert_rows("SELECT labels, le, count FROM histogram_buckets_by_day "
                "WHERE day > '2023-11-13'",
                "{\"l\":\"a\"}|1|1\n{\"l\":\"a\"}|2|2\n{\"l\":\"a\"}|10|5\n"
                "{\"l\":\"a\"}|Inf|1\n");
    assert_rows("SELECT name FROM pragma_table_info('histogram_by_day')",
                "family\nlabels\nday\ncount\nmean\np50\np75\np95\n");
    side_close(&side);
}

/* The lowest bucket begins at 0, or has no width if its bound is not positive;
 * all observations above the only bound; no bound. */
static void test_quantiles(void **state) {
    struct side side;
    (void)state;
    side_open(&side, "{'name': 'h', 'help': 'h', 'type': 'histogram', "
                     "'buckets': [-10, 0, 10]}");
    outsider_run("UPDATE meta SET value = 1600000000 "
                 "WHERE key = 'history_since'");
    side_push(&side, "h", "{}", "-20,-30");
    assert_rows("SELECT count, mean, p50, p75, p95 FROM histogram_by_day",
                "2|-25.0|-10.0|-10.0|-10.0\n");
    side_push(&side, "h", "{}", "-5,-5,-5,-5,5,5");
    assert_rows("SELECT count, mean, p50, p75 FROM histogram_by_day",
                "8|-7.5|-5.0|0.0\n");
    outsider_run("UPDATE family SET bounds = '[2.5]';"
                 "UPDATE total SET buckets = '[0,8]'");
    assert_rows("SELECT count, p50, p95 FROM histogram_by_day", "8|2.5|2.5\n");
    outsider_run("UPDATE family SET bounds = '[]';"
                 "UPDATE total SET buckets = '[8]'");
    assert_rows("SELECT count, p50, p95 FROM histogram_by_day",
                "8|NULL|NULL\n");
    assert_rows("SELECT le, count FROM histogram_buckets_by_day", "Inf|8\n");
    side_close(&side);
}

static void test_summaries(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    offer_one(&side,
              (struct offer){"s", METRIC_SUMMARY, .sum = 5.5, .count = 4});
    assert_rows("SELECT type, at, growth FROM history_unwritten "
                "WHERE family = 's'",
                "summary|1700000000|[5.5,4]\n");
    side_close(&side);
}

/* A query of one family reads only its series, and for each series the rows of
 * the table in order. */
static void test_plans_read_only_the_family(void **state) {
    struct side side;
    static const char *const views[] = {"counter_by_day", "counter_by_hour",
                                        "histogram_by_day",
                                        "histogram_buckets_by_day"};
    static const char *const scans[] = {"SCAN series", "SCAN family",
                                        "SCAN total", "SCAN history_"};
    char sql[200];
    (void)state;
    fill(&side);
    for (size_t i = 0; i < COUNT(views); i++) {
        (void)snprintf(sql, sizeof(sql),
                       "EXPLAIN QUERY PLAN SELECT * FROM %s "
                       "WHERE family = 'h' AND day = '2023-11-14'",
                       views[i]);
        struct strbuf plan = outsider_rows(sql);
        assert_non_null(strstr(plan.data, "SEARCH family USING INDEX "));
        assert_non_null(strstr(plan.data, "SEARCH history_"));
        for (size_t j = 0; j < COUNT(scans); j++)
            if (strstr(plan.data, scans[j]))
                fail_msg("%s: %s", views[i], plan.data);
        strbuf_free(&plan);
    }
    side_close(&side);
}

static const struct history_config kept = {.enabled = true,
                                           .step_days = 2,
                                           .hour_days = 400,
                                           .day_days = 3650,
                                           .max_bytes = 1 << 30};

/* Writing the history changes no sum: each push is in the views once at any
 * time. */
static void test_writing_changes_no_sum(void **state) {
    struct side side;
    char want[200];
    (void)state;
    side_open_kept(&side, families, NOW, &kept);
    for (int i = 1; i <= 40; i++) {
        side.now += i % 3 == 0 ? 20000 : 200;
        side_push(&side, "c_total", "{'l': 'a'}", "1.5");
        if (i % 2 == 0)
            side_push(&side, "c_total", "{'l': 'b'}", "1");
        side_push(&side, "h", "{'l': 'a'}", "0.5,20");
        (void)snprintf(want, sizeof(want), "%.1f|%.1f|%.1f|%.1f|%d|%.1f\n",
                       1.5 * i, 1.5 * i, 1.0 * (i / 2), 1.0 * (i / 2), 2 * i,
                       20.5 * i);
        if (i < 2)
            continue; /* b has no row */
        assert_rows(
            "SELECT (SELECT sum(growth) FROM counter_by_day WHERE labels ->> "
            "'l' = 'a'), (SELECT sum(growth) FROM counter_by_hour WHERE labels "
            "->> 'l' = 'a'), (SELECT sum(growth) FROM counter_by_day WHERE "
            "labels ->> 'l' = 'b'), (SELECT sum(growth) FROM counter_by_hour "
            "WHERE labels ->> 'l' = 'b'), sum(count), sum(count * mean) "
            "FROM histogram_by_day",
            want);
    }
    assert_rows("SELECT count(*) > 3, count(*) - count(DISTINCT day) "
                "FROM counter_by_day WHERE labels ->> 'l' = 'a'",
                "1|0\n");
    assert_rows("SELECT count(*) > 9, count(*) - count(DISTINCT hour) "
                "FROM counter_by_hour WHERE labels ->> 'l' = 'a'",
                "1|0\n");
    side_close(&side);
}

/* The dashboard does not trust the schema: no view has a function that any
 * version of SQLite considers unsafe. */
static void test_views_work_without_trusted_schema(void **state) {
    struct side side;
    struct db *db;
    struct err err = {.code = ERR_NONE};
    int64_t rows = 0;
    static const char *const queries[] = {
        "SELECT count(*) FROM counter_by_day",
        "SELECT count(*) FROM counter_by_hour",
        "SELECT count(p50) FROM histogram_by_day",
        "SELECT count(*) / 4 FROM histogram_buckets_by_day"};
    (void)state;
    fill(&side);
    if (db_open(scratch_path("t.db"), true, 500, &db, &err) != 0)
        fail_msg("%s", err.message);
    for (size_t i = 0; i < COUNT(queries); i++) {
        if (db_query_number(db, queries[i], &rows, &err) != 0)
            fail_msg("%s: %s", queries[i], err.message);
        check_number(queries[i], rows, 1);
    }
    db_close(db);
    side_close(&side);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_unwritten),
        TEST(test_counters),
        TEST(test_histograms),
        TEST(test_quantiles),
        TEST(test_summaries),
        TEST(test_plans_read_only_the_family),
        TEST(test_writing_changes_no_sum),
        TEST(test_views_work_without_trusted_schema),
    };
    return cmocka_run_group_tests_name("history_views", tests, NULL, NULL);
}

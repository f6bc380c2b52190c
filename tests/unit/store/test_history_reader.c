/* Reading the history: rows of its tables, and growth that is not written
 * yet. */
#include "store/history_reader.h"

#include "history_fixture.h"
#include "offer_fixture.h"

/* 22:00 and 22:10 of the day of NOW. */
enum { HOUR22 = DAY + 22 * 3600, STEP = HOUR22 + 600 };

static const char families[] =
    "{'name': 'c', 'help': 'h', 'type': 'counter', 'labels': ["
    " {'name': 'l', 'allowedValues': ['b', 'a']}]},"
    "{'name': 'g', 'help': 'h', 'type': 'gauge'},"
    "{'name': 'h', 'help': 'h', 'type': 'histogram', 'buckets': [1, 10]}";

/* Series are as old as the history. */
static void fill(struct side *side) {
    side_open(side, families);
    outsider_run("UPDATE meta SET value = 1600000000 "
                 "WHERE key = 'history_since'");
}

/* --- growth that is not written yet --------------------------------------- */

/* NOW is 22:13:20; the series have no marks and begin at zero. */
static void test_unwritten_growth_is_read(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    side_push(&side, "c", "{'l': 'a'}", "2");
    side_push(&side, "c", "{'l': 'a'}", "0.5");
    side_push(&side, "g", "{}", "-3");
    side_push(&side, "h", "{}", "0.5,2,2,20");
    assert_levels(&side, "c",
                  "{\"l\":\"a\"} 2.5\n  0 22:10 2.5\n{\"l\":\"b\"} 0\n",
                  "{\"l\":\"a\"} 2.5\n  0 22:00 2.5\n{\"l\":\"b\"} 0\n",
                  "{\"l\":\"a\"} 2.5\n  0 00:00 2.5\n{\"l\":\"b\"} 0\n");
    assert_levels(&side, "g", "{} -3\n  0 22:10 -3\n", "{} -3\n  0 22:00 -3\n",
                  "{} -3\n  0 00:00 -3\n");
    assert_levels(&side, "h", "{} 24.5/4 1,2,1\n  0 22:10 24.5/4 1,2,1\n",
                  "{} 24.5/4 1,2,1\n  0 22:00 24.5/4 1,2,1\n",
                  "{} 24.5/4 1,2,1\n  0 00:00 24.5/4 1,2,1\n");
    side_close(&side);
}

/* Totals in between have their own periods; the written part is in the mark and
 * adds up with the rest of its day. */
static void test_mark_and_due_totals_add_up(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    side_push(&side, "c", "{'l': 'a'}", "10");
    side_push(&side, "h", "{}", "0.5,2,2,20");
    change(
        "INSERT INTO history_mark (series_id, value, sum, count, buckets) "
        "VALUES (ID(c,a), 1, 0, 0, NULL), (ID(h,), 0, 0.5, 1, '[1,0,0]');"
        "INSERT INTO history_due (series_id, at, value, sum, count, buckets) "
        "VALUES (ID(c,a), DAY - 1, 3, 0, 0, NULL), "
        "(ID(c,a), DAY, 4, 0, 0, NULL), (ID(c,a), DAY + 299, 6, 0, 0, NULL), "
        "(ID(c,a), DAY + 79500, 7, 0, 0, NULL), "
        "(ID(h,), DAY + 3599, 0, 2.5, 2, '[1,1,0]');"
        "INSERT INTO history_step VALUES (ID(c,a), DAY - 600, 1);"
        "INSERT INTO history_hour VALUES (ID(c,a), DAY - 86400, "
        "'[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1]');"
        "INSERT INTO history_day VALUES (ID(c,a), DAY - 86400, 1);"
        "INSERT INTO history_step VALUES (ID(h,), DAY + 3300, '[0.5,1]');"
        "INSERT INTO history_hour VALUES (ID(h,), DAY, '[[0.5,1]]');"
        "INSERT INTO history_day VALUES (ID(h,), DAY, '[0.5,1]');");
    assert_levels(&side, "c",
                  "{\"l\":\"a\"} 10\n  -1 23:50 1\n  -1 23:55 2\n"
                  "  0 00:00 3\n  0 22:05 1\n  0 22:10 3\n{\"l\":\"b\"} 0\n",
                  "{\"l\":\"a\"} 10\n  -1 23:00 3\n"
                  "  0 00:00 3\n  0 22:00 4\n{\"l\":\"b\"} 0\n",
                  "{\"l\":\"a\"} 10\n  -1 00:00 3\n  0 00:00 7\n"
                  "{\"l\":\"b\"} 0\n");
    assert_levels(&side, "h",
                  "{} 24.5/4 1,2,1\n  0 00:55 2.5/2 1,1,0\n"
                  "  0 22:10 22/2 0,1,1\n",
                  "{} 24.5/4 1,2,1\n  0 00:00 2.5/2 1,1,0\n"
                  "  0 22:00 22/2 0,1,1\n",
                  "{} 24.5/4 1,2,1\n  0 00:00 24.5/4 1,2,1\n");
    /* `from` is inclusive, `to` exclusive. */
    const struct family *c = family_of(&side, "c");
    assert_history(c, HISTORY_STEP, DAY - 300, DAY,
                   "{\"l\":\"a\"} 10\n  -1 23:55 2\n{\"l\":\"b\"} 0\n");
    assert_history(c, HISTORY_STEP, STEP, STEP + 300,
                   "{\"l\":\"a\"} 10\n  0 22:10 3\n{\"l\":\"b\"} 0\n");
    assert_history(c, HISTORY_HOUR, DAY - 3600, DAY + 3600,
                   "{\"l\":\"a\"} 10\n  -1 23:00 3\n  0 00:00 3\n"
                   "{\"l\":\"b\"} 0\n");
    assert_history(c, HISTORY_DAY, DAY, DAY + LENGTH,
                   "{\"l\":\"a\"} 10\n  0 00:00 7\n{\"l\":\"b\"} 0\n");
    assert_history(c, HISTORY_DAY, DAY + LENGTH, DAY + 9LL * LENGTH,
                   "{\"l\":\"a\"} 10\n{\"l\":\"b\"} 0\n");
    side_close(&side);
}

/* Growth has the digits of the values, before and after it is written. */
static void test_growth_has_no_rounding_noise(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    side_push(&side, "c", "{'l': 'a'}", "123456.8");
    side_push(&side, "h", "{}", "123456.8");
    change("INSERT INTO history_mark (series_id, value, sum, count, buckets) "
           "VALUES (ID(c,a), 123456.7, 0, 0, NULL),"
           " (ID(h,), 0, 123456.7, 0, '[0,0,0]');"
           "INSERT INTO history_step VALUES (ID(c,a), DAY + 79800, 0.2)");
    assert_history(family_of(&side, "c"), HISTORY_STEP, DAY, STEP + 300,
                   "{\"l\":\"a\"} 123456.8\n  0 22:10 0.3\n"
                   "{\"l\":\"b\"} 0\n");
    assert_history(family_of(&side, "h"), HISTORY_STEP, DAY, STEP + 300,
                   "{} 123456.8/1 0,0,1\n  0 22:10 0.1/1 0,0,1\n");
    side_close(&side);
}

/* The first totals of a series older than the history and without a mark do
 * not count as growth; without a history there is no growth. */
static void test_unknown_past_is_no_growth(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    side_push(&side, "c", "{'l': 'a'}", "10");
    side_push(&side, "g", "{}", "4");
    change("UPDATE series SET created_at = 1599999999");
    const struct family *c = family_of(&side, "c");
    const struct family *g = family_of(&side, "g");
    static const char none[] = "{\"l\":\"a\"} 10\n{\"l\":\"b\"} 0\n";
    assert_history(c, HISTORY_DAY, DAY, DAY + LENGTH, none);
    change("INSERT INTO history_due (series_id, at, value, sum, count) "
           "VALUES (ID(c,a), DAY + 300, 7, 0, 0), (ID(c,a), DAY, 6, 0, 0)");
    assert_history(c, HISTORY_STEP, DAY, DAY + LENGTH,
                   "{\"l\":\"a\"} 10\n  0 00:05 1\n  0 22:10 3\n"
                   "{\"l\":\"b\"} 0\n");
    /* A gauge still has its value. */
    assert_history(g, HISTORY_DAY, DAY, DAY + LENGTH, "{} 4\n  0 00:00 4\n");
    change("UPDATE meta SET value = 0 WHERE key = 'history_since'");
    assert_history(c, HISTORY_STEP, DAY, DAY + LENGTH, none);
    assert_history(g, HISTORY_DAY, DAY, DAY + LENGTH, "{} 4\n  0 00:00 4\n");
    side_close(&side);
}

/* Totals that were lowered have not grown. */
static void test_lowered_totals_are_no_growth(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    side_push(&side, "c", "{'l': 'a'}", "10");
    side_push(&side, "h", "{}", "0.5,-3,20");
    change(
        "INSERT INTO history_mark (series_id, value, sum, count, buckets) "
        "VALUES (ID(c,a), 11, 0, 0, NULL), (ID(h,), 0, 9, 1, '[1,0,0]');"
        "INSERT INTO history_due (series_id, at, value, sum, count, buckets) "
        "VALUES (ID(h,), DAY, 0, 2, 4, '[0,4,0]')");
    assert_history(family_of(&side, "c"), HISTORY_HOUR, DAY, DAY + LENGTH,
                   "{\"l\":\"a\"} 10\n{\"l\":\"b\"} 0\n");
    assert_history(family_of(&side, "h"), HISTORY_HOUR, DAY, DAY + LENGTH,
                   "{} 17.5/3 2,0,1\n  0 00:00 -7/4 0,4,0\n"
                   "  0 22:00 15.5/3 2,0,1\n");
    /* The sum alone may fall. */
    change("DELETE FROM history_due; "
           "UPDATE history_mark SET sum = 30 WHERE buckets NOT NULL");
    assert_history(family_of(&side, "h"), HISTORY_HOUR, DAY, DAY + LENGTH,
                   "{} 17.5/3 2,0,1\n  0 22:00 -12.5/2 1,0,1\n");
    change("UPDATE history_mark SET buckets = '[2,0,1]'");
    assert_history(family_of(&side, "h"), HISTORY_HOUR, DAY, DAY + LENGTH,
                   "{} 17.5/3 2,0,1\n");
    side_close(&side);
}

/* The clock went back: unwritten growth is in its own period, in order. */
static void test_clock_back_keeps_the_order(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    side_push(&side, "c", "{'l': 'a'}", "10");
    change("INSERT INTO history_due (series_id, at, value, sum, count) "
           "VALUES (ID(c,a), DAY + 86400, 4, 0, 0);"
           "INSERT INTO history_hour VALUES (ID(c,a), DAY + 86400, '[0,7]'), "
           "(ID(c,a), DAY, '[0,1]')");
    assert_history(family_of(&side, "c"), HISTORY_HOUR, DAY, DAY + 2 * LENGTH,
                   "{\"l\":\"a\"} 10\n  0 01:00 1\n  0 22:00 6\n  1 00:00 4\n"
                   "  1 01:00 7\n{\"l\":\"b\"} 0\n");
    side_close(&side);
}

/* --- gauges --------------------------------------------------------------- */

static void test_gauge(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    const struct family *g = family_of(&side, "g");
    assert_history(g, HISTORY_STEP, DAY, DAY + LENGTH, "{} nan\n");
    side_push(&side, "g", "{}", "7");
    change("INSERT INTO history_step VALUES (ID(g,), DAY, 0), "
           "(ID(g,), DAY + 300, NULL), (ID(g,), DAY + 79800, 5);"
           "INSERT INTO history_hour VALUES (ID(g,), DAY, '[null,1,null,3]'), "
           "(ID(g,), DAY - 86400, '[null,\"NaN\",-9,\"+Inf\",\"-Inf\",0]'), "
           "(ID(g,), DAY - 172800, '[null,null]');"
           "INSERT INTO history_day VALUES (ID(g,), DAY - 864000, 99), "
           "(ID(g,), DAY, 3)");
    assert_history(g, HISTORY_STEP, DAY, DAY + LENGTH,
                   "{} 7\n  -1 05:00 0\n  0 00:00 0\n  0 00:05 nan\n"
                   "  0 22:10 7\n");
    assert_history(g, HISTORY_HOUR, DAY - LENGTH, DAY + LENGTH,
                   "{} 7\n  -10 00:00 99\n  -1 01:00 nan\n  -1 02:00 -9\n"
                   "  -1 03:00 inf\n  -1 04:00 -inf\n  -1 05:00 0\n"
                   "  0 01:00 1\n  0 03:00 3\n  0 22:00 7\n");
    assert_history(g, HISTORY_DAY, DAY, DAY + LENGTH,
                   "{} 7\n  -1 05:00 0\n  0 00:00 7\n");
    /* The last earlier value, as precisely as it is known: from hours, a past
     * day, steps, and the total. */
    assert_history(g, HISTORY_STEP, DAY - LENGTH + 10800, DAY - LENGTH + 11100,
                   "{} 7\n  -1 02:00 -9\n");
    assert_history(g, HISTORY_HOUR, DAY - LENGTH + 3600, DAY - LENGTH + 7200,
                   "{} 7\n  -10 00:00 99\n  -1 01:00 nan\n");
    assert_history(g, HISTORY_HOUR, DAY + 10800, DAY + 14400,
                   "{} 7\n  0 01:00 1\n  0 03:00 3\n");
    assert_history(g, HISTORY_STEP, DAY + 600, DAY + 900,
                   "{} 7\n  0 00:05 nan\n");
    assert_history(g, HISTORY_DAY, DAY + LENGTH, DAY + 2LL * LENGTH,
                   "{} 7\n  0 22:10 7\n");
    assert_history(g, HISTORY_DAY, DAY - 10 * LENGTH, DAY - 9 * LENGTH,
                   "{} 7\n  -10 00:00 99\n");
    assert_history(g, HISTORY_DAY, DAY - 100LL * LENGTH, DAY - 10 * LENGTH,
                   "{} 7\n");
    /* A zeroed gauge has no value. */
    change("UPDATE total SET value = 0, count = 0 WHERE series_id = ID(g,);"
           "INSERT INTO history_due (series_id, at, value, sum, count) "
           "VALUES (ID(g,), DAY + 80000, 8, 0, 3)");
    assert_history(g, HISTORY_HOUR, DAY + 79200, DAY + LENGTH,
                   "{} nan\n  0 03:00 3\n  0 22:00 8\n");
    side_close(&side);
}

/* --- summaries ------------------------------------------------------------ */

static void test_summary(void **state) {
    struct side side;
    struct family summary = {.name = "s", .type = METRIC_SUMMARY};
    (void)state;
    fill(&side);
    offer_one(&side,
              (struct offer){"s", METRIC_SUMMARY, .sum = 5.5, .count = 4});
    change("INSERT INTO history_mark (series_id, sum, count) "
           "VALUES (ID(s,), 2, 1);"
           "INSERT INTO history_hour VALUES (ID(s,), DAY, '[[2,1],0,[]]');"
           "INSERT INTO history_day VALUES (ID(s,), DAY, '[2,1]');"
           "INSERT INTO history_step VALUES (ID(s,), DAY, '[2,1,0]'), "
           "(ID(s,), DAY + 300, '[-1]')");
    struct strbuf id = outsider_rows("SELECT id FROM family WHERE name = 's'");
    summary.id = atoi(id.data);
    strbuf_free(&id);
    assert_history(&summary, HISTORY_STEP, DAY, DAY + LENGTH,
                   "{} 5.5/4\n  0 22:10 3.5/3\n");
    assert_history(&summary, HISTORY_HOUR, DAY, DAY + LENGTH,
                   "{} 5.5/4\n  0 00:00 2/1\n  0 22:00 3.5/3\n");
    assert_history(&summary, HISTORY_DAY, DAY, DAY + LENGTH,
                   "{} 5.5/4\n  0 00:00 5.5/4\n");
    side_close(&side);
}

/* --- damage --------------------------------------------------------------- */

static void test_damaged_rows(void **state) {
    struct side side;
    static const char *const counters[] = {"NULL",  "'x'",    "'3'",   "-1",
                                           "9e999", "-9e999", "x'00'", "0"};
    static const char *const histograms[] = {
        "NULL",      "3",         "'x'",        "'3'",        "''",
        "'{}'",      "'[1'",      "'[1,1,1]]'", "'[1,1,1] '", "'[1,1,1,1,1]'",
        "'[1,-1]'",  "'[1,1.5]'", "'[1,NaN]'",  "'[NaN,1]'",  "'[Inf,1]'",
        "'[1e999]'", "'[,1]'",    "'[1,]'",     "'[[1]]'",    "'[\"1\",1]'",
        "'[ 1,1]'",  "'[1,1'",    "'[null,1]'", "'[0]'",      "'[]'",
        "x'5b'",     "'[1,1,,1]'"};
    static const char *const hours[] = {
        "''",      "'x'",         "'['",    "'7'",       "'{}'",
        "'[x,1]'", "'[\"1\"]'",   "'[-1]'", "'[9e999]'", "'[1'",
        "'[[1]]'", "'[0,null,]'", "'[]'",   "'[1 ,2]'"};
    char sql[400];
    (void)state;
    fill(&side);
    for (size_t i = 0; i < COUNT(counters); i++) {
        (void)snprintf(sql, sizeof(sql),
                       "REPLACE INTO history_day VALUES (ID(c,a), DAY, %s), "
                       "(ID(c,a), DAY + 86400, 1)",
                       counters[i]);
        change(sql);
        assert_history(family_of(&side, "c"), HISTORY_DAY, DAY,
                       DAY + 2 * LENGTH,
                       "{\"l\":\"a\"} 0\n  1 00:00 1\n{\"l\":\"b\"} 0\n");
    }
    for (size_t i = 0; i < COUNT(histograms); i++) {
        (void)snprintf(sql, sizeof(sql),
                       "REPLACE INTO history_step VALUES (ID(h,), DAY, %s), "
                       "(ID(h,), DAY + 300, '[1.5,0,1]')",
                       histograms[i]);
        change(sql);
        assert_history(family_of(&side, "h"), HISTORY_STEP, DAY, DAY + LENGTH,
                       "{} 0/0 0,0,0\n  0 00:05 1.5/1 0,1,0\n");
    }
    for (size_t i = 0; i < COUNT(hours); i++) {
        (void)snprintf(sql, sizeof(sql),
                       "REPLACE INTO history_hour VALUES (ID(c,a), DAY, %s), "
                       "(ID(c,a), DAY + 86400, '[0,1]')",
                       hours[i]);
        change(sql);
        assert_history(family_of(&side, "c"), HISTORY_HOUR, DAY,
                       DAY + 2 * LENGTH,
                       "{\"l\":\"a\"} 0\n  1 01:00 1\n{\"l\":\"b\"} 0\n");
    }
    /* The hours before the damage are read; a 25th hour is not. */
    change("UPDATE history_hour SET hours = '[5,0,x,1]' WHERE day = DAY;"
           "UPDATE history_hour SET hours = '[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"
           "0,0,0,0,0,0,0,23,24]' WHERE day <> DAY");
    assert_history(
        family_of(&side, "c"), HISTORY_HOUR, DAY, DAY + 3 * LENGTH,
        "{\"l\":\"a\"} 0\n  0 00:00 5\n  1 23:00 23\n{\"l\":\"b\"} 0\n");
    side_close(&side);
}

static void test_damaged_totals(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    side_push(&side, "h", "{}", "0.5,2,20");
    const struct family *h = family_of(&side, "h");
    change("INSERT INTO history_mark (series_id, sum, count, buckets) "
           "VALUES (ID(h,), 0.5, 1, '[1,0]')");
    assert_history(h, HISTORY_DAY, DAY, DAY + LENGTH, "{} 22.5/3 1,1,1\n");
    change("INSERT INTO history_due (series_id, at, sum, count, buckets) "
           "VALUES (ID(h,), DAY, 2.5, 2, '[1,1,0]')");
    assert_history(h, HISTORY_HOUR, DAY, DAY + LENGTH,
                   "{} 22.5/3 1,1,1\n  0 22:00 20/1 0,0,1\n");
    change("UPDATE history_mark SET buckets = '[1,0,0]';"
           "UPDATE history_due SET buckets = 'x'");
    assert_history(h, HISTORY_HOUR, DAY, DAY + LENGTH, "{} 22.5/3 1,1,1\n");
    change("UPDATE total SET buckets = '[1,1]' WHERE series_id = ID(h,)");
    assert_history(h, HISTORY_HOUR, DAY, DAY + LENGTH, "");
    change("UPDATE total SET value = -1 WHERE series_id = ID(c,a);"
           "UPDATE total SET value = 9e999 WHERE series_id = ID(c,b)");
    assert_history(family_of(&side, "c"), HISTORY_HOUR, DAY, DAY + LENGTH, "");
    side_close(&side);
}

/* --- the rest ------------------------------------------------------------- */

static void test_removed_series_has_no_history(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    side_push(&side, "c", "{'l': 'a'}", "10");
    change("INSERT INTO history_step VALUES (ID(c,a), DAY, 1);"
           "INSERT INTO history_hour VALUES (ID(c,a), DAY, '[1]');"
           "INSERT INTO history_day VALUES (ID(c,a), DAY, 1);"
           "INSERT INTO history_mark (series_id, value, sum, count) "
           "VALUES (ID(c,a), 1, 0, 0);"
           "INSERT INTO history_due (series_id, at, value, sum, count) "
           "VALUES (ID(c,a), DAY + 300, 5, 0, 0);"
           "DELETE FROM series WHERE id = ID(c,a)");
    assert_levels(&side, "c", "{\"l\":\"b\"} 0\n", "{\"l\":\"b\"} 0\n",
                  "{\"l\":\"b\"} 0\n");
    assert_rows("SELECT (SELECT count(*) FROM history_step) + "
                "(SELECT count(*) FROM history_hour) + "
                "(SELECT count(*) FROM history_day) + "
                "(SELECT count(*) FROM history_mark) + count(*) "
                "FROM history_due",
                "0\n");
    side_close(&side);
}

static int stop_at(void *context, const struct history_series *series,
                   const struct history_growth *growth) {
    int *left = context;
    (void)series;
    (void)growth;
    return --*left == 0 ? 7 : 0;
}

/* The visitor can end the visits of a family. */
static void test_visitor_ends_the_visits(void **state) {
    struct side side;
    struct reader *reader;
    struct err err = {.code = ERR_NONE};
    (void)state;
    fill(&side);
    side_push(&side, "g", "{}", "10");
    change("INSERT INTO history_hour VALUES (ID(g,), DAY, '[1,2]'), "
           "(ID(g,), DAY - 86400, '[1]')");
    assert_int_equal(reader_open(scratch_path("t.db"), &reader, &err), 0);
    assert_int_equal(reader_begin(reader, &err), 0);
    for (int stop = 1; stop <= 6; stop++) {
        int left = stop;
        assert_int_equal(reader_history(reader, family_of(&side, "g"),
                                        HISTORY_HOUR, DAY, DAY + LENGTH,
                                        stop_at, &left, &err),
                         stop <= 5 ? 7 : 0);
        assert_int_equal(left, stop <= 5 ? 0 : 1);
    }
    reader_end(reader);
    reader_close(reader);
    side_close(&side);
}

static void assert_since(enum history_level level, int64_t want) {
    struct reader *reader;
    struct err err = {.code = ERR_NONE};
    int64_t since = -1;
    assert_int_equal(reader_open(scratch_path("t.db"), &reader, &err), 0);
    assert_int_equal(reader_begin(reader, &err), 0);
    assert_int_equal(reader_history_since(reader, level, &since, &err), 0);
    check_number("since", since, want);
    reader_end(reader);
    reader_close(reader);
}

static void test_since(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    change("UPDATE meta SET value = 1600000500 WHERE key = "
           "'history_step_since';"
           "UPDATE meta SET value = 1500000000 WHERE key = "
           "'history_hour_since';"
           "DELETE FROM meta WHERE key = 'history_day_since'");
    assert_since(HISTORY_STEP, 1600000500);
    assert_since(HISTORY_HOUR, 1600000000);
    assert_since(HISTORY_DAY, 1600000000);
    change("UPDATE meta SET value = 0 WHERE key = 'history_since'");
    assert_since(HISTORY_STEP, 0);
    assert_since(HISTORY_DAY, 0);
    side_close(&side);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_unwritten_growth_is_read),
        TEST(test_mark_and_due_totals_add_up),
        TEST(test_growth_has_no_rounding_noise),
        TEST(test_unknown_past_is_no_growth),
        TEST(test_lowered_totals_are_no_growth),
        TEST(test_clock_back_keeps_the_order),
        TEST(test_gauge),
        TEST(test_summary),
        TEST(test_damaged_rows),
        TEST(test_damaged_totals),
        TEST(test_removed_series_has_no_history),
        TEST(test_visitor_ends_the_visits),
        TEST(test_since),
    };
    return cmocka_run_group_tests_name("history_reader", tests, NULL, NULL);
}

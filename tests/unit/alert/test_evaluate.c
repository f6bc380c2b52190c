/* Results of rules over a history, case by case. */
#include "alert_fixture.h"

static const char families[] =
    "{'name': 'c', 'help': 'h', 'type': 'counter', 'labels': ["
    " {'name': 'l', 'allowedValues': ['a', 'b']}]},"
    "{'name': 'd', 'help': 'h', 'type': 'counter'},"
    "{'name': 'o', 'help': 'h', 'type': 'counter', 'labels': ["
    " {'name': 'page', 'maxValues': 2000}]},"
    "{'name': 'h', 'help': 'h', 'type': 'histogram', 'buckets': [1, 10]},"
    "{'name': 'g', 'help': 'h', 'type': 'gauge', 'labels': ["
    " {'name': 'l', 'allowedValues': ['a', 'b']}]}";

static struct side side;
static struct watcher watcher;

static int set_up(void **state) {
    if (scratch_make(state) != 0)
        return -1;
    side_open_kept(&side, families, MIDNIGHT, &alert_history);
    watcher_open(&watcher, families, "{'alerts': []}");
    return 0;
}

static int tear_down(void **state) {
    watcher_close(&watcher);
    side_close(&side);
    return scratch_clear(state);
}

static void push_at(int64_t at, const char *family, const char *labels,
                    const char *values) {
    side.now = MIDNIGHT + at;
    side_push(&side, family, labels, values);
}

/* The current period does not count; a gauge has its current value. */
static void test_periods(void **state) {
    static const char rules[] =
        "{'alerts': ["
        "{'name': 'Growth', 'increase': 'd', 'over': '5m', 'above': 2,"
        " 'text': 't'},"
        "{'name': 'Rate', 'rate': 'd', 'over': '10m', 'above': 0.01,"
        " 'text': 't'},"
        "{'name': 'Value', 'value': 'g', 'above': 6, 'text': 't'},"
        "{'name': 'Expr', 'expr': 'g', 'above': 6, 'text': 't'}]}";
    (void)state;
    watcher_set(&watcher, rules);
    push_at(3600, "d", "{}", "1");
    push_at(7200, "d", "{}", "3");
    push_at(7200, "g", "{'l': 'a'}", "7");
    watcher_expect(&watcher, "under way", MIDNIGHT + 7201,
                   "Growth judged 0\n"
                   "Rate judged 0\n"
                   "Value judged 7, fires {} 7 since 7201\n"
                   "Expr judged, fires {\"l\":\"a\"} 7 since 7201\n");
    watcher_expect(&watcher, "over", MIDNIGHT + 7500,
                   "Growth judged 3, fires {} 3 since 7500\n"
                   "Rate judged 0.005\n"
                   "Value judged 7, fires {} 7 since 7500\n"
                   "Expr judged, fires {\"l\":\"a\"} 7 since 7500\n");
    watcher_expect(&watcher, "past", MIDNIGHT + 7800,
                   "Growth judged 0\n"
                   "Rate judged 0.005\n"
                   "Value judged 7, fires {} 7 since 7800\n"
                   "Expr judged, fires {\"l\":\"a\"} 7 since 7800\n");
}

/* Missing growth is 0 in a rule without `by`. */
static void test_nothing(void **state) {
    static const char rules[] =
        "{'alerts': ["
        "{'name': 'Increase', 'increase': 'o', 'over': '1h', 'below': 1,"
        " 'text': 't'},"
        "{'name': 'Rate', 'rate': 'o', 'over': '1h', 'below': 1, 'text':"
        " 't'},"
        "{'name': 'Unlisted', 'increase': 'job_total', 'over': '1h',"
        " 'below': 1, 'for': '10m', 'text': 't'},"
        "{'name': 'By', 'increase': 'o', 'by': ['page'], 'over': '1h',"
        " 'below': 1, 'text': 't'},"
        "{'name': 'Least', 'increase': 'o', 'over': '1h', 'below': 1,"
        " 'minimum': 1, 'text': 't'},"
        "{'name': 'Ratio', 'ratio': ['o', 'd'], 'over': '1h', 'below': 1,"
        " 'text': 't'},"
        "{'name': 'P75', 'p75': 'h', 'over': '1h', 'below': 1, 'text':"
        " 't'},"
        "{'name': 'Value', 'value': 'g', 'below': 1, 'text': 't'}]}";
    (void)state;
    watcher_set(&watcher, rules);
    push_at(3600, "d", "{}", "1");
    watcher_expect(&watcher, "nothing", MIDNIGHT + 7200,
                   "Increase judged 0, fires {} 0 since 7200\n"
                   "Rate judged 0, fires {} 0 since 7200\n"
                   "Unlisted judged 0, fires {} 0 since 6600\n"
                   "By judged\n"
                   "Least judged 0\n"
                   "Ratio judged nan\n"
                   "P75 judged nan\n"
                   "Value judged nan\n");
}

/* A quotient by 0 is not a value, for either direction of the condition. */
static void test_zero(void **state) {
    static const char rules[] =
        "{'alerts': ["
        "{'name': 'Infinite', 'ratio': ['c', 'd'], 'over': '1h', 'above':"
        " 0, 'text': 't'},"
        "{'name': 'Neither', 'ratio': ['d', 'd'], 'over': '1h', 'below': 9,"
        " 'text': 't'},"
        "{'name': 'Expr', 'expr': '-sum(c) / sum(d)', 'below': 9, 'text':"
        " 't'},"
        "{'name': 'Rises', 'increase': 'c', 'over': '1h', 'rises_percent':"
        " 1, 'text': 't'},"
        "{'name': 'Falls', 'increase': 'd', 'over': '1h', 'falls_percent':"
        " 1, 'text': 't'}]}";
    (void)state;
    watcher_set(&watcher, rules);
    push_at(8 * DAYS + 60, "c", "{'l': 'a'}", "1");
    watcher_expect(&watcher, "zero", MIDNIGHT + 8 * DAYS + 3600,
                   "Infinite judged nan\n"
                   "Neither judged nan\n"
                   "Expr judged\n"
                   "Rises judged nan\n"
                   "Falls judged nan\n");
}

/* The minimum applies to each label set. */
static void test_minimum(void **state) {
    static const char rules[] =
        "{'alerts': ["
        "{'name': 'Slow', 'p75': 'h', 'over': '1h', 'above': 0.5,"
        " 'minimum': 3, 'text': 't'},"
        "{'name': 'Ratio', 'ratio': ['c', 'o'], 'over': '1h', 'above': 0.1,"
        " 'minimum': 3, 'text': 't'},"
        "{'name': 'By', 'rate': 'c', 'by': ['l'], 'over': '1h', 'above': 0,"
        " 'minimum': 3, 'text': 't'}]}";
    (void)state;
    watcher_set(&watcher, rules);
    push_at(7 * DAYS + 60, "h", "{}", "0.5,0.5");
    push_at(7 * DAYS + 60, "c", "{'l': 'a'}", "3");
    push_at(7 * DAYS + 60, "c", "{'l': 'b'}", "2");
    push_at(7 * DAYS + 60, "o", "{'page': '/'}", "2");
    watcher_expect(&watcher, "too few", MIDNIGHT + 7 * DAYS + 3600,
                   "Slow judged 0.75\n"
                   "Ratio judged 2.5\n"
                   "By judged, fires {\"l\":\"a\"} 0.000833333 since 608400, "
                   "not {\"l\":\"b\"} 0.000555556\n");
    push_at(7 * DAYS + 3660, "h", "{}", "0.5,0.5,0.5");
    push_at(7 * DAYS + 3660, "o", "{'page': '/'}", "3");
    push_at(7 * DAYS + 3660, "c", "{'l': 'b'}", "3");
    watcher_expect(&watcher, "enough", MIDNIGHT + 7 * DAYS + 7200,
                   "Slow judged 0.75, fires {} 0.75 since 612000\n"
                   "Ratio judged 1, fires {} 1 since 612000\n"
                   "By judged, fires {\"l\":\"b\"} 0.000833333 since 612000, "
                   "not {\"l\":\"a\"} 0\n");
}

/* For a count, the minimum applies to the larger week: a rise from few and a
 * fall to few or none are true. */
static void test_minimum_of_counts(void **state) {
    static const char rules[] =
        "{'alerts': ["
        "{'name': 'Fall', 'increase': 'd', 'over': '1h', 'falls_percent': 30,"
        " 'minimum': 10, 'text': 't'},"
        "{'name': 'FallOfFew', 'increase': 'd', 'over': '1h', 'falls_percent':"
        " 30, 'minimum': 101, 'text': 't'},"
        "{'name': 'FallBy', 'rate': 'c', 'by': ['l'], 'over': '1h',"
        " 'falls_percent': 30, 'minimum': 10, 'text': 't'},"
        "{'name': 'Rise', 'increase': 'o', 'over': '1h', 'rises_percent': 30,"
        " 'minimum': 10, 'text': 't'},"
        "{'name': 'RiseOfFew', 'rate': 'o', 'over': '1h', 'rises_percent': 30,"
        " 'minimum': 51, 'text': 't'},"
        "{'name': 'Ratio', 'ratio': ['d', 'o'], 'over': '1h', 'falls_percent':"
        " 30, 'minimum': 10, 'text': 't'}]}";
    (void)state;
    watcher_set(&watcher, rules);
    push_at(60, "d", "{}", "100");
    push_at(60, "c", "{'l': 'a'}", "20");
    push_at(60, "c", "{'l': 'b'}", "5");
    push_at(60, "o", "{'page': '/'}", "2");
    push_at(3660, "d", "{}", "100");
    push_at(7 * DAYS + 60, "d", "{}", "9");
    push_at(7 * DAYS + 60, "c", "{'l': 'a'}", "5");
    push_at(7 * DAYS + 60, "c", "{'l': 'b'}", "1");
    push_at(7 * DAYS + 60, "o", "{'page': '/'}", "50");
    watcher_expect(&watcher, "few", MIDNIGHT + 7 * DAYS + 3600,
                   "Fall judged 91, fires {} 91 since 608400\n"
                   "FallOfFew judged 91\n"
                   "FallBy judged, fires {\"l\":\"a\"} 75 since 608400, "
                   "not {\"l\":\"b\"} 80\n"
                   "Rise judged 2400, fires {} 2400 since 608400\n"
                   "RiseOfFew judged 2400\n"
                   "Ratio judged 99.64\n");
    push_at(7 * DAYS + 7260, "o", "{'page': '/'}", "1");
    watcher_expect(&watcher, "none", MIDNIGHT + 7 * DAYS + 7200,
                   "Fall judged 100, fires {} 100 since 612000\n"
                   "FallOfFew judged 100\n"
                   "FallBy judged\n"
                   "Rise judged nan\n"
                   "RiseOfFew judged nan\n"
                   "Ratio judged nan\n");
}

/* A rule has no result if it asks for an own metric that is not in the
 * database: it would never fire. */
static void test_own_metrics(void **state) {
    static const char rules[] =
        "{'alerts': ["
        "{'name': 'Scraped', 'value': 'tallyman_disk_available_bytes', 'below':"
        " 1, 'text': 't'},"
        "{'name': 'Queries', 'expr': 'sum(increase(tallyman_query_errors_total"
        "[5m]))', 'above': 0, 'text': 't'},"
        "{'name': 'Later', 'value': 'pushed_later', 'above': 1, 'text': 't'}]}";
    (void)state;
    watcher_set(&watcher, rules);
    push_at(60, "g", "{'l': 'a'}", "7");
    watcher_expect(&watcher, "own metrics", MIDNIGHT + HOUR,
                   "Scraped failed: the database has no "
                   "\"tallyman_disk_available_bytes\": some of Tallyman's own "
                   "metrics are only in a scrape\n"
                   "Queries failed: the database has no "
                   "\"tallyman_query_errors_total\": some of Tallyman's own "
                   "metrics are only in a scrape\n"
                   "Later judged nan\n");
}

/* A rule has no result if it looks back to before the history. */
static void test_begin(void **state) {
    static const char rules[] =
        "{'alerts': ["
        "{'name': 'Now', 'value': 'g', 'above': 1, 'text': 't'},"
        "{'name': 'For', 'value': 'g', 'above': 1, 'for': '1h', 'text':"
        " 't'},"
        "{'name': 'Over', 'increase': 'd', 'over': '1h', 'above': 1,"
        " 'text': 't'},"
        "{'name': 'Week', 'value': 'g', 'rises_percent': 1, 'text': 't'},"
        "{'name': 'Expr', 'expr': 'g - g offset 1h', 'above': 1, 'text':"
        " 't'}]}";
    (void)state;
    watcher_set(&watcher, rules);
    push_at(60, "g", "{'l': 'a'}", "7");
    watcher_expect(
        &watcher, "early", MIDNIGHT + 1800,
        "Now judged 7, fires {} 7 since 1800\n"
        "For early: the history begins 2023-11-15T00:00:00Z, and the rule "
        "looks back to 2023-11-14T23:30:00Z\n"
        "Over early: the history begins 2023-11-15T00:00:00Z, and the rule "
        "looks back to 2023-11-14T23:30:00Z\n"
        "Week early: the history begins 2023-11-15T00:00:00Z, and the rule "
        "looks back to 2023-11-08T00:00:00Z\n"
        "Expr early: the history begins 2023-11-15T00:00:00Z, and the rule "
        "looks back to 2023-11-14T23:30:00Z\n");
    watcher_expect(
        &watcher, "an hour later", MIDNIGHT + 3600,
        "Now judged 7, fires {} 7 since 3600\n"
        "For judged 7, is pending {} 7 since 300\n"
        "Over judged 0\n"
        "Week early: the history begins 2023-11-15T00:00:00Z, and the rule "
        "looks back to 2023-11-08T01:00:00Z\n"
        "Expr judged\n");
}

/* The history has periods of 5 minutes for a day, and hours since noon. */
static void test_periods_kept(void **state) {
    static const char rules[] =
        "{'alerts': ["
        "{'name': 'Short', 'increase': 'd', 'over': '5m', 'for': '1d',"
        " 'above': 1, 'text': 't'},"
        "{'name': 'Long', 'increase': 'd', 'over': '7d', 'above': 1,"
        " 'text': 't'},"
        "{'name': 'Rounded', 'increase': 'd', 'over': '2h', 'for': '1d',"
        " 'above': 1, 'text': 't'},"
        "{'name': 'Week', 'increase': 'd', 'over': '2h', 'rises_percent':"
        " 1, 'text': 't'},"
        "{'name': 'Value', 'value': 'g', 'rises_percent': 1, 'text': 't'}]}";
    (void)state;
    watcher_set(&watcher, rules);
    push_at(60, "d", "{}", "1");
    push_at(9 * DAYS, "d", "{}", "2");
    outsider_run("INSERT OR REPLACE INTO meta VALUES "
                 "('history_step_since', 1700006400 + 9 * 86400 - 3600),"
                 "('history_hour_since', 1700006400 + 7 * 86400)");
    watcher_expect(
        &watcher, "periods", MIDNIGHT + 9 * DAYS + 3600,
        "Short failed: the history has only longer periods for part of the "
        "time of the rule: raise `history.step_days`, "
        "`history.hour_days` or `over`\n"
        "Long judged 2, fires {} 2 since 781200\n"
        "Rounded failed: the history has only longer periods for part of the "
        "time of the rule: raise `history.step_days`, "
        "`history.hour_days` or `over`\n"
        "Week failed: the history has only whole days for part of the time of "
        "the rule: raise `history.step_days`, `history.hour_days` or "
        "`over`\n"
        "Value failed: the history has only whole days for part of the time of "
        "the rule: raise `history.step_days`, "
        "`history.hour_days` or `over`\n");
}

static void test_no_history(void **state) {
    static const char rules[] =
        "{'alerts': ["
        "{'name': 'Now', 'value': 'g', 'above': 1, 'text': 't'},"
        "{'name': 'For', 'value': 'g', 'above': 1, 'for': '1h', 'text':"
        " 't'},"
        "{'name': 'Over', 'increase': 'd', 'over': '1h', 'above': 1,"
        " 'text': 't'}]}";
    (void)state;
    watcher_set(&watcher, rules);
    side.history.enabled = false;
    side_load(&side, families);
    push_at(60, "g", "{'l': 'a'}", "7");
    watcher_expect(&watcher, "no history", MIDNIGHT + 1800,
                   "Now judged 7, fires {} 7 since 1800\n"
                   "For failed: the rule requires the history of the totals, "
                   "but `history` is off in the configuration\n"
                   "Over failed: increase requires the history of the totals, "
                   "but `history` is off in the configuration\n");
}

static void test_deadline(void **state) {
    (void)state;
    watcher_set(&watcher,
                "{'alerts': ["
                "{'name': 'A', 'value': 'g', 'above': 1, 'text': 't'}]}");
    watcher.clock_step = 11;
    watcher_expect(&watcher, "deadline", MIDNIGHT + 1800,
                   "A failed: the rule takes longer than 10 s: shorten `over` "
                   "or `for`, or use fewer labels\n");
}

/* Pushes the pages from..from + 7. */
static void push_pages(int from) {
    char labels[8][32];
    struct push pushes[8];
    struct err err = {.code = ERR_NONE};
    for (int i = 0; i < 8; i++) {
        (void)snprintf(labels[i], sizeof(labels[i]), "{'page': '/%d'}",
                       from + i);
        pushes[i] = (struct push){NULL, "o", labels[i], "1"};
    }
    if (side_turn(&side, pushes, 8, NULL, &err) != 0)
        fail_msg("%s", err.message);
}

/* A rule has at most a thousand alerts. */
static void test_label_sets(void **state) {
    (void)state;
    watcher_set(
        &watcher,
        "{'alerts': ["
        "{'name': 'Many', 'increase': 'o', 'over': '1h', 'above': 0, 'by':"
        " ['page'], 'text': 't'}]}");
    side.now = MIDNIGHT + 3660;
    for (int i = 0; i < 1000; i += 8)
        push_pages(i);
    watcher_evaluate(&watcher, MIDNIGHT + 7200);
    assert_int_equal(watcher.results.results[0].outcome, ALERT_JUDGED);
    assert_int_equal(watcher.results.results[0].count, 1000);
    push_at(3660, "o", "{'page': '/more'}", "1");
    watcher_expect(
        &watcher, "too many", MIDNIGHT + 7200,
        "Many failed: the condition is true for more than 1000 label sets: use "
        "fewer labels in `by`, or more in `labels`\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_periods),
        TEST(test_nothing),
        TEST(test_zero),
        TEST(test_minimum),
        TEST(test_begin),
        TEST(test_periods_kept),
        TEST(test_no_history),
        TEST(test_deadline),
        TEST(test_label_sets),
        TEST(test_own_metrics),
        TEST(test_minimum_of_counts),
    };
    return cmocka_run_group_tests_name("alert_evaluate", tests, NULL, NULL);
}

/* Three weeks of pushes, with incidents in the last one: an alert of each kind
 * of measure and condition starts and ends once. */
#include "alert_fixture.h"

static const char families[] =
    "{'name': 'errors', 'help': 'h', 'type': 'counter', 'labels': ["
    " {'name': 'page', 'maxValues': 9}]},"
    "{'name': 'views', 'help': 'h', 'type': 'counter', 'labels': ["
    " {'name': 'page', 'maxValues': 9}]},"
    "{'name': 'lcp', 'help': 'h', 'type': 'histogram', 'buckets': [1, 2.5, 4]},"
    "{'name': 'queue', 'help': 'h', 'type': 'gauge', 'labels': ["
    " {'name': 'of', 'allowedValues': ['mail', 'print']}]}";

static const char rules[] =
    "{'notify': [{'mail': ['me@example.org']}], 'alerts': ["
    "{'name': 'Increase', 'increase': 'errors', 'over': '1h', 'above': 20,"
    " 'text': 't'},"
    "{'name': 'For2h', 'increase': 'errors', 'over': '1h', 'above': 20,"
    " 'for': '2h', 'text': 't'},"
    "{'name': 'For4h', 'increase': 'errors', 'over': '1h', 'above': 20,"
    " 'for': '4h', 'text': 't'},"
    "{'name': 'Rate', 'rate': 'errors', 'by': ['page'], 'over': '1h',"
    " 'above': 0.01, 'text': 't'},"
    "{'name': 'RateBelow', 'rate': 'views', 'over': '1h', 'below': 0.05,"
    " 'text': 't'},"
    "{'name': 'Ratio', 'ratio': ['errors', 'views'], 'by': ['page'],"
    " 'over': '1h', 'above': 0.2, 'minimum': 50, 'text': 't'},"
    "{'name': 'RatioRises', 'ratio': ['errors', 'views'], 'over': '1h',"
    " 'rises_percent': 300, 'text': 't'},"
    "{'name': 'P75', 'p75': 'lcp', 'over': '1h', 'above': 2.5, 'minimum': 10,"
    " 'text': 't'},"
    "{'name': 'P95Rises', 'p95': 'lcp', 'over': '1h', 'rises_percent': 50,"
    " 'minimum': 10, 'text': 't'},"
    "{'name': 'P95Below', 'p95': 'lcp', 'over': '1h', 'below': 1,"
    " 'for': '80m', 'text': 't'},"
    "{'name': 'Value', 'value': 'queue', 'above': 50, 'text': 't'},"
    "{'name': 'ValueBy', 'value': 'queue', 'by': ['of'], 'above': 50,"
    " 'for': '1h', 'text': 't'},"
    "{'name': 'ValueRises', 'value': 'queue', 'labels': {'of': 'mail'},"
    " 'rises_percent': 100, 'text': 't'},"
    "{'name': 'Below', 'increase': 'views', 'over': '1h', 'below': 100,"
    " 'text': 't'},"
    "{'name': 'Falls', 'increase': 'views', 'over': '1h', 'falls_percent': 50,"
    " 'for': '2h', 'text': 't'},"
    "{'name': 'Rises', 'increase': 'views', 'over': '1h', 'rises_percent': 200,"
    " 'text': 't'},"
    "{'name': 'Day', 'increase': 'views', 'over': '1d', 'rises_percent': 10,"
    " 'text': 't'},"
    "{'name': 'Expr', 'above': 0.1, 'text': 't', 'expr':"
    " 'sum(increase(errors[1h])) / sum(increase(views[1h]))'}]}";

enum { WEEK = 168, INCIDENTS = 2 * WEEK, END = INCIDENTS + 96 };

static bool within(int hour, int from, int to) {
    return hour >= INCIDENTS + from && hour <= INCIDENTS + to;
}

static const char *observations(int hour) {
    return within(hour, 20, 21)   ? "3,3,3,3,3,3,3,3,3,3"
           : within(hour, 60, 60) ? "3,3,3,3,3,3,3,3,3"
           : within(hour, 70, 71) ? "0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5"
                                  : "2,2,2,2,2,2,2,2,2,2";
}

/* Pushes an hour's samples at half past. */
static void push_hour(struct side *side, int hour) {
    const char *views = within(hour, 50, 52) ? "300" : "100";
    const struct push pushes[] = {
        {NULL, "errors", "{'page': '/a'}", within(hour, 10, 12) ? "50" : "1"},
        {NULL, "errors", "{'page': '/b'}", "1"},
        {NULL, "lcp", "{}", observations(hour)},
        {NULL, "queue", "{'of': 'mail'}", within(hour, 30, 31) ? "100" : "5"},
        {NULL, "queue", "{'of': 'print'}", "1"},
        {NULL, "views", "{'page': '/a'}", views},
        {NULL, "views", "{'page': '/b'}", views},
    };
    struct err err = {.code = ERR_NONE};
    side->now = MIDNIGHT + (int64_t)hour * HOUR + HOUR / 2;
    if (side_turn(side, pushes, within(hour, 40, 43) ? 5 : COUNT(pushes), NULL,
                  &err) != 0)
        fail_msg("%s", err.message);
}

/* Checks which rules have a result in the first weeks. */
static void check_early(struct watcher *watcher, int hour, const char *want) {
    struct strbuf out = {0};
    watcher_evaluate(watcher, MIDNIGHT + (int64_t)hour * HOUR);
    for (size_t i = 0; i < watcher->results.count; i++)
        if (watcher->results.results[i].outcome == ALERT_JUDGED)
            strbuf_printf(&out, "%s ", watcher->results.results[i].rule->name);
        else
            assert_int_equal(watcher->results.results[i].outcome, ALERT_EARLY);
    check_text("judged", out.data ? out.data : "", want);
    strbuf_free(&out);
}

static void test_weeks(void **state) {
    struct side side;
    struct watcher watcher;
    (void)state;
    side_open_kept(&side, families, MIDNIGHT, &alert_history);
    watcher_open(&watcher, families, rules);
    for (int hour = 0; hour < INCIDENTS + 8; hour++) {
        push_hour(&side, hour);
        if (hour == 0)
            check_early(&watcher, 1,
                        "Increase Rate RateBelow Ratio P75 Value ValueBy Below "
                        "Expr ");
        if (hour == 29)
            check_early(&watcher, 30,
                        "Increase For2h For4h Rate RateBelow Ratio P75 "
                        "P95Below Value ValueBy Below Expr ");
        if (hour == WEEK)
            check_early(&watcher, WEEK + 1,
                        "Increase For2h For4h Rate RateBelow Ratio RatioRises "
                        "P75 P95Rises P95Below Value ValueBy ValueRises Below "
                        "Rises Expr ");
    }
    /* The rules run four minutes after each hour. */
    for (int hour = INCIDENTS + 8; hour < END; hour++) {
        watcher_run(&watcher, side.store,
                    MIDNIGHT + (int64_t)hour * HOUR + 240);
        push_hour(&side, hour);
    }
    assert_rows(
        "SELECT group_concat(format('%s %s %s %g since %g', "
        "each.value ->> 'name', each.value ->> 'labels', "
        "iif(each.value ->> 'reason' IS NULL, 'fires', 'ends'), "
        "each.value ->> 'value', "
        "(unixepoch(each.value ->> 'since') - 1700006400) / 3600.0 - 336) || "
        "format(' at %d', (made_at - 1700006640) / 3600 - 336), '; ') "
        "FROM (SELECT * FROM alert_notice ORDER BY id), "
        "json_each(message, '$.alerts') AS each "
        "GROUP BY each.value ->> 'name', each.value ->> 'labels' "
        "ORDER BY each.value ->> 'name', each.value ->> 'labels'",
        "Below {} fires 0 since 41 at 41; Below {} ends 200 since 41 at 45\n"
        "Day {} fires 12.5 since 65 at 65; Day {} ends 8.33333 since 65 at 76\n"
        "Expr {} fires 0.255 since 11 at 11; Expr {} ends 0.01 since 11 at 14\n"
        "Falls {} fires 100 since 41 at 43; Falls {} ends 0 since 41 at 45\n"
        "For2h {} fires 51 since 10.5833 at 13; For2h {} ends 2 since 10.5833 "
        "at 14\n"
        "Increase {} fires 51 since 11 at 11; Increase {} ends 2 since 11 at "
        "14\n"
        "P75 {} fires 3.625 since 21 at 21; P75 {} ends 2.125 since 21 at 23\n"
        "P95Below {} fires 0.95 since 70.5833 at 72; P95Below {} ends 2.425 "
        "since 70.5833 at 73\n"
        "P95Rises {} fires 61.8557 since 21 at 21; P95Rises {} ends 0 since 21 "
        "at 23\n"
        "Rate {\"page\":\"/a\"} fires 0.0138889 since 11 at 11; Rate "
        "{\"page\":\"/a\"} ends 0.000277778 since 11 at 14\n"
        "RateBelow {} fires 0 since 41 at 41; RateBelow {} ends 0.0555556 "
        "since 41 at 45\n"
        "Ratio {\"page\":\"/a\"} fires 0.5 since 11 at 11; Ratio "
        "{\"page\":\"/a\"} ends 0.01 since 11 at 14\n"
        "RatioRises {} fires 2450 since 11 at 11; RatioRises {} ends 0 since "
        "11 at 14\n"
        "Rises {} fires 200 since 51 at 51; Rises {} ends 0 since 51 at 54\n"
        "Value {} fires 101 since 31.0667 at 31; Value {} ends 6 since 31.0667 "
        "at 33\n"
        "ValueBy {\"of\":\"mail\"} fires 100 since 30.5667 at 32; ValueBy "
        "{\"of\":\"mail\"} ends 5 since 30.5667 at 33\n"
        "ValueRises {} fires 1900 since 31 at 31; ValueRises {} ends 0 since "
        "31 at 33\n");
    assert_rows(ACTIVE, "");
    watcher_close(&watcher);
    side_close(&side);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
        test_weeks, scratch_make, scratch_clear)};
    return cmocka_run_group_tests_name("alert_weeks", tests, NULL, NULL);
}

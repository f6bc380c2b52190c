#include "cli/report/show.h"

#include <math.h>

#include "check.h"
#include "cli/report/week.h"

/* The texts equal those of format.ts of the dashboard. */
static void numbers(void **state) {
    static const struct {
        show *show;
        double value;
        const char *want;
    } cases[] = {{show_count, 0, "0"},
                 {show_count, 0.5, "0.5"},
                 {show_count, 0.125, "0.125"},
                 {show_count, 1.125, "1.13"},
                 {show_count, 12.345, "12.3"},
                 {show_count, 99.95, "100"},
                 {show_count, 100.5, "101"},
                 {show_count, 999.5, "1,000"},
                 {show_count, 1234.5, "1,235"},
                 {show_count, 999999.5, "1,000,000"},
                 {show_count, 1000000, "1M"},
                 {show_count, 1234567, "1.23M"},
                 {show_count, 9995000, "10M"},
                 {show_count, 1200000000, "1.2B"},
                 {show_count, 5000000000000000, "5000T"},
                 {show_count, 0.00047, "0.00047"},
                 {show_count, 1e-7, "0.0000001"},
                 {show_count, 1.005, "1.01"},
                 {show_count, -3.5, "-3.5"},
                 {show_count, -1234.5, "-1,235"},
                 {show_count, NAN, "–"},
                 {show_count, INFINITY, "–"},
                 {show_number, 0, "0"},
                 {show_number, 0.125, "0.125"},
                 {show_number, 12.345, "12.3"},
                 {show_number, 99.994, "100"},
                 {show_number, 100.5, "101"},
                 {show_number, 999.999, "1,000"},
                 {show_number, 1234.5, "1,235"},
                 {show_number, 12345.678, "12,346"},
                 {show_number, 1000000, "1M"},
                 {show_number, 0.0999, "0.0999"},
                 {show_number, 1.005, "1.01"},
                 {show_number, -1234.5, "-1,235"},
                 {show_number, NAN, "–"},
                 {show_number, INFINITY, "–"},
                 {show_seconds, 0, "0\u00a0s"},
                 {show_seconds, 1, "1\u00a0s"},
                 {show_seconds, 0.5, "500\u00a0ms"},
                 {show_seconds, 1.125, "1.13\u00a0s"},
                 {show_seconds, 99.95, "100\u00a0s"},
                 {show_seconds, 9995000, "2,780\u00a0h"},
                 {show_seconds, 0.00047, "470\u00a0µs"},
                 {show_seconds, 0.041, "41\u00a0ms"},
                 {show_seconds, 0.99951, "1,000\u00a0ms"},
                 {show_seconds, 119.99, "120\u00a0s"},
                 {show_seconds, 120, "2\u00a0min"},
                 {show_seconds, 7199, "120\u00a0min"},
                 {show_seconds, 7200, "2\u00a0h"},
                 {show_seconds, 86400, "24\u00a0h"},
                 {show_seconds, 1e-9, "0.001\u00a0µs"},
                 {show_seconds, 0.000999, "999\u00a0µs"},
                 {show_seconds, -3.5, "-3.5\u00a0s"},
                 {show_seconds, NAN, "–"},
                 {show_seconds, INFINITY, "–"},
                 {show_bytes, 0, "0\u00a0B"},
                 {show_bytes, 1234567, "1.18\u00a0MiB"},
                 {show_bytes, 5000000000000000, "4.44\u00a0PiB"},
                 {show_bytes, 1e-9, "0.000000001\u00a0B"},
                 {show_bytes, 1023, "1,020\u00a0B"},
                 {show_bytes, 1024, "1\u00a0KiB"},
                 {show_bytes, 1536, "1.5\u00a0KiB"},
                 {show_bytes, 1048576, "1\u00a0MiB"},
                 {show_bytes, -1234.5, "-1.21\u00a0KiB"},
                 {show_bytes, NAN, "–"},
                 {show_bytes, INFINITY, "–"},
                 {show_ratio, 0, "0"},
                 {show_ratio, 0.125, "0.125"},
                 {show_ratio, 12.345, "12.35"},
                 {show_ratio, 1234.5, "1234.5"},
                 {show_ratio, 0.00049, "0"},
                 {show_ratio, 0.041, "0.041"},
                 {show_ratio, 0.0364, "0.036"},
                 {show_ratio, 0.99951, "1"},
                 {show_ratio, 1.005, "1"},
                 {show_ratio, NAN, "–"},
                 {show_ratio, INFINITY, "–"},
                 {show_percent, 0, "0\u00a0%"},
                 {show_percent, 1, "100\u00a0%"},
                 {show_percent, 0.5, "50\u00a0%"},
                 {show_percent, 0.125, "13\u00a0%"},
                 {show_percent, 12.345, "1,235\u00a0%"},
                 {show_percent, 0.00047, "0.0\u00a0%"},
                 {show_percent, 0.0995, "10\u00a0%"},
                 {show_percent, 0.0999, "10\u00a0%"},
                 {show_percent, 0.041, "4.1\u00a0%"},
                 {show_percent, 0.0364, "3.6\u00a0%"},
                 {show_percent, NAN, "–"},
                 {show_percent, INFINITY, "–"}};
    struct arena arena = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_text(cases[i].want, cases[i].show(&arena, cases[i].value),
                   cases[i].want);
    arena_free(&arena);
}

static void changes(void **state) {
    static const struct {
        double now;
        double before;
        const char *want;
    } cases[] = {{0, 0, "0\u00a0%"},
                 {5, 0, "new"},
                 {0, 5, "−100\u00a0%"},
                 {1, 1, "0\u00a0%"},
                 {1.0004, 1, "0\u00a0%"},
                 {1.001, 1, "+0.1\u00a0%"},
                 {1.047, 1, "+4.7\u00a0%"},
                 {0.983, 1, "−1.7\u00a0%"},
                 {1.0994, 1, "+9.9\u00a0%"},
                 {1.0995, 1, "+9.9\u00a0%"},
                 {1.1, 1, "+10\u00a0%"},
                 {1.005, 1, "+0.5\u00a0%"},
                 {3.36, 1, "+236\u00a0%"},
                 {61, 14, "+336\u00a0%"},
                 {20000, 1, "+1,999,900\u00a0%"},
                 {5, -5, "+200\u00a0%"},
                 {-10, -5, "−100\u00a0%"},
                 {NAN, 1, ""},
                 {1, NAN, ""}};
    struct arena arena = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_text(cases[i].want,
                   show_change(&arena, cases[i].now, cases[i].before),
                   cases[i].want);
    assert_int_equal(show_direction(show_change(&arena, 2, 1)), 1);
    assert_int_equal(show_direction(show_change(&arena, 1, 2)), -1);
    assert_int_equal(show_direction(show_change(&arena, 1, 1)), 0);
    assert_int_equal(show_direction(show_change(&arena, 1, 0)), 0);
    arena_free(&arena);
}

static void units(void **state) {
    static const struct {
        const char *family;
        double value;
        const char *want;
    } cases[] = {
        {"web_lcp_seconds", 2, "2\u00a0s"},
        {"firebase_response_time", 2, "2\u00a0s"},
        {"busy_seconds_total", 2, "2\u00a0s"},
        {"heap_bytes", 2048, "2\u00a0KiB"},
        {"web_cls_ratio", 0.1234, "0.123"},
        {"orders_total", 1234.5, "1,235"},
        {"backup_timestamp_seconds", 1767225600.7, "2026-01-01 00:00:00 UTC"},
        {"backup_timestamp_seconds", NAN, "\u2013"},
        {"seconds", 2, "2"}};
    struct arena arena = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_text(cases[i].family,
                   show_of(cases[i].family)(&arena, cases[i].value),
                   cases[i].want);
    arena_free(&arena);
}

/* Monday, 30 November 2026, 12:00. */
enum { NOON = 1796040000 };

static void weeks(void **state) {
    enum { DAY = WEEK_DAY_SECONDS };
    static const struct {
        const char *name;
        int64_t time;
        bool until;
        const char *want;
    } cases[] = {
        {"on Monday", NOON, false, "23 Nov \u2013 29 Nov 2026"},
        {"Sunday's last second", NOON - NOON % DAY - 1, false,
         "16 Nov \u2013 22 Nov 2026"},
        {"until Sunday", NOON - DAY, true, "23 Nov \u2013 29 Nov 2026"},
        {"until Saturday", NOON - 2 * DAY, true, "16 Nov \u2013 22 Nov 2026"},
        {"in September", NOON - 63 * DAY, false, "21 Sept \u2013 27 Sept 2026"},
        {"over two years", NOON + 37 * DAY, false,
         "28 Dec 2026 \u2013 3 Jan 2027"}};
    struct arena arena = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct week week = cases[i].until ? week_until(cases[i].time)
                                                : week_before(cases[i].time);
        check_text(cases[i].name, week_name(&arena, week.from), cases[i].want);
        check_number(cases[i].name, week.until - week.from, WEEK_SECONDS);
    }
    check_text("day", week_day(&arena, NOON), "Mon 30 Nov");
    check_text("moment", week_moment(&arena, NOON), "30 Nov 2026, 12:00 UTC");
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers), cmocka_unit_test(changes),
        cmocka_unit_test(units), cmocka_unit_test(weeks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

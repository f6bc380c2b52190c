/* Periods in UTC, and the texts of times. */
#include "cli/look/calendar.h"

#include "check.h"

/* 2024-02-29 13:37:42, a Thursday. */
enum { LEAP = 1709213862 };

static const char *text_of(enum calendar_unit unit, int64_t begin) {
    static char text[CALENDAR_SIZE];
    calendar_format(unit, begin, text);
    return text;
}

static void test_periods(void **state) {
    static const struct {
        enum calendar_unit unit;
        int64_t time;
        const char *begin;
        const char *next;
        const char *before;
    } cases[] = {
        {CALENDAR_STEP, LEAP, "2024-02-29 13:35", "2024-02-29 13:40",
         "2024-02-29 13:30"},
        {CALENDAR_HOUR, LEAP, "2024-02-29 13:00", "2024-02-29 14:00",
         "2024-02-29 12:00"},
        {CALENDAR_DAY, LEAP, "2024-02-29", "2024-03-01", "2024-02-28"},
        {CALENDAR_WEEK, LEAP, "2024-02-26", "2024-03-04", "2024-02-19"},
        {CALENDAR_MONTH, LEAP, "2024-02", "2024-03", "2024-01"},
        /* Borders: the last second of a year, and a Monday. */
        {CALENDAR_MONTH, 1704067199, "2023-12", "2024-01", "2023-11"},
        {CALENDAR_DAY, 1704067199, "2023-12-31", "2024-01-01", "2023-12-30"},
        {CALENDAR_WEEK, 1704067199, "2023-12-25", "2024-01-01", "2023-12-18"},
        {CALENDAR_WEEK, 1704067200, "2024-01-01", "2024-01-08", "2023-12-25"},
        {CALENDAR_HOUR, 1704067200, "2024-01-01 00:00", "2024-01-01 01:00",
         "2023-12-31 23:00"},
        /* Before 1970. */
        {CALENDAR_STEP, -1, "1969-12-31 23:55", "1970-01-01 00:00",
         "1969-12-31 23:50"},
        {CALENDAR_WEEK, 0, "1969-12-29", "1970-01-05", "1969-12-22"},
        {CALENDAR_MONTH, -1, "1969-12", "1970-01", "1969-11"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const enum calendar_unit unit = cases[i].unit;
        const int64_t begin = calendar_begin(unit, cases[i].time);
        check_text("begin", text_of(unit, begin), cases[i].begin);
        check_text("next", text_of(unit, calendar_later(unit, begin, 1)),
                   cases[i].next);
        check_text("before", text_of(unit, calendar_later(unit, begin, -1)),
                   cases[i].before);
        assert_true(calendar_begin(unit, begin) == begin);
        assert_true(calendar_begin(unit, begin - 1) ==
                    calendar_later(unit, begin, -1));
    }
    check_text(
        "months",
        text_of(CALENDAR_MONTH, calendar_later(CALENDAR_MONTH, LEAP, -14)),
        "2022-12");
    check_text("weekday", calendar_weekday(LEAP), "Thu");
}

static void test_names(void **state) {
    static const char *const names[] = {"step", "hour", "day", "week", "month"};
    enum calendar_unit unit;
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_true(calendar_unit_parse(names[i], &unit));
        check_number(names[i], unit, (long long)i);
        check_text("name", calendar_name(unit), names[i]);
    }
    assert_false(calendar_unit_parse("", &unit));
    assert_false(calendar_unit_parse("days", &unit));
}

static void test_durations(void **state) {
    static const struct {
        const char *text;
        int64_t want; /* 0: none */
    } cases[] = {{"5m", 300},
                 {"12h", 43200},
                 {"30d", 2592000},
                 {"2w", 1209600},
                 {"1y", 31536000},
                 {"100y", 3153600000},
                 {"101y", 0},
                 {"999999999m", 0},
                 {"", 0},
                 {"0d", 0},
                 {"d", 0},
                 {"1", 0},
                 {"1s", 0},
                 {"1dd", 0},
                 {"-1d", 0},
                 {"1.5d", 0},
                 {" 1d", 0},
                 {"9999999999m", 0},
                 {"36500d", 3153600000}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t got = 0;
        const bool fine = calendar_duration_parse(cases[i].text, &got);
        check_number(cases[i].text, fine ? got : 0, cases[i].want);
    }
}

static void test_dates(void **state) {
    static const struct {
        const char *text;
        int64_t want; /* -1: none */
    } cases[] = {{"1970-01-01", 0},  {"2024-02-29", 1709164800},
                 {"2023-02-29", -1}, {"2024-13-01", -1},
                 {"2024-00-10", -1}, {"2024-01-00", -1},
                 {"2024-1-1", -1},   {"2024-01-01 ", -1},
                 {"20240101", -1},   {"2024/01/01", -1},
                 {"", -1},           {"2024-01-0x", -1}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t got = 0;
        const bool fine = calendar_date_parse(cases[i].text, &got);
        check_number(cases[i].text, fine ? got : -1, cases[i].want);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_periods),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_dates),
    };
    return cmocka_run_group_tests_name("calendar", tests, NULL, NULL);
}

#include "metrics/metric.h"

#include <math.h>

#include "check.h"
#include "guard.h"

static void rules(void **state) {
    static const struct {
        const char *text;
        int want;                      /* -1: none */
        double merged_up, merged_down; /* 3 with 5, 5 with 3 */
    } cases[] = {
        {"last", GAUGE_LAST, 5, 3},
        {"max", GAUGE_MAX, 5, 5},
        {"min", GAUGE_MIN, 3, 3},
        {"sum", GAUGE_SUM, 8, 8},
        {"", -1, 0, 0},
        {"Last", -1, 0, 0},
        {"maximum", -1, 0, 0},
        {"su", -1, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t len = strlen(cases[i].text);
        enum gauge_rule rule = GAUGE_SUM;
        bool found =
            gauge_rule_parse(guard_place(cases[i].text, len), len, &rule);
        check_number(cases[i].text, found, cases[i].want >= 0);
        check_number(cases[i].text, rule, found ? cases[i].want : GAUGE_SUM);
        if (!found)
            continue;
        check_text(cases[i].text, gauge_rule_name(rule), cases[i].text);
        assert_true(gauge_merge(rule, 3, 5) == cases[i].merged_up);
        assert_true(gauge_merge(rule, 5, 3) == cases[i].merged_down);
        assert_true(gauge_merge(rule, -5, -3) == -(rule == GAUGE_MAX ? 3
                                                   : rule == GAUGE_MIN
                                                       ? 5
                                                       : cases[i].merged_down));
    }
}

/* NaN is not a value. */
static void not_a_number(void **state) {
    static const enum gauge_rule all[] = {GAUGE_LAST, GAUGE_MAX, GAUGE_MIN,
                                          GAUGE_SUM};
    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        assert_true(gauge_merge(all[i], NAN, 5) == 5);
        assert_true(gauge_merge(all[i], NAN, -5) == -5);
        assert_true(isnan(gauge_merge(all[i], NAN, NAN)));
        double merged = gauge_merge(all[i], 5, NAN);
        assert_true(all[i] == GAUGE_LAST ? isnan(merged) : merged == 5);
    }
}

static void names(void **state) {
    static const struct {
        const char *text;
        size_t len;
        bool metric, label;
    } cases[] = {
        {BYTES("a"), true, true},     {BYTES("Z9_"), true, true},
        {BYTES("_"), true, true},     {BYTES("__name__"), true, true},
        {BYTES(":a:b"), true, false}, {BYTES("a:b"), true, false},
        {BYTES(""), false, false},    {BYTES("9a"), false, false},
        {BYTES("a-b"), false, false}, {BYTES("a b"), false, false},
        {BYTES("a."), false, false},  {BYTES("a\0"), false, false},
        {BYTES("\0"), false, false},  {BYTES("\xC3\xA9"), false, false},
        {BYTES("a@"), false, false},  {BYTES("a["), false, false},
        {BYTES("a`"), false, false},  {BYTES("a{"), false, false},
        {BYTES("a/"), false, false},  {BYTES("a;"), false, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *text = guard_place(cases[i].text, cases[i].len);
        check_number(cases[i].text, metric_name_valid(text, cases[i].len),
                     cases[i].metric);
        check_number(cases[i].text, label_name_valid(text, cases[i].len),
                     cases[i].label);
    }
}

static void name_faults(void **state) {
    static char longest[FAMILY_NAME_MAX + 1];
    static const struct {
        const char *text;
        size_t len;
        enum name_fault metric, label;
    } cases[] = {
        {BYTES("a__"), NAME_FINE, NAME_FINE},
        {BYTES("_"), NAME_FINE, NAME_FINE},
        {BYTES("a:b"), NAME_FINE, NAME_MALFORMED},
        {BYTES(""), NAME_MALFORMED, NAME_MALFORMED},
        {BYTES("__\0"), NAME_MALFORMED, NAME_MALFORMED},
        {BYTES("__"), NAME_RESERVED, NAME_RESERVED},
        {BYTES("__name__"), NAME_RESERVED, NAME_RESERVED},
        {longest, FAMILY_NAME_MAX, NAME_FINE, NAME_FINE},
        {longest, FAMILY_NAME_MAX + 1, NAME_LONG, NAME_LONG},
    };
    (void)state;
    memset(longest, 'a', sizeof(longest));
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *text = guard_place(cases[i].text, cases[i].len);
        check_number("metric", metric_name_fault(text, cases[i].len),
                     cases[i].metric);
        check_number("label", label_name_fault(text, cases[i].len),
                     cases[i].label);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules),
        cmocka_unit_test(not_a_number),
        cmocka_unit_test(names),
        cmocka_unit_test(name_faults),
    };
    return cmocka_run_group_tests_name("metric", tests, NULL, NULL);
}

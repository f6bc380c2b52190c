#include "metrics/type.h"

#include "check.h"
#include "guard.h"

static void names(void **state) {
    static const struct {
        const char *text;
        int want; /* -1: none */
    } cases[] = {
        {"counter", METRIC_COUNTER},
        {"gauge", METRIC_GAUGE},
        {"histogram", METRIC_HISTOGRAM},
        {"summary", METRIC_SUMMARY},
        {"untyped", METRIC_UNTYPED},
        {"", -1},
        {"Counter", -1},
        {"counte", -1},
        {"counters", -1},
        {"unknown", -1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t len = strlen(cases[i].text);
        enum metric_type type = METRIC_GAUGE;
        bool found =
            metric_type_parse(guard_place(cases[i].text, len), len, &type);
        check_number(cases[i].text, found, cases[i].want >= 0);
        check_number(cases[i].text, type, found ? cases[i].want : METRIC_GAUGE);
        if (found)
            check_text(cases[i].text, metric_type_name(type), cases[i].text);
    }
}

/* Each name belongs to one type. */
static void round_trip(void **state) {
    (void)state;
    for (size_t i = 0; i < METRIC_TYPES; i++) {
        const char *name = metric_type_name((enum metric_type)i);
        enum metric_type type;
        assert_true(metric_type_parse(name, strlen(name), &type));
        check_number(name, type, (long long)i);
    }
}

static void base_length(void **state) {
    static const struct {
        const char *name;
        size_t want;
    } cases[] = {
        {"usage_total", 5},   {"usage", 5},       {"usage_total_total", 11},
        {"_total", 6},        {"a_total", 1},     {"total", 5},
        {"usage_totals", 12}, {"usagetotal", 10}, {"", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_number(
            cases[i].name,
            (long long)metric_base_length(METRIC_COUNTER, cases[i].name),
            (long long)cases[i].want);
}

/* Other types have no suffix. */
static void no_suffix(void **state) {
    (void)state;
    for (size_t i = 0; i < METRIC_TYPES; i++)
        if (i != METRIC_COUNTER)
            check_number(metric_type_name((enum metric_type)i),
                         (long long)metric_base_length((enum metric_type)i,
                                                       "usage_total"),
                         11);
}

/* A family accepts its type; one with a single value also untyped samples. */
static void family_takes_its_type_and_untyped(void **state) {
    static const bool want[METRIC_TYPES][METRIC_TYPES] = {
        [METRIC_COUNTER] = {[METRIC_COUNTER] = true, [METRIC_UNTYPED] = true},
        [METRIC_GAUGE] = {[METRIC_GAUGE] = true, [METRIC_UNTYPED] = true},
        [METRIC_HISTOGRAM] = {[METRIC_HISTOGRAM] = true},
        [METRIC_SUMMARY] = {[METRIC_SUMMARY] = true},
        [METRIC_UNTYPED] = {[METRIC_UNTYPED] = true},
    };
    (void)state;
    for (size_t i = 0; i < METRIC_TYPES; i++)
        for (size_t k = 0; k < METRIC_TYPES; k++)
            check_number(
                metric_type_name((enum metric_type)i),
                metric_type_takes((enum metric_type)i, (enum metric_type)k),
                want[i][k]);
}

static void part_labels(void **state) {
    static const char *const want[METRIC_TYPES] = {
        [METRIC_HISTOGRAM] = "le", [METRIC_SUMMARY] = "quantile"};
    (void)state;
    for (size_t i = 0; i < METRIC_TYPES; i++) {
        const char *label = metric_types[i].part_label;
        check_text(metric_type_name((enum metric_type)i), label ? label : "",
                   want[i] ? want[i] : "");
        check_number(metric_type_name((enum metric_type)i),
                     metric_observes((enum metric_type)i), want[i] != NULL);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(base_length),
        cmocka_unit_test(no_suffix),
        cmocka_unit_test(family_takes_its_type_and_untyped),
        cmocka_unit_test(part_labels),
    };
    return cmocka_run_group_tests_name("type", tests, NULL, NULL);
}

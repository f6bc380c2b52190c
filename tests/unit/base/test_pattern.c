#include "base/pattern.h"

#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "guard.h"

static const struct {
    const char *pattern;
    const char *name;
    bool want;
} cases[] = {
    {"", "", true},
    {"", "a", false},
    {"a", "", false},
    {"a", "a", true},
    {"a", "A", false},
    {"a", "ab", false},
    {"ab", "a", false},
    {"*", "", true},
    {"*", "anything", true},
    {"**", "", true},
    {"**", "a", true},
    {"go_*", "go_goroutines", true},
    {"go_*", "go_", true},
    {"go_*", "go", false},
    {"go_*", "cargo_", false},
    {"*_total", "http_requests_total", true},
    {"*_total", "_total", true},
    {"*_total", "http_requests_totals", false},
    {"*_total", "a_total_total", true},
    {"*requests*", "http_requests_total", true},
    {"*requests*", "requests", true},
    {"*requests*", "request", false},
    {"a*b*c", "abc", true},
    {"a*b*c", "a1b2b3c", true},
    {"a*b*c", "acb", false},
    {"a*b*c", "abcd", false},
    {"a**c", "ac", true},
    {"a**c", "abbc", true},
    {"*a", "ba", true},
    {"*ab", "aab", true},
    {"*aab", "aaab", true},
    {"*aab*", "aaaab", true},
    {"*aba", "abababa", true},
    {"a?c", "abc", false},
    {"a.c", "abc", false},
    {"[a]", "a", false},
    {"a*", "*", false},
};

static void match(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char name[64];
        size_t len = strlen(cases[i].name);
        (void)snprintf(name, sizeof(name), "%s and %s", cases[i].pattern,
                       cases[i].name);
        check_number(name,
                     pattern_match(cases[i].pattern,
                                   guard_place(cases[i].name, len), len),
                     cases[i].want);
    }
}

/* Many * and near matches cost at most the product of both lengths. */
static void many_wildcards_are_fast(void **state) {
    enum { STARS = 50000 };
    char *pattern = malloc(3 * STARS + 1);
    char *name = malloc(2 * STARS);
    (void)state;
    assert_true(pattern && name);
    for (size_t i = 0; i < STARS; i++)
        memcpy(pattern + i * 3, "*ab", 4);
    for (size_t i = 0; i < STARS; i++)
        memcpy(name + i * 2, "ab", 2);
    assert_true(pattern_match(pattern, name, (size_t)2 * STARS));
    assert_false(pattern_match(pattern, name, (size_t)2 * STARS - 1));
    free(pattern);
    free(name);
}

/* Compares with a simple implementation. */
static bool recurse(const char *pattern, const char *name) {
    if (*pattern == '\0')
        return *name == '\0';
    if (*pattern == '*')
        return recurse(pattern + 1, name) ||
               (*name && recurse(pattern, name + 1));
    return *name == *pattern && recurse(pattern + 1, name + 1);
}

static void any(void **state) {
    uint64_t random = 7;
    size_t matches = 0;
    (void)state;
    for (int i = 0; i < 100000; i++) {
        char pattern[8] = "";
        char name[10] = "";
        uint64_t bits = check_random(&random);
        for (size_t k = 0; k < bits % 7; k++)
            pattern[k] = "ab*"[(bits >> (8 + 2 * k)) % 3];
        for (size_t k = 0; k < (bits >> 4) % 9; k++)
            name[k] = "ab"[(bits >> (30 + k)) % 2];
        bool want = recurse(pattern, name);
        size_t len = strlen(name);
        matches += want;
        if (pattern_match(pattern, guard_place(name, len), len) != want)
            fail_msg("%s and %s", pattern, name);
    }
    assert_true(matches > 10000);
}

static void list(void **state) {
    static const char *strings[] = {"go_*", "up", "*_seconds"};
    static const struct string_list patterns = {strings, COUNT(strings)};
    static const struct string_list none = {NULL, 0};
    (void)state;
    assert_true(pattern_list_match(&patterns, "go_x", 4));
    assert_true(pattern_list_match(&patterns, "up", 2));
    assert_true(pattern_list_match(&patterns, "a_seconds", 9));
    assert_false(pattern_list_match(&patterns, "ups", 3));
    assert_false(pattern_list_match(&none, "up", 2));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(match),
        cmocka_unit_test(many_wildcards_are_fast),
        cmocka_unit_test(any),
        cmocka_unit_test(list),
    };
    return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}

#include "config/routes.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "guard.h"

enum { RULES_MAX = 8 };

/* Rules separated by spaces, as in the client's attribute. */
static struct routes read_rules(const char *text, struct arena *arena) {
    static struct route rules[RULES_MAX];
    struct routes routes = {rules, 0};
    char copy[600];
    char *rest = copy;
    (void)snprintf(copy, sizeof(copy), "%s", text);
    for (char *rule; (rule = strtok_r(rest, " ", &rest)); routes.count++) {
        struct err err = {.code = ERR_NONE};
        assert_true(routes.count < RULES_MAX);
        if (route_read(rule, &rules[routes.count], arena, &err) != 0)
            fail_msg("%s: %s", rule, err.message);
    }
    return routes;
}

static const char *find(const struct routes *routes, const char *site,
                        const char *method, const char *url) {
    size_t len = strlen(url);
    return routes_find(routes, site, method, strlen(method),
                       guard_place(url, len), len);
}

static const char own[] = "https://shop.example";

/* The first four groups are the cases of the browser client's tests. */
static const struct {
    const char *rules;
    const char *method;
    const char *url;
    const char *want; /* NULL: no match */
} cases[] = {
#define API "GET:/api/users/*=user /api/users/**=users POST:/api/**=post"
    {API, "GET", "https://shop.example/api/users/4711?token=secret", "user"},
    {API, "GET", "https://shop.example/api/users/4712#secret", "user"},
    {API, "get", "https://shop.example/api/users/4713?status=404", "user"},
    {API, "DELETE", "https://shop.example/api/users/4711", "users"},
    {API, "PUT", "https://shop.example/api/users/4711/address", "users"},
    {API, "POST", "https://shop.example/api/orders", "post"},
    {API, "REPORT", "https://shop.example/api/users/1/2", "users"},
    {API, "GET", "https://shop.example/api/unobserved", NULL},
#define PAY                                                                    \
    "https://pay.example/**=pay POST:https://pay.example/api/x=never "         \
    "/api/**=own"
    {PAY, "POST", "https://pay.example/api/charge", "pay"},
    {PAY, "GET", "https://pay.example/api/charge?status=402", "pay"},
    {PAY, "POST", "https://pay.example/api/x", "pay"},
    {PAY, "GET", "https://shop.example/api/charge", "own"},
    {PAY, "GET", "https://other.example/api/charge", NULL},
    {"http://refused.example:9/**=refused", "GET", "http://refused.example:9/",
     "refused"},
#define PAGES "/=home /p/*=product /p/**=below /file-*.html=file /**=rest"
    {PAGES, "", "/", "home"},
    {PAGES, "", "/p/4711", "product"},
    {PAGES, "", "/p/4711/reviews", "below"},
    {PAGES, "", "/file-7.html", "file"},
    {PAGES, "", "/blog/a/b", "rest"},
    {"/nowhere=nowhere /secret=/no**", "", "/", NULL},
    {"/api/(=a /api/[=b", "", "/api/x", NULL},
    {"/api/(=a /api/[=b", "", "/api/[", "b"},
    /* A method. */
    {"GET:/a=a", "", "/a", NULL},
    {"GET:/a=a", "GE", "/a", NULL},
    {"GET:/a=a", "GETS", "/a", NULL},
    {"/a=a", "", "/a", "a"},
    /* A trailing slash. */
    {"/a=a", "", "/a/", "a"},
    {"/a=a", "", "/a//", NULL},
    {"/a/=a", "", "/a", NULL},
    {"/a/=a", "", "/a/", "a"},
    {"/a/*=a", "", "/a/", "a"},
    {"/a/*=a", "", "/a", NULL},
    {"/a/*=a", "", "/a/b/", "a"},
    {"/a/*=a", "", "/a/b/c", NULL},
    {"/=home", "", "https://shop.example", "home"},
    {"/=home", "", "https://shop.example?q", "home"},
    /* Wildcards, and characters that are special in other patterns. */
    {"/a/**=a", "", "/a", NULL},
    {"/a**=a", "", "/a", "a"},
    {"/a****=a", "", "/ab/c/d", "a"},
    {"/**/c=a", "", "/a/b/c", "a"},
    {"/**/c=a", "", "/c", NULL},
    {"/**/*/c/*=a", "", "/x/b/c/c/d", "a"},
    {"/*-*.js=a", "", "/x-y-z.js", "a"},
    {"/*-*.js=a", "", "/x-y/z.js", NULL},
    {"/a.b=a", "", "/axb", NULL},
    {"/a+=a", "", "/aa", NULL},
    {"/a=b=c", "", "/a=b", "c"},
    {"**=all", "", "https://other.example/x", "all"},
    {"**=all", "", "/x", "all"},
    /* Escapes and case are not normalized. */
    {"/%C3%BC=u", "", "/%C3%BC", "u"},
    {"/%C3%BC=u", "", "/%c3%bc", NULL},
    {"/\xC3\xBC=u", "", "/\xC3\xBC", "u"},
    {"/A=a", "", "/a", NULL},
    {"/b=b", "", "/a/../b", NULL},
    /* Origins. */
    {"/a=a", "", "HTTPS://Shop.Example:443/a", "a"},
    {"/a=a", "", "https://user:pa@ss@shop.example/a", "a"},
    {"/a=a", "", "https://shop.example:8443/a", NULL},
    {"/a=a", "", "http://shop.example/a", NULL},
    {"https://shop.example/a=a", "", "https://shop.example/a", NULL},
    {"http://b.example/a=a", "", "http://B.EXAMPLE:80/a", "a"},
    {"http://b.example/a=a", "", "http://b.example:443/a", NULL},
    {"https://*.example/a=a", "", "https://b.example/a", "a"},
    {"https://*.example/a=a", "", "https://evil/.example/a", NULL},
    {"https://b.example/**=b", "", "https://b.example@evil.test/", NULL},
    {"https://b.example/**=b", "", "https://b.example.evil.test/", NULL},
    {"wss://b.example/**=b", "", "wss://b.example:443/live", "b"},
    /* Neither a URL nor a path. */
    {"**=all", "", "", NULL},
    {"**=all", "", "?a", NULL},
    {"**=all", "", "*", NULL},
    {"**=all", "", "a/b", NULL},
    {"**=all", "", "://a/b", NULL},
    {"**=all", "", "https:/", NULL},
    {"**=all", "", "https:/a", NULL},
    {"**=all", "", "data:text/html,a", NULL},
    {"/a=a", "", "/a\\0", NULL},
};

static void rules_of_a_page(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena = {NULL};
        struct routes routes = read_rules(cases[i].rules, &arena);
        char name[700];
        (void)snprintf(name, sizeof(name), "%s and %s %s", cases[i].rules,
                       cases[i].method, cases[i].url);
        check_text(name, find(&routes, own, cases[i].method, cases[i].url),
                   cases[i].want);
        arena_free(&arena);
    }
}

/* A rule without a site also matches the path of any URL. */
static void rule_without_a_site_matches_any_url(void **state) {
    static const struct {
        const char *rules;
        const char *url;
        const char *want;
    } rows[] = {
        {"/api/**=api", "http://10.0.0.7:8080/api/x?q=1", "api"},
        {"/api/**=api", "/api/x?q=1", "api"},
        {"https://pay.example/**=pay /**=any", "https://pay.example/x", "pay"},
        {"/**=any https://pay.example/**=pay", "https://pay.example/x", "any"},
        {"https://pay.example/**=pay", "/x", NULL},
        {"/x=x", "https://pay.example/y", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena arena = {NULL};
        struct routes routes = read_rules(rows[i].rules, &arena);
        check_text(rows[i].url, find(&routes, NULL, "", rows[i].url),
                   rows[i].want);
        arena_free(&arena);
    }
    const struct routes none = {NULL, 0};
    assert_null(find(&none, NULL, "", "/"));
}

/* The longest pattern, name and URL, and longer ones. */
static void long_patterns_are_refused(void **state) {
    char rule[ROUTE_PATTERN_MAX + 4] = "/";
    char url[ROUTE_URL_MAX + 2] = "/";
    struct arena arena = {NULL};
    struct route route;
    struct routes routes = {&route, 1};
    struct err err = {.code = ERR_NONE};
    (void)state;
    memset(rule + 1, 'a', ROUTE_PATTERN_MAX - 1);
    memcpy(rule + ROUTE_PATTERN_MAX, "=b", 3);
    memset(url + 1, 'a', ROUTE_URL_MAX);
    assert_int_equal(route_read(rule, &route, &arena, &err), 0);
    check_text("a limit",
               routes_find(&routes, NULL, "", 0, url, ROUTE_PATTERN_MAX), "b");
    assert_null(routes_find(&routes, NULL, "", 0, url, ROUTE_PATTERN_MAX - 1));
    assert_null(routes_find(&routes, NULL, "", 0, url, ROUTE_PATTERN_MAX + 1));
    memcpy(rule + ROUTE_PATTERN_MAX, "a=b", 4);
    assert_int_equal(route_read(rule, &route, &arena, &err), -1);
    assert_non_null(
        strstr(err.message, "has 255 bytes, must have at most 254"));
    assert_int_equal(route_read("/**=c", &route, &arena, &err), 0);
    check_text("a limit", routes_find(&routes, NULL, "", 0, url, ROUTE_URL_MAX),
               "c");
    assert_null(routes_find(&routes, NULL, "", 0, url, ROUTE_URL_MAX + 1));
    memset(rule, 'a', sizeof(rule));
    memcpy(rule, "/=", 2);
    rule[2 + ROUTE_NAME_MAX] = '\0';
    assert_int_equal(route_read(rule, &route, &arena, &err), 0);
    rule[2 + ROUTE_NAME_MAX] = 'a';
    rule[3 + ROUTE_NAME_MAX] = '\0';
    assert_int_equal(route_read(rule, &route, &arena, &err), -1);
    assert_non_null(
        strstr(err.message, "has 129 bytes, must have at most 128"));
    arena_free(&arena);
}

/* Each ** and * could begin anywhere; a backtracking matcher would practically
 * never end. */
static void hostile_patterns_are_fast(void **state) {
    char rule[ROUTE_PATTERN_MAX + 4] = "/";
    char url[ROUTE_URL_MAX];
    struct arena arena = {NULL};
    struct route route;
    struct routes routes = {&route, 1};
    struct err err = {.code = ERR_NONE};
    (void)state;
    for (size_t i = 0; i < 40; i++)
        memcpy(rule + 1 + 5 * i, "**a*a", 5);
    memcpy(rule + 201, "b=never", 8);
    assert_int_equal(route_read(rule, &route, &arena, &err), 0);
    memset(url, 'a', sizeof(url));
    url[0] = '/';
    for (int i = 0; i < 20; i++)
        assert_null(routes_find(&routes, NULL, "", 0, url, sizeof(url)));
    url[sizeof(url) - 1] = 'b';
    check_text("a limit", routes_find(&routes, NULL, "", 0, url, sizeof(url)),
               "never");
    arena_free(&arena);
}

/* Compares with a simple implementation. */
static bool recurse(const char *pattern, const char *path) {
    if (*pattern == '\0')
        return *path == '\0' || strcmp(path, "/") == 0;
    if (*pattern != '*')
        return *path == *pattern && recurse(pattern + 1, path + 1);
    size_t stars = strspn(pattern, "*");
    return recurse(pattern + stars, path) ||
           (*path && (stars > 1 || *path != '/') && recurse(pattern, path + 1));
}

static void any(void **state) {
    uint64_t random = 11;
    size_t fits = 0;
    (void)state;
    for (int i = 0; i < 100000; i++) {
        char rule[16] = "/";
        char path[12] = "/";
        struct arena arena = {NULL};
        struct route route;
        struct routes routes = {&route, 1};
        struct err err = {.code = ERR_NONE};
        size_t len = check_random(&random) % 8;
        for (size_t k = 1; k <= len; k++)
            rule[k] = "ab/**"[check_random(&random) % 5];
        rule[len + 1] = '\0';
        size_t path_len = check_random(&random) % 9;
        for (size_t k = 1; k <= path_len; k++)
            path[k] = "aab/"[check_random(&random) % 4];
        bool want = recurse(rule, path);
        memcpy(rule + len + 1, "=x", 3);
        assert_int_equal(route_read(rule, &route, &arena, &err), 0);
        check_number(rule, find(&routes, own, "", path) != NULL, want);
        fits += want;
        arena_free(&arena);
    }
    assert_true(fits > 10000 && fits < 90000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_of_a_page),
        cmocka_unit_test(rule_without_a_site_matches_any_url),
        cmocka_unit_test(long_patterns_are_refused),
        cmocka_unit_test(hostile_patterns_are_fast),
        cmocka_unit_test(any),
    };
    return cmocka_run_group_tests_name("routes", tests, NULL, NULL);
}

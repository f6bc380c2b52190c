/* Access to the totals by `view`, tokens, cookies, address and origin. */
#include "endpoints/view.h"

#include <stdio.h>

#include "check.h"
#include "endpoints/view_token.h"
#include "scratch.h"

static const char *shop[] = {"shop_*", "orders_total", NULL};
static const struct push_token tokens[] = {
    {"the-token-to-look", {NULL, 0}},
    {"the-one-of-the-shop", {shop, 2}},
};
static const char *visible[] = {"web_*", NULL};
static const char *listed[] = {"https://app.example.org", NULL};

#define SCRAPE "a secret"
#define ORIGINS .origins = {listed, 1}

enum { TOKENS, NONE, NONE_FAR, SERVER, PUBLIC, CONFIGS };
static struct config configs[CONFIGS] = {
    [TOKENS] = {.scrape_token = SCRAPE,
                .view_tokens = {tokens, COUNT(tokens)},
                .trust_loopback = true,
                ORIGINS},
    [NONE] = {.trust_loopback = true, ORIGINS},
    [NONE_FAR] = {.trust_loopback = false, ORIGINS},
    [SERVER] = {.view = VIEW_SERVER,
                .scrape_token = SCRAPE,
                .trust_loopback = true,
                ORIGINS},
    [PUBLIC] = {.view = VIEW_PUBLIC,
                .view_families = {visible, 1},
                .trust_loopback = true,
                ORIGINS},
};

/* Permitted families; other values are a status. */
enum { ALL = 1, SHOP, WEB };

static const struct endpoint asked_for = {.methods = "GET, HEAD, POST"};

static const int64_t now_ms = 1800000000123;

/* Exchanges with CGI variables, as their endpoints create them. */
static struct exchange build(const char *const *variables) {
    char *environment[16] = {(char *)(uintptr_t) "REQUEST_METHOD=GET"};
    struct exchange exchange = {.endpoint = &asked_for};
    for (size_t i = 0; i < 12 && variables[i]; i++)
        environment[i + 1] = (char *)(uintptr_t)variables[i];
    request_set_environment(&exchange.request, environment);
    return exchange;
}

static int seen(const struct string_list *families) {
    if (!families)
        return ALL;
    if (families == &tokens[1].families)
        return SHOP;
    assert_ptr_equal(families, &configs[PUBLIC].view_families);
    return WEB;
}

static const char common[] = "Cache-Control: no-store\r\n"
                             "Cross-Origin-Resource-Policy: same-origin\r\n";

#define FAR "REMOTE_ADDR=192.0.2.1"
#define NEAR "REMOTE_ADDR=127.0.0.1"
#define BEARER(token) "HTTP_AUTHORIZATION=Bearer " token
#define PAGE "HTTP_SEC_FETCH_SITE=same-origin"
#define FIREFOX "HTTP_USER_AGENT=Mozilla/5.0"
#define WANT_TOKEN "the dashboard needs the token of"
#define NO_TOKEN                                                               \
    "no token is configured, so only this machine may see the dashboard"
#define OTHER_PAGE "a page of another origin needs a token"
#define OTHER_HOST "the host \"evil.example\" is not a name of this machine"

struct view_case {
    const char *name;
    int config;
    int want; /* or a status */
    const char *why;
    const char *variables[10];
};

static void check_case(const struct view_case *row) {
    struct config config = configs[row->config];
    const struct endpoint_context context = {.config = &config,
                                             .now_ms = now_ms};
    struct exchange exchange = build(row->variables);
    const struct string_list *families = &configs[PUBLIC].drop_families;
    config.database = scratch_path(row->name);
    /* The pointers of the tables, not of the copy. */
    bool may = exchange_may_view(&exchange, &context, &families);
    if (families == &config.view_families)
        families = &configs[PUBLIC].view_families;
    check_number(row->name, may ? seen(families) : exchange.response.status,
                 row->want);
    if (!may) {
        const char *body = exchange.response.body.data;
        if (strncmp(body, row->why, strlen(row->why)) != 0)
            fail_msg("%s: %s", row->name, body);
    }
    char want[300];
    (void)snprintf(want, sizeof(want), "%s%s", common,
                   !may && row->want == 401
                       ? "WWW-Authenticate: Bearer realm=\"tallyman\"\r\n"
                       : "");
    check_text(row->name, exchange.response.headers.data, want);
    exchange_free(&exchange);
}

static void token(void **state) {
    static const struct view_case cases[] = {
        {"scrape", TOKENS, ALL, NULL, {FAR, BEARER(SCRAPE)}},
        {"of-the-file", TOKENS, ALL, NULL, {FAR, BEARER("the-token-to-look")}},
        {"limited", TOKENS, SHOP, NULL, {FAR, BEARER("the-one-of-the-shop")}},
        {"page", TOKENS, ALL, NULL, {FAR, PAGE, FIREFOX, BEARER(SCRAPE)}},
        {"proxy",
         TOKENS,
         ALL,
         NULL,
         {NEAR, "HTTP_X_FORWARDED_FOR=192.0.2.1", BEARER(SCRAPE)}},
        {"none", TOKENS, 401, WANT_TOKEN, {FAR}},
        {"none-here", TOKENS, 401, WANT_TOKEN, {NEAR}},
        {"wrong", TOKENS, 401, WANT_TOKEN, {FAR, BEARER("a secreT")}},
        {"empty", TOKENS, 401, WANT_TOKEN, {FAR, BEARER("")}},
        {"basic",
         TOKENS,
         401,
         WANT_TOKEN,
         {FAR, "HTTP_AUTHORIZATION=Basic a secret"}},
        {"key", TOKENS, 401, WANT_TOKEN, {FAR, "HTTP_X_API_KEY=a secret"}},
        {"user",
         TOKENS,
         401,
         WANT_TOKEN,
         {FAR, "REMOTE_USER=ann", "AUTH_TYPE=Basic"}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_case(&cases[i]);
}

/* Without a configured token: only this machine, without foreign pages. */
static void address(void **state) {
    static const struct view_case cases[] = {
        {"program", NONE, ALL, NULL, {NEAR}},
        {"ipv6", NONE, ALL, NULL, {"REMOTE_ADDR=::1"}},
        {"own-page",
         NONE,
         ALL,
         NULL,
         {NEAR, PAGE, FIREFOX, "HTTP_HOST=localhost:8080"}},
        {"own-page-post",
         NONE,
         ALL,
         NULL,
         {NEAR, PAGE, FIREFOX, "HTTP_HOST=127.0.0.1:8080",
          "HTTP_ORIGIN=http://127.0.0.1:8080"}},
        {"address-bar",
         NONE,
         ALL,
         NULL,
         {NEAR, "HTTP_SEC_FETCH_SITE=none", FIREFOX, "HTTP_HOST=localhost"}},
        {"listed-host",
         NONE,
         ALL,
         NULL,
         {NEAR, PAGE, FIREFOX, "HTTP_HOST=app.example.org"}},
        {"far", NONE, 403, NO_TOKEN, {FAR}},
        {"far-bearer", NONE, 403, NO_TOKEN, {FAR, BEARER("a secret")}},
        {"proxied",
         NONE,
         403,
         NO_TOKEN,
         {NEAR, "HTTP_X_FORWARDED_FOR=192.0.2.1"}},
        {"rebound",
         NONE,
         403,
         OTHER_HOST,
         {NEAR, FIREFOX, "HTTP_HOST=evil.example"}},
        {"rebound-page",
         NONE,
         403,
         OTHER_HOST,
         {NEAR, PAGE, FIREFOX, "HTTP_HOST=evil.example"}},
        {"other-site",
         NONE,
         403,
         OTHER_PAGE,
         {NEAR, "HTTP_SEC_FETCH_SITE=cross-site", "HTTP_HOST=localhost"}},
        {"other-port",
         NONE,
         403,
         OTHER_PAGE,
         {NEAR, "HTTP_SEC_FETCH_SITE=same-site", "HTTP_HOST=localhost"}},
        {"other-origin",
         NONE,
         403,
         OTHER_PAGE,
         {NEAR, "HTTP_ORIGIN=https://evil.example", "HTTP_HOST=localhost"}},
        {"listed-origin",
         NONE,
         403,
         OTHER_PAGE,
         {NEAR, "HTTP_ORIGIN=https://app.example.org", "HTTP_HOST=localhost"}},
        {"null-origin",
         NONE,
         403,
         OTHER_PAGE,
         {NEAR, "HTTP_ORIGIN=null", "HTTP_HOST=localhost"}},
        {"shared-host",
         NONE_FAR,
         403,
         "no token is configured, and `trust_loopback` is false",
         {NEAR}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_case(&cases[i]);
}

#define USER "REMOTE_USER=ann"
#define BY_SERVER "AUTH_TYPE=Basic"
#define NO_USER "`view` is \"server\": the web server must authenticate"

static void server(void **state) {
    static const struct view_case cases[] = {
        {"user", SERVER, ALL, NULL, {FAR, USER, BY_SERVER}},
        {"user-page",
         SERVER,
         ALL,
         NULL,
         {FAR, PAGE, USER, BY_SERVER, "HTTP_AUTHORIZATION=Basic YTpi"}},
        {"by-the-server", SERVER, ALL, NULL, {FAR, USER}},
        {"nobody", SERVER, 403, NO_USER, {FAR}},
        {"nobody-here", SERVER, 403, NO_USER, {NEAR}},
        {"token", SERVER, 403, NO_USER, {FAR, BEARER(SCRAPE)}},
        {"unchecked",
         SERVER,
         403,
         NO_USER,
         {FAR, USER, "HTTP_AUTHORIZATION=Basic YTpi"}},
        {"other-site",
         SERVER,
         403,
         OTHER_PAGE,
         {FAR, USER, BY_SERVER, "HTTP_SEC_FETCH_SITE=cross-site"}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_case(&cases[i]);
}

static void public_view(void **state) {
    static const struct view_case cases[] = {
        {"far", PUBLIC, WEB, NULL, {FAR}},
        {"near", PUBLIC, WEB, NULL, {NEAR}},
        {"with-a-token", PUBLIC, WEB, NULL, {FAR, BEARER("anything")}},
        {"proxied",
         PUBLIC,
         WEB,
         NULL,
         {NEAR, FIREFOX, "HTTP_HOST=www.example.org",
          "HTTP_X_FORWARDED_FOR=192.0.2.1"}},
        {"rebound",
         PUBLIC,
         403,
         OTHER_HOST,
         {NEAR, FIREFOX, "HTTP_HOST=evil.example"}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_case(&cases[i]);
}

static void method(void **state) {
    const char *const variables[] = {NEAR, "REQUEST_METHOD=PUT", NULL};
    const struct endpoint_context context = {.config = &configs[NONE],
                                             .now_ms = now_ms};
    const struct string_list *families;
    struct exchange exchange = build(variables);
    (void)state;
    assert_false(exchange_may_view(&exchange, &context, &families));
    assert_int_equal(exchange.response.status, 405);
    exchange_free(&exchange);
}

/* A cookie is valid until it expires or its token is removed. */
static void cookie(void **state) {
    static const struct {
        const char *name, *token, *extra; /* further variables */
        int age;                          /* seconds since the login */
        int want;
    } cases[] = {
        {"fresh", SCRAPE, PAGE, 0, ALL},
        {"limited", "the-one-of-the-shop", PAGE, 10, SHOP},
        {"last second", SCRAPE, PAGE, VIEW_COOKIE_SECONDS - 1, ALL},
        {"ended", SCRAPE, PAGE, VIEW_COOKIE_SECONDS, 401},
        {"of a clock that was set back", SCRAPE, PAGE, -3600, ALL},
        {"removed token", "a-token-of-before", PAGE, 0, 401},
        {"from a page", SCRAPE, "HTTP_SEC_FETCH_SITE=same-site", 0, 403},
        {"after a wrong one", SCRAPE, BEARER("wrong"), 0, ALL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct strbuf text = {0};
        strbuf_add_string(&text, "HTTP_COOKIE=a=b; tallyman=");
        view_cookie_write(cases[i].token, strlen(cases[i].token),
                          now_ms / 1000 - cases[i].age, &text);
        assert_null(strstr(text.data, cases[i].token));
        strbuf_add_string(&text, "; c=d");
        const char *const variables[] = {FAR, text.data, cases[i].extra, NULL};
        struct config config = configs[TOKENS];
        const struct endpoint_context context = {.config = &config,
                                                 .now_ms = now_ms};
        const struct string_list *families;
        struct exchange exchange = build(variables);
        config.database = scratch_path(cases[i].name);
        bool may = exchange_may_view(&exchange, &context, &families);
        check_number(cases[i].name,
                     may ? seen(families) : exchange.response.status,
                     cases[i].want);
        exchange_free(&exchange);
        strbuf_free(&text);
    }
}

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* Only a well-formed cookie with our name is compared. */
static void cookie_text(void **state) {
    static const struct {
        const char *cookies, *want;
        bool lives;
    } cases[] = {
        {"", NULL, false},
        {"a=b", NULL, false},
        {"xtallyman=1", NULL, false},
        {"tallyman", NULL, false},
        {"tallyman=", "", false},
        {"a=\"tallyman=1\"; tallyman=2;tallyman=3", "2", false},
        {";; tallyman=1800000001." HASH, "1800000001." HASH, true},
        {"tallyman=1800000000." HASH, "1800000000." HASH, false},
        {"tallyman=1802592000." HASH, "1802592000." HASH, true},
        {"tallyman=999999999999." HASH, "999999999999." HASH, true},
        {"tallyman=9999999999999." HASH, "9999999999999." HASH, false},
        {"tallyman=1800000001" HASH, "1800000001" HASH, false},
        {"tallyman=1800000001." HASH "0", "1800000001." HASH "0", false},
        {"tallyman=+180000001." HASH, "+180000001." HASH, false},
        {"tallyman=." HASH, "." HASH, false},
        {"tallyman=" HASH, HASH, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t len;
        const char *got = view_cookie_find(cases[i].cookies, &len);
        if (!got || !cases[i].want) {
            check_text(cases[i].cookies, got, cases[i].want);
            continue;
        }
        check_bytes(cases[i].cookies, got, len, cases[i].want,
                    strlen(cases[i].want));
        check_number(cases[i].cookies,
                     view_cookie_lives(got, len, now_ms / 1000),
                     cases[i].lives);
    }
}

/* Expected value: printf 'may view until 1802592000' | openssl sha256 -hmac 'a
 * secret' */
static void cookie_hash(void **state) {
    struct strbuf text = {0};
    (void)state;
    view_cookie_write(BYTES(SCRAPE), now_ms / 1000, &text);
    assert_string_equal(
        text.data,
        "1802592000."
        "256e7d78637529599d049e541548f1fabbe41121ada7c436b280b57022863585");
    strbuf_free(&text);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(token),  TEST(address), TEST(server),      TEST(public_view),
        TEST(method), TEST(cookie),  TEST(cookie_text), TEST(cookie_hash),
    };
    return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}

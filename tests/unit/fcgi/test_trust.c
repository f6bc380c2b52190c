/* trust: tokens, users of the web server, and programs and browsers on this
 * machine. */
#include "endpoints/route.h"
#include "endpoints/trust.h"

#include <stdio.h>

#include "trust_fixture.h"

enum { REFUSED, ANY, JOBS, UNKNOWN, PAGE, FOREIGN, OFF };

struct trust_case {
    const char *name;
    int want;
    const char *variables[8]; /* longer than the shortest */
};

static int judge(const struct trust *trust) {
    if (trust->trusted) {
        assert_null(trust->why);
        if (trust->families)
            assert_ptr_equal(trust->families, &tokens[1].families);
        return trust->families ? JOBS : ANY;
    }
    assert_null(trust->families);
    if (strstr(trust->why, "only if its origin is listed")) {
        check_number("status", trust->status, 403);
        return FOREIGN;
    }
    check_number("status", trust->status, 401);
    if (strstr(trust->why, "`trust_loopback` is false"))
        return OFF;
    if (strstr(trust->why, "a push from another machine"))
        return REFUSED;
    return strstr(trust->why, "unknown") ? UNKNOWN : PAGE;
}

static void check_with(const struct config *with,
                       const struct trust_case *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct request request = build(cases[i].variables);
        struct trust trust = trust_of(&request, with);
        check_number(cases[i].name, judge(&trust), cases[i].want);
    }
}

static void check_cases(const struct trust_case *cases, size_t count) {
    check_with(&config, cases, count);
}

#define BEARER(token) "HTTP_AUTHORIZATION=Bearer " token
#define BASIC(text) "HTTP_AUTHORIZATION=Basic " text

static void token(void **state) {
    static const struct trust_case cases[] = {
        {"bearer", ANY, {FAR, BEARER("0123456789abcdef")}},
        {"bearer, limited", JOBS, {FAR, BEARER("token-of-the-jobs")}},
        {"scheme in capitals",
         ANY,
         {FAR, "HTTP_AUTHORIZATION=BEARER 0123456789abcdef"}},
        {"two spaces", ANY, {FAR, BEARER(" 0123456789abcdef")}},
        {"last of the file", ANY, {FAR, BEARER("token:with:colons")}},
        {"after a redirect",
         ANY,
         {FAR, "REDIRECT_HTTP_AUTHORIZATION=Bearer 0123456789abcdef"}},
        {"API key", ANY, {FAR, "HTTP_X_API_KEY=0123456789abcdef"}},
        {"API key, limited", JOBS, {FAR, "HTTP_X_API_KEY=token-of-the-jobs"}},
        /* user:0123456789abcdef */
        {"basic", ANY, {FAR, BASIC("dXNlcjowMTIzNDU2Nzg5YWJjZGVm")}},
        {"basic, lower case",
         ANY,
         {FAR, "HTTP_AUTHORIZATION=basic dXNlcjowMTIzNDU2Nzg5YWJjZGVm"}},
        /* :token-of-the-jobs */
        {"basic without a user",
         JOBS,
         {FAR, BASIC("OnRva2VuLW9mLXRoZS1qb2Jz")}},
        /* u:token:with:colons */
        {"basic, colons", ANY, {FAR, BASIC("dTp0b2tlbjp3aXRoOmNvbG9ucw==")}},
        {"basic without padding",
         ANY,
         {FAR, BASIC("dTp0b2tlbjp3aXRoOmNvbG9ucw")}},
        {"token through a proxy",
         ANY,
         {FAR, "HTTP_X_FORWARDED_FOR=192.0.2.7", BEARER("0123456789abcdef")}},
        {"token on this machine, limited",
         JOBS,
         {NEAR, BEARER("token-of-the-jobs")}},
        {"limited, and a user of the server",
         JOBS,
         {FAR, "REMOTE_USER=ann", "AUTH_TYPE=Basic",
          "HTTP_X_API_KEY=token-of-the-jobs"}},
        {"a key besides the server's own password",
         JOBS,
         {FAR, BASIC("dTpw"), "HTTP_X_API_KEY=token-of-the-jobs"}},
        {"page with a token",
         ANY,
         {NEAR, "HTTP_ORIGIN=https://a.b", BEARER("0123456789abcdef")}},

        {"shorter", UNKNOWN, {FAR, BEARER("0123456789abcde")}},
        {"longer", UNKNOWN, {FAR, BEARER("0123456789abcdeff")}},
        {"twice", UNKNOWN, {FAR, BEARER("0123456789abcdef0123456789abcdef")}},
        {"another", UNKNOWN, {FAR, BEARER("0123456789abcdeg")}},
        {"capitals", UNKNOWN, {FAR, BEARER("0123456789ABCDEF")}},
        {"a space behind", UNKNOWN, {FAR, BEARER("0123456789abcdef ")}},
        {"empty", UNKNOWN, {FAR, BEARER("")}},
        {"no scheme", UNKNOWN, {FAR, "HTTP_AUTHORIZATION=0123456789abcdef"}},
        {"only a scheme", UNKNOWN, {FAR, "HTTP_AUTHORIZATION=Bearer"}},
        {"another scheme",
         UNKNOWN,
         {FAR, "HTTP_AUTHORIZATION=Token 0123456789abcdef"}},
        {"scheme run into the token",
         UNKNOWN,
         {FAR, "HTTP_AUTHORIZATION=Bearer0123456789abcdef"}},
        {"another API key", UNKNOWN, {FAR, "HTTP_X_API_KEY=0123456789abcdeg"}},
        {"API key as bearer",
         UNKNOWN,
         {FAR, "HTTP_X_API_KEY=Bearer 0123456789abcdef"}},
        /* 0123456789abcdef:x, 0123456789abcdef, user:0123456789abcde */
        {"token as the user",
         UNKNOWN,
         {FAR, BASIC("MDEyMzQ1Njc4OWFiY2RlZjp4")}},
        {"basic without a colon",
         UNKNOWN,
         {FAR, BASIC("MDEyMzQ1Njc4OWFiY2RlZg==")}},
        {"basic, shorter",
         UNKNOWN,
         {FAR, BASIC("dXNlcjowMTIzNDU2Nzg5YWJjZGU=")}},
        {"basic, empty", UNKNOWN, {FAR, BASIC("")}},
        {"basic in the clear", UNKNOWN, {FAR, BASIC("user:0123456789abcdef")}},
        /* Also from this machine. */
        {"unknown on this machine", UNKNOWN, {NEAR, BEARER("x")}},
        {"unknown key on this machine", UNKNOWN, {NEAR, "HTTP_X_API_KEY=x"}},
        {"unknown password on this machine", UNKNOWN, {NEAR, BASIC("dTpw")}},
    };
    (void)state;
    check_cases(cases, COUNT(cases));
}

static void user(void **state) {
    static const struct trust_case cases[] = {
        {"user", ANY, {FAR, "REMOTE_USER=ann"}},
        {"user and type", ANY, {FAR, "REMOTE_USER=ann", "AUTH_TYPE=Basic"}},
        {"checked password",
         ANY,
         {FAR, "REMOTE_USER=u", "AUTH_TYPE=Basic", BASIC("dTpw")}},
        {"checked by other means",
         ANY,
         {FAR, "REMOTE_USER=u", "HTTP_AUTHORIZATION=Negotiate x"}},
        {"unknown token of a user", ANY, {FAR, "REMOTE_USER=u", BEARER("x")}},
        {"through a proxy",
         ANY,
         {FAR, "REMOTE_USER=u", "HTTP_X_FORWARDED_FOR=192.0.2.7"}},
        /* nginx passes on any user name without a check. */
        {"unchecked password", UNKNOWN, {FAR, "REMOTE_USER=u", BASIC("dTpw")}},
        {"unchecked, and unreadable",
         UNKNOWN,
         {FAR, "REMOTE_USER=u", BASIC("dTpw\tx")}},
        {"unchecked, lower case",
         UNKNOWN,
         {FAR, "REMOTE_USER=u", "HTTP_AUTHORIZATION=basic dTpw"}},
        {"unchecked on this machine",
         UNKNOWN,
         {NEAR, "REMOTE_USER=u", BASIC("dTpw")}},
        {"no user", REFUSED, {FAR, "REMOTE_USER="}},
        {"only a type", REFUSED, {FAR, "AUTH_TYPE=Basic"}},
        {"a header of that name", REFUSED, {FAR, "HTTP_REMOTE_USER=ann"}},
    };
    (void)state;
    check_cases(cases, COUNT(cases));
}

static void address(void **state) {
    static const struct trust_case cases[] = {
        {"127.0.0.1", ANY, {"REMOTE_ADDR=127.0.0.1"}},
        {"127.255.255.254", ANY, {"REMOTE_ADDR=127.255.255.254"}},
        {"::1", ANY, {"REMOTE_ADDR=::1"}},
        {"::1 in full", ANY, {"REMOTE_ADDR=0:0:0:0:0:0:0:1"}},
        {"mapped", ANY, {"REMOTE_ADDR=::ffff:127.0.0.1"}},
        {"mapped, capitals", ANY, {"REMOTE_ADDR=::FFFF:127.1.2.3"}},
        {"unix socket", ANY, {"REMOTE_ADDR=unix:"}},

        {"none", REFUSED, {NULL}},
        {"empty", REFUSED, {"REMOTE_ADDR="}},
        {"elsewhere", REFUSED, {FAR}},
        {"126", REFUSED, {"REMOTE_ADDR=126.255.255.255"}},
        {"128", REFUSED, {"REMOTE_ADDR=128.0.0.1"}},
        {"a name", REFUSED, {"REMOTE_ADDR=localhost"}},
        {"a name in front", REFUSED, {"REMOTE_ADDR=127.0.0.1.example.org"}},
        {"short", REFUSED, {"REMOTE_ADDR=127.1"}},
        {"any", REFUSED, {"REMOTE_ADDR=0.0.0.0"}},
        {"::", REFUSED, {"REMOTE_ADDR=::"}},
        {"::2", REFUSED, {"REMOTE_ADDR=::2"}},
        {"mapped, elsewhere", REFUSED, {"REMOTE_ADDR=::ffff:192.0.2.1"}},
        {"compatible", REFUSED, {"REMOTE_ADDR=::127.0.0.1"}},
        {"a unix path", REFUSED, {"REMOTE_ADDR=unix:/x"}},
        {"X-Forwarded-For", REFUSED, {NEAR, "HTTP_X_FORWARDED_FOR=127.0.0.1"}},
        {"X-Forwarded-For, empty", REFUSED, {NEAR, "HTTP_X_FORWARDED_FOR="}},
        {"Forwarded", REFUSED, {"REMOTE_ADDR=::1", "HTTP_FORWARDED=for=::1"}},
        {"Via", REFUSED, {"REMOTE_ADDR=unix:", "HTTP_VIA=1.1 x"}},
        {"CF-Connecting-IP", REFUSED, {NEAR, "HTTP_CF_CONNECTING_IP=::1"}},
        {"listed page", PAGE, {NEAR, "HTTP_ORIGIN=https://app.example.org"}},
        {"page of this server",
         PAGE,
         {NEAR, "HTTP_SEC_FETCH_SITE=same-origin"}},
        {"page, opened by hand", PAGE, {NEAR, "HTTP_SEC_FETCH_SITE=none"}},
        {"page elsewhere", PAGE, {NEAR, "HTTP_SEC_FETCH_SITE=cross-site"}},
        {"fetch of Node", PAGE, {NEAR, "HTTP_SEC_FETCH_MODE=cors"}},
        {"any such header", PAGE, {NEAR, "HTTP_SEC_FETCH_STORAGE_ACCESS=none"}},
        {"taken away", ANY, {NEAR, "HTTP_SEC_FETCH_SITE=", "HTTP_ORIGIN="}},
        {"a program with a browser's name",
         ANY,
         {NEAR, "HTTP_USER_AGENT=Mozilla/5.0 (Windows NT) PowerShell/7"}},
        {"page", PAGE, {NEAR, "HTTP_ORIGIN=https://evil.example"}},
        {"page without a name", PAGE, {NEAR, "HTTP_ORIGIN=null"}},
        {"page from elsewhere",
         REFUSED,
         {FAR, "HTTP_ORIGIN=https://app.example.org"}},
    };
    (void)state;
    check_cases(cases, COUNT(cases));
}

/* Any page could use credentials that the browser adds. */
static void foreign_page(void **state) {
    static const char token[] = BASIC("dXNlcjowMTIzNDU2Nzg5YWJjZGVm");
    static const char listed_page[] = "HTTP_ORIGIN=https://app.example.org";
    static const char page[] = "HTTP_ORIGIN=https://evil.example";
    static const char cross[] = "HTTP_SEC_FETCH_SITE=cross-site";
    static const struct trust_case cases[] = {
        {"listed page, user", ANY, {FAR, listed_page, "REMOTE_USER=u"}},
        {"listed page, capitals",
         ANY,
         {FAR, "HTTP_ORIGIN=HTTPS://APP.example.org", "REMOTE_USER=u"}},
        {"a listed page claims to be cross-site",
         ANY,
         {FAR, listed_page, cross, "REMOTE_USER=u"}},
        {"listed page, password",
         ANY,
         {FAR, listed_page, "REMOTE_USER=u", "AUTH_TYPE=Basic", BASIC("dTpw")}},
        {"listed page, token as password", ANY, {FAR, listed_page, token}},
        {"a program may say same-site",
         ANY,
         {FAR, "HTTP_SEC_FETCH_SITE=same-site", "REMOTE_USER=u"}},

        {"page, user", FOREIGN, {FAR, page, "REMOTE_USER=u"}},
        {"page, password",
         FOREIGN,
         {FAR, page, "REMOTE_USER=u", "AUTH_TYPE=Basic", BASIC("dTpw")}},
        {"page, token as password", FOREIGN, {FAR, page, token}},
        {"page near, token as password", FOREIGN, {NEAR, page, token}},
        {"page near, user", FOREIGN, {NEAR, page, "REMOTE_USER=u"}},
        {"a page without a name", FOREIGN, {FAR, "HTTP_ORIGIN=null", token}},
        {"any by star", FOREIGN, {FAR, "HTTP_ORIGIN=*", token}},
        {"the server's own, unlisted",
         FOREIGN,
         {FAR, "HTTP_ORIGIN=https://a.b", "HTTP_HOST=a.b",
          "HTTP_SEC_FETCH_SITE=same-origin", token}},
        {"cross-site, user", FOREIGN, {FAR, cross, "REMOTE_USER=u"}},
        {"cross-site, token as password", FOREIGN, {FAR, cross, token}},
        {"cross-site, capitals",
         FOREIGN,
         {FAR, "HTTP_SEC_FETCH_SITE=Cross-Site", token}},
        {"page, unknown token",
         FOREIGN,
         {FAR, page, "REMOTE_USER=u", BEARER("x")}},
        {"page, unknown password", UNKNOWN, {FAR, page, BASIC("dTpw")}},
        /* Browsers never add these on their own. */
        {"page with a token",
         ANY,
         {FAR, page, cross, BEARER("0123456789abcdef")}},
        {"page with a key",
         JOBS,
         {FAR, page, cross, "HTTP_X_API_KEY=token-of-the-jobs"}},
        {"page with a key, besides a password",
         JOBS,
         {FAR, page, BASIC("dTpw"), "REMOTE_USER=u", "AUTH_TYPE=Basic",
          "HTTP_X_API_KEY=token-of-the-jobs"}},
    };
    (void)state;
    check_cases(cases, COUNT(cases));
}

static void loopback_off(void **state) {
    struct config off = config;
    static const struct trust_case cases[] = {
        {"here", OFF, {NEAR}},
        {"::1", OFF, {"REMOTE_ADDR=::1"}},
        {"unix socket", OFF, {"REMOTE_ADDR=unix:"}},
        {"page", OFF, {NEAR, "HTTP_ORIGIN=https://app.example.org"}},
        {"through a proxy", REFUSED, {NEAR, "HTTP_VIA=1.1 x"}},
        {"elsewhere", REFUSED, {FAR}},
        {"token", ANY, {NEAR, BEARER("0123456789abcdef")}},
        {"unknown token", UNKNOWN, {NEAR, BEARER("x")}},
        {"user", ANY, {NEAR, "REMOTE_USER=u"}},
    };
    (void)state;
    off.trust_loopback = false;
    check_with(&off, cases, COUNT(cases));
}

/* Without a token file every token is unknown. */
static void no_tokens(void **state) {
    static const struct config none = {.trust_loopback = true};
    static const struct trust_case cases[] = {
        {"bearer", UNKNOWN, {NEAR, BEARER("0123456789abcdef")}},
        {"empty", UNKNOWN, {NEAR, BEARER("")}},
        {"empty password", UNKNOWN, {NEAR, BASIC("dTo=")}},
        {"this machine", ANY, {NEAR}},
        {"elsewhere", REFUSED, {FAR}},
    };
    (void)state;
    check_with(&none, cases, COUNT(cases));
}

/* The longest credentials are refused without a buffer overflow. */
static void long_credentials(void **state) {
    static const char *const schemes[] = {"Bearer ", "Basic ", ""};
    (void)state;
    for (size_t len = 0; len < 6000; len += 7)
        for (size_t i = 0; i < COUNT(schemes); i++) {
            struct strbuf text = {0};
            struct request request = build((const char *[]){NEAR, NULL});
            strbuf_add_string(&text, schemes[i]);
            for (size_t j = 0; j <= len; j++)
                strbuf_add_char(&text, 'A');
            if (i == 2)
                request.api_key = text.data;
            else
                request.authorization = text.data;
            struct trust trust = trust_of(&request, &config);
            check_number("long", judge(&trust), UNKNOWN);
            strbuf_free(&text);
        }
}

/* Replies show neither the sent nor the expected token. */
static void secrets_not_shown(void **state) {
    static const char *const sent[] = {FAR, BEARER("0123456789abcdeX"), NULL};
    struct request request = build(sent);
    struct trust trust = trust_of(&request, &config);
    (void)state;
    assert_null(strstr(trust.why, "0123"));
    assert_string_equal(trust.why,
                        "the token or password is unknown; it must be a token "
                        "of `push_token_file`, or the web server must "
                        "authenticate the user and pass on REMOTE_USER and "
                        "AUTH_TYPE");
}

static void body_max(void **state) {
    static const struct {
        const char *uri, *mount;
        size_t want_near, want_far;
    } cases[] = {
        {"/metrics", NULL, 5000, 1000},
        {"/metrics/", NULL, 5000, 1000},
        {"/metrics?x", NULL, 5000, 1000},
        {"/metrics/job/x", NULL, 5000, 1000},
        {"//metrics/job/x", NULL, 5000, 1000},
        {"/t/metrics/job/x", "/t", 5000, 1000},
        {"/t/metrics/job/x", NULL, 1000, 1000},
        {"/metrics/job/x", "/t", 1000, 1000},
        {"/metricsx", NULL, 1000, 1000},
        {"/metric", NULL, 1000, 1000},
        {"/%6detrics", NULL, 1000, 1000},
        {"/record", NULL, 1000, 1000},
        {"/record?/metrics/", NULL, 1000, 1000},
        {"/", NULL, 1000, 1000},
        {"", NULL, 1000, 1000},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct config mounted = config;
        struct request near = build((const char *[]){NEAR, NULL});
        struct request far = build((const char *[]){FAR, NULL});
        mounted.mount = cases[i].mount;
        near.uri = cases[i].uri;
        far.uri = cases[i].uri;
        check_number(cases[i].uri, (long long)route_body_max(&near, &mounted),
                     (long long)cases[i].want_near);
        check_number(cases[i].uri, (long long)route_body_max(&far, &mounted),
                     (long long)cases[i].want_far);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token),
        cmocka_unit_test(user),
        cmocka_unit_test(address),
        cmocka_unit_test(foreign_page),
        cmocka_unit_test(loopback_off),
        cmocka_unit_test(no_tokens),
        cmocka_unit_test(long_credentials),
        cmocka_unit_test(secrets_not_shown),
        cmocka_unit_test(body_max),
    };
    return cmocka_run_group_tests_name("trust", tests, NULL, NULL);
}

#include "http/cors.h"

#include "check.h"

#define ALLOWED(origin)                                                        \
    "Vary: Origin\r\n"                                                         \
    "Access-Control-Allow-Origin: " origin "\r\n"                              \
    "Access-Control-Allow-Credentials: true\r\n"                               \
    "Access-Control-Expose-Headers: Date, Retry-After\r\n"
#define VARY "Vary: Origin\r\n"

static void allow(void **state) {
    static const struct {
        const char *name, *listed[2];
        const char *origin, *host, *port, *fetch_site;
        bool want;
        const char *headers;
    } cases[] = {
        {"no origin", {0}, "", "a.org", "443", "", true, VARY},
        {"no origin, a list",
         {"https://b.org"},
         "",
         "a.org",
         "443",
         "",
         true,
         VARY},
        {"listed",
         {"https://b.org"},
         "https://b.org",
         "a.org",
         "443",
         "cross-site",
         true,
         ALLOWED("https://b.org")},
        {"the second",
         {"https://b.org", "https://c.org"},
         "https://c.org",
         "a.org",
         "443",
         "",
         true,
         ALLOWED("https://c.org")},
        {"listed in another case",
         {"https://B.org"},
         "https://b.org",
         "a.org",
         "443",
         "",
         true,
         ALLOWED("https://b.org")},
        {"any",
         {"*"},
         "https://x.org:81",
         "a.org",
         "443",
         "",
         true,
         ALLOWED("https://x.org:81")},
        {"not listed",
         {"https://b.org"},
         "https://c.org",
         "a.org",
         "443",
         "cross-site",
         false,
         VARY},
        {"no list", {0}, "https://c.org", "a.org", "443", "", false, VARY},
        {"another scheme",
         {"https://b.org"},
         "http://b.org",
         "a.org",
         "443",
         "",
         false,
         VARY},
        {"another port",
         {"https://b.org"},
         "https://b.org:444",
         "a.org",
         "443",
         "",
         false,
         VARY},
        {"longer",
         {"https://b.org"},
         "https://b.org.evil.org",
         "a.org",
         "443",
         "",
         false,
         VARY},
        {"shorter",
         {"https://b.org"},
         "https://b.or",
         "a.org",
         "443",
         "",
         false,
         VARY},
        {"null", {"https://b.org"}, "null", "a.org", "443", "", false, VARY},
        {"no header from an origin",
         {"*"},
         "https://b.org\r\nX: 1",
         "a.org",
         "443",
         "",
         false,
         VARY},

        /* The site's own origin. */
        {"same host", {0}, "https://a.org", "a.org", "443", "", true, VARY},
        {"same host in another case",
         {0},
         "https://A.org",
         "a.ORG",
         "443",
         "",
         true,
         VARY},
        {"same host and port",
         {0},
         "http://a.org:8080",
         "a.org:8080",
         "8080",
         "",
         true,
         VARY},
        {"the port is in SERVER_PORT only",
         {0},
         "http://a.org:8080",
         "a.org",
         "8080",
         "",
         true,
         VARY},
        {"another port of the host",
         {0},
         "http://a.org:8081",
         "a.org",
         "8080",
         "",
         false,
         VARY},
        {"a longer port",
         {0},
         "http://a.org:80800",
         "a.org",
         "8080",
         "",
         false,
         VARY},
        {"a longer host",
         {0},
         "http://a.org.evil.org",
         "a.org",
         "80",
         "",
         false,
         VARY},
        {"a subdomain", {0}, "http://x.a.org", "a.org", "80", "", false, VARY},
        {"no host", {0}, "http://a.org", "", "80", "", false, VARY},
        {"no host, no origin's host",
         {0},
         "http://",
         "",
         "80",
         "",
         false,
         VARY},
        {"said by the browser",
         {0},
         "http://a.org:8080",
         "inner",
         "9000",
         "same-origin",
         true,
         VARY},
        {"same-site is not same-origin",
         {0},
         "http://x.a.org",
         "a.org",
         "80",
         "same-site",
         false,
         VARY},
        {"null of a sandbox", {0}, "null", "null", "80", "", false, VARY},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        static char *const none[] = {NULL};
        struct config config = {0};
        struct request request = {0};
        struct response response = {0};
        const char *strings[] = {cases[i].listed[0], cases[i].listed[1], NULL};
        request_set_environment(&request, none);
        config.origins.strings = strings;
        while (strings[config.origins.count])
            config.origins.count++;
        request.origin = cases[i].origin;
        request.host = cases[i].host;
        request.server_port = cases[i].port;
        request.fetch_site = cases[i].fetch_site;
        check_number(cases[i].name, cors_allow(&config, &request, &response),
                     cases[i].want);
        check_text(cases[i].name, response.headers.data, cases[i].headers);
        response_free(&response);
    }
}

static void preflight(void **state) {
    struct response response = {0};
    (void)state;
    cors_preflight(&response);
    assert_int_equal(response.status, 204);
    assert_int_equal(response.body.len, 0);
    check_text("headers", response.headers.data,
               "Access-Control-Allow-Methods: POST, PUT, DELETE, OPTIONS\r\n"
               "Access-Control-Allow-Headers: content-type, content-encoding, "
               "authorization, x-api-key, x-faro-session-id, traceparent, "
               "idempotency-key\r\n"
               "Access-Control-Max-Age: 86400\r\n");
    response_free(&response);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allow),
        cmocka_unit_test(preflight),
    };
    return cmocka_run_group_tests_name("cors", tests, NULL, NULL);
}

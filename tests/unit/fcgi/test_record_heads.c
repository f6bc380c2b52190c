/* Response heads of /record, mainly CORS. */
#include "record_fixture.h"

/* Checks the head as sent to the web server. */
static void check_head(const struct asked *asked, const char *want) {
    struct exchange exchange = answer(&service, asked);
    struct strbuf head = {0};
    response_write_head(&exchange.response, &head);
    assert_string_equal(head.data, want);
    strbuf_free(&head);
    exchange_free(&exchange);
}

#define LINE(text) text "\r\n"
#define PLAIN(length)                                                          \
    LINE("Content-Type: text/plain; charset=utf-8")                            \
    LINE("Content-Length: " length) LINE("X-Content-Type-Options: nosniff")
#define ALLOWED                                                                \
    LINE("Access-Control-Allow-Origin: https://app.example.org")               \
    LINE("Access-Control-Allow-Credentials: true")
#define EXPOSED LINE("Access-Control-Expose-Headers: Date, Retry-After")
#define PREFLIGHT                                                              \
    LINE("Access-Control-Allow-Methods: POST, PUT, DELETE, OPTIONS")           \
    LINE("Access-Control-Allow-Headers: content-type, content-encoding, "      \
         "authorization, x-api-key, x-faro-session-id, traceparent, "          \
         "idempotency-key")                                                    \
    LINE("Access-Control-Max-Age: 86400")
#define APP "HTTP_ORIGIN=https://app.example.org"

static void test_heads(void **state) {
    static const struct {
        struct asked asked;
        const char *want;
    } heads[] = {
        {POST(PUSH_C),
         LINE("Status: 200 OK") PLAIN("3") LINE("Vary: Origin") LINE("")},
        {POST_WITH(PUSH_C, APP), LINE("Status: 200 OK") PLAIN("3") LINE(
                                     "Vary: Origin") ALLOWED EXPOSED LINE("")},
        /* Without the CORS header a browser would report every error as a CORS
         * error. */
        {POST_WITH("", APP), LINE("Status: 400 Bad Request") PLAIN("58")
                                 LINE("Vary: Origin") ALLOWED EXPOSED LINE("")},
        {POST_WITH(PUSH_C, "HTTP_ORIGIN=https://evil.example.net"),
         LINE("Status: 403 Forbidden") PLAIN("137") LINE("Vary: Origin")
             LINE("")},
        /* The site's own origin needs no entry and no header. */
        {POST_WITH(PUSH_C, "HTTP_ORIGIN=https://WWW.example.org",
                   "HTTP_HOST=www.example.org"),
         LINE("Status: 200 OK") PLAIN("3") LINE("Vary: Origin") LINE("")},
        {POST_WITH(PUSH_C, "HTTP_ORIGIN=http://localhost:8080",
                   "HTTP_HOST=localhost", "SERVER_PORT=8080"),
         LINE("Status: 200 OK") PLAIN("3") LINE("Vary: Origin") LINE("")},
        {POST_WITH(PUSH_C, "HTTP_ORIGIN=http://localhost:8081",
                   "HTTP_HOST=localhost", "SERVER_PORT=8080"),
         LINE("Status: 403 Forbidden") PLAIN("134") LINE("Vary: Origin")
             LINE("")},
        {POST_WITH(PUSH_C, "HTTP_ORIGIN=http://anything",
                   "HTTP_SEC_FETCH_SITE=same-origin"),
         LINE("Status: 200 OK") PLAIN("3") LINE("Vary: Origin") LINE("")},
        {{"OPTIONS", "/record", NULL, 0, {APP}},
         LINE("Status: 204 No Content") LINE("X-Content-Type-Options: nosniff")
             LINE("Vary: Origin") ALLOWED PREFLIGHT LINE("")},
        {{"OPTIONS", "/record", NULL, 0, {NULL}},
         LINE("Status: 204 No Content") LINE("X-Content-Type-Options: nosniff")
             LINE("Vary: Origin") PREFLIGHT LINE("")},
        {{"OPTIONS", "/record", NULL, 0, {"HTTP_ORIGIN=https://x.org"}},
         LINE("Status: 403 Forbidden") PLAIN("126") LINE("Vary: Origin")
             LINE("")},
        {{"DELETE", "/record", NULL, 0, {APP}},
         LINE("Status: 405 Method Not Allowed") PLAIN("50") LINE("Vary: Origin")
             ALLOWED EXPOSED LINE("Allow: POST, OPTIONS") LINE("")},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        check_head(&heads[i].asked, heads[i].want);
}

/* The origin list * admits every page. The origin is echoed, since beacons send
 * credentials. */
static void test_any_origin(void **state) {
    static const char *any[] = {"*", NULL};
    const struct asked asked = POST_WITH(PUSH_C, "HTTP_ORIGIN=https://x.org");
    const struct asked null = POST_WITH(PUSH_C, "HTTP_ORIGIN=null");
    (void)state;
    service.config->origins = (struct string_list){any, 1};
    check_head(&asked, LINE("Status: 200 OK") PLAIN("3") LINE("Vary: Origin")
                           LINE("Access-Control-Allow-Origin: https://x.org")
                               LINE("Access-Control-Allow-Credentials: true")
                                   EXPOSED LINE(""));
    check_head(&null, LINE("Status: 200 OK") PLAIN("3") LINE("Vary: Origin")
                          LINE("Access-Control-Allow-Origin: null")
                              LINE("Access-Control-Allow-Credentials: true")
                                  EXPOSED LINE(""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_heads),
        TEST(test_any_origin),
    };
    return cmocka_run_group_tests_name("endpoint_record_heads", tests, NULL,
                                       NULL);
}

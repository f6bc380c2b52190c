/* POST /write: status, message and counters for each input. */
#include <zlib.h>

#include "base/guide.h"
#include "write_fixture.h"

#define REJECTED(reason)                                                       \
    "tallyman_pushes_rejected_total sessions " reason " 1\n"
#define ACCEPTED "tallyman_pushes_total sessions accepted 1\n"
#define OPTED_OUT "tallyman_pushes_total sessions opted_out 1\n"
#define START(uuid)                                                            \
    "{\"uuid\":\"" uuid "\",\"type\":\"start\","                               \
    "\"dashboard\":{\"uid\":\"d\",\"name\":\"D\"}}"
#define NO_UUID "uuid: missing, must be 1 to 64 printable ASCII characters"

static const struct row good[] = {
    {"no type", WRITE(START("1")), 201, "", ACCEPTED},
    {"no-cors fetch",
     WRITE_WITH(START("2"), "CONTENT_TYPE=text/plain;charset=UTF-8",
                "HTTP_ORIGIN=https://grafana.example.org"),
     201, "", ACCEPTED},
    {"JSON", WRITE_WITH(START("3"), "CONTENT_TYPE=application/json"), 201, "",
     ACCEPTED},
    {"flattened",
     WRITE("{\"uuid\":\"4\",\"dashboard.uid\":\"d\",\"dashboard.name\":\"D\"}"),
     201, "", ACCEPTED},
    {"opted out by GPC", WRITE_WITH(START("5"), "HTTP_SEC_GPC=1"), 201, "",
     OPTED_OUT},
    {"opted out by DNT", WRITE_WITH(START("5"), "HTTP_DNT=1"), 201, "",
     OPTED_OUT},
    {"opted out, whatever it is", WRITE_WITH("[", "HTTP_SEC_GPC=1"), 201, "",
     OPTED_OUT},
    {"a dashboard that is not saved",
     WRITE("{\"uuid\":\"6\",\"dashboard\":{\"uid\":\"new\"}}"), 201, "", ""},
    {"the same again", WRITE(START("1")), 201, "", ACCEPTED},
    {"preflight",
     {"OPTIONS",
      "/write",
      NULL,
      0,
      {"HTTP_ORIGIN=https://grafana.example.org"}},
     204,
     "",
     ""},
};

static const struct row bad[] = {
    {"no body",
     {"POST", "/write", NULL, 0, {NULL}},
     400,
     "line 1, column 1: not valid JSON: the text ends too early",
     REJECTED("malformed")},
    {"no JSON", WRITE("{\n\"uuid\": x}"), 400,
     "line 2, column 9: not valid JSON: expected a value",
     REJECTED("malformed")},
    {"no object", WRITE("[]"), 400,
     "the body is an array, must be an object such as {\"uuid\": \"...\", "
     "\"type\": \"start\", ...}",
     REJECTED("malformed")},
    {"no uuid", WRITE("{\"type\":\"start\"}"), 400, NO_UUID,
     REJECTED("malformed")},
    {"no uuid of a new dashboard", WRITE("{\"dashboard\":{\"uid\":\"new\"}}"),
     400, NO_UUID, REJECTED("malformed")},
    {"time in milliseconds",
     WRITE("{\"uuid\":\"1\",\"time\":9007199254740993}"), 400, NULL,
     REJECTED("time")},
    {"time before 1970", WRITE("{\"uuid\":\"1\",\"time\":-1}"), 400, NULL,
     REJECTED("time")},
    {"method",
     {"GET", "/write", NULL, 0, {NULL}},
     405,
     "GET is not allowed here, must be POST, OPTIONS",
     REJECTED("method")},
    {"media type", WRITE_WITH(START("1"), "CONTENT_TYPE=text/html"), 415,
     "Content-Type must be application/json or text/plain",
     REJECTED("media_type")},
    {"encoding", WRITE_WITH(START("1"), "HTTP_CONTENT_ENCODING=br"), 415,
     "Content-Encoding must be gzip or left out", REJECTED("encoding")},
    {"origin", WRITE_WITH(START("1"), "HTTP_ORIGIN=https://example.com"), 403,
     "origin https://example.com may not push here; list it under `origins` in "
     "the configuration" SEE GUIDE_PAGES,
     REJECTED("origin")},
    {"cut short", WRITE_WITH(START("1"), "CONTENT_LENGTH=1000"), 400,
     "the body is shorter than its Content-Length", REJECTED("malformed")},
};

#define SESSIONS                                                               \
    "SELECT labels, value FROM series JOIN total ON series_id = series.id "    \
    "JOIN family ON family.id = family_id "                                    \
    "WHERE name = 'grafana_analytics_sessions_total' ORDER BY labels"

static void test_good(void **state) {
    (void)state;
    open_with("{}");
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        check_row(&service, &good[i]);
    assert_rows(SESSIONS,
                "{\"dashboard_name\":\"D\",\"dashboard_uid\":\"d\","
                "\"user_role\":\"user\",\"user_theme\":\"dark\"}|4.0\n");
}

static void test_bad(void **state) {
    (void)state;
    open_with("{}");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        check_row(&service, &bad[i]);
    assert_rows(SESSIONS, "");
    assert_rows("SELECT count(*) FROM session", "0\n");
}

static void test_opt_out_ignored(void **state) {
    const struct row row = {"ignored", WRITE_WITH(START("1"), "HTTP_SEC_GPC=1"),
                            201, "", ACCEPTED};
    (void)state;
    open_with("{}");
    service.config->respect_gpc = false;
    check_row(&service, &row);
}

/* Disabled: no body is read, no preflight answered, no push counted. */
static void test_disabled(void **state) {
    static const char message[] =
        "Grafana sessions are not counted here; to count them, set "
        "`sessions.enabled` to true in the configuration" SEE GUIDE_GRAFANA;
    static const struct row rows[] = {
        {"POST", WRITE(START("1")), 404, message, ""},
        {"GET", {"GET", "/write", NULL, 0, {NULL}}, 404, message, ""},
        {"OPTIONS", {"OPTIONS", "/write", NULL, 0, {NULL}}, 404, message, ""},
    };
    (void)state;
    open_with("{\"enabled\": false}");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(&service, &rows[i]);
    assert_rows("SELECT name FROM family WHERE name LIKE 'grafana%'", "");
}

/* Answers a message whose time is now + seconds. */
static struct exchange write_at(long long seconds) {
    struct strbuf body = {0};
    strbuf_printf(&body, "{\"uuid\":\"%lld\",\"time\":%lld}", seconds,
                  (long long)(service_now_ms() / 1000) + seconds);
    const struct asked asked = {"POST", "/write", body.data, body.len, {NULL}};
    struct exchange exchange = answer(&service, &asked);
    strbuf_free(&body);
    return exchange;
}

static void test_times(void **state) {
    static const struct {
        long long seconds;
        const char *message; /* compares up to the varying digits */
    } times[] = {
        {0, NULL},
        {-86390, NULL},
        {86390, NULL},
        {-86410, "time: is 864"},
        {86410, "time: is 864"},
        {-86400LL * 10000, "time: is 86400000"},
    };
    (void)state;
    open_with("{}");
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct exchange exchange = write_at(times[i].seconds);
        const char *body = exchange.response.body.data;
        const char *message = times[i].message;
        if (exchange.response.status != (message ? 400 : 201) ||
            (message && strncmp(body, message, strlen(message)) != 0) ||
            (message &&
             !strstr(body, times[i].seconds < 0
                               ? " s behind the server's clock, must be "
                                 "in Unix seconds and within 86400 "
                                 "s of it\n"
                               : " s ahead of the server's clock, must "
                                 "be in Unix seconds and within "
                                 "86400 s of it\n")))
            fail_msg("%lld: %d %s", times[i].seconds, exchange.response.status,
                     body ? body : "");
        exchange_free(&exchange);
    }
    assert_rows("SELECT count(*) FROM session", "3\n");
    struct strbuf counters = pending_counters(&service);
    assert_string_equal(counters.data,
                        "tallyman_pushes_total sessions accepted 3\n"
                        "tallyman_pushes_rejected_total sessions time 3\n");
    strbuf_free(&counters);
}

static void test_gzip(void **state) {
    static const char text[] = START("1");
    unsigned char zip[200];
    z_stream stream = {.next_in = (z_const Bytef *)(uintptr_t)text,
                       .avail_in = sizeof(text) - 1,
                       .next_out = zip,
                       .avail_out = sizeof(zip)};
    (void)state;
    open_with("{}");
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, 0), Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    const struct row row = {"gzip",
                            {"POST",
                             "/write",
                             (const char *)zip,
                             stream.total_out,
                             {"HTTP_CONTENT_ENCODING=gzip"}},
                            201,
                            "",
                            ACCEPTED};
    assert_int_equal(deflateEnd(&stream), Z_OK);
    check_row(&service, &row);
    assert_rows("SELECT uuid FROM session", "1\n");
}

static void test_too_large(void **state) {
    char body[2002];
    memset(body, ' ', sizeof(body));
    memcpy(body, START("1"), sizeof(START("1")) - 1);
    const struct row rows[] = {
        {"as long as may be",
         {"POST", "/write", body, 2000, {NULL}},
         201,
         "",
         ACCEPTED},
        {"too long",
         {"POST", "/write", body, 2001, {NULL}},
         413,
         "the body has more than 2000 bytes (limits.body_bytes), must be "
         "smaller",
         REJECTED("too_large")},
    };
    (void)state;
    open_with("{}");
    check_row(&service, &rows[0]);
    check_row(&service, &rows[1]);
}

/* A push that cannot be committed is neither acknowledged nor logged. */
static void test_unavailable(void **state) {
    const struct asked asked = WRITE(START("1"));
    (void)state;
    open_with("{\"log\": \"logfmt\"}");
    outsider_run("DROP TABLE session_time");
    log_capture();
    struct exchange exchange = answer(&service, &asked);
    log_release();
    assert_int_equal(exchange.response.status, 503);
    assert_non_null(strstr(exchange.response.body.data,
                           "; nothing was counted, send it again\n"));
    assert_string_equal(exchange.response.headers.data,
                        "Vary: Origin\r\nRetry-After: 1\r\n");
    exchange_free(&exchange);
    struct strbuf log = whole_file("log");
    assert_null(strstr(log.data, "Received"));
    strbuf_free(&log);
}

/* A session message and its log line. */
static void test_log(void **state) {
    (void)state;
    open_with("{\"log\": \"logfmt\"}");
    const struct asked asked[] = {
        WRITE(START("1")),
        WRITE("{\"uuid\":\"2\",\"dashboard\":{\"uid\":\"new\"}}"),
        WRITE("{\"uuid\":\"3\",\"time\":1}"),
        WRITE_WITH(START("4"), "HTTP_DNT=1"),
    };
    log_capture();
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        struct exchange exchange = answer(&service, &asked[i]);
        exchange_free(&exchange);
    }
    log_release();
    struct strbuf log = whole_file("log");
    struct strbuf steady = {0};
    for (const char *line = log.data; *line; line += strcspn(line, "\n") + 1) {
        const char *time = strstr(line, " time=1");
        assert_non_null(time);
        strbuf_printf(&steady, "%.*s\n", (int)(time - line), line);
    }
    assert_string_equal(steady.data,
                        "level=info msg=\"Received session data\" uuid=1 "
                        "type=start has_focus=false dashboard_name=D "
                        "dashboard_uid=d user_role=user user_theme=dark\n"
                        "level=info msg=\"Received session data\" uuid=2 "
                        "type=heartbeat has_focus=false dashboard_uid=new "
                        "user_role=user user_theme=dark\n");
    strbuf_free(&log);
    strbuf_free(&steady);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_good),      TEST(test_bad),   TEST(test_opt_out_ignored),
        TEST(test_disabled),  TEST(test_times), TEST(test_gzip),
        TEST(test_too_large), TEST(test_log),   TEST(test_unavailable),
    };
    return cmocka_run_group_tests_name("endpoint_write", tests, NULL, NULL);
}

/* POST /write: for each input the status, the message and what was counted; and
 * what of a person is kept by which settings. */
#include <zlib.h>

#include "exposition.h"
#include "file.h"
#include "scrape.h"
#include "service_fixture.h"

static struct service service;

/* sessions: the settings, as an object. */
static void open_with(const char *sessions) {
    static char path[PATH_MAX];
    struct strbuf text = {0};
    (void)mkdir(scratch_path("metrics.d"), 0700);
    scratch_write("key", "0123456789abcdef\n");
    strbuf_printf(&text,
                  "{\"database\": \"t.db\", "
                  "\"origins\": [\"https://grafana.example.org\"], "
                  "\"limits\": {\"body_bytes\": 2000}, \"sessions\": %s}",
                  sessions);
    scratch_write("tallyman.json", text.data);
    strbuf_free(&text);
    (void)snprintf(path, sizeof(path), "%s", scratch_path("tallyman.json"));
    assert_int_equal(service_open(&service, path), 0);
    service.telemetry_at = service_seconds() + 1000; /* not due in a test */
}

static int close_service(void **state) {
    log_release();
    service_close(&service);
    return scratch_clear(state);
}

struct row {
    const char *name;
    struct asked asked;
    int status;
    const char *line; /* NULL: no body */
    const char *counters;
};

#define WRITE_WITH(body, ...)                                                  \
    {                                                                          \
        "POST", "/write", body, sizeof(body) - 1, {                            \
            __VA_ARGS__                                                        \
        }                                                                      \
    }
#define WRITE(body) WRITE_WITH(body, NULL)
#define REJECTED(reason)                                                       \
    "tallyman_pushes_rejected_total sessions " reason " 1\n"
#define ACCEPTED "tallyman_pushes_total sessions accepted 1\n"
#define OPTED_OUT "tallyman_pushes_total sessions opted_out 1\n"
#define START(uuid)                                                            \
    "{\"uuid\":\"" uuid "\",\"type\":\"start\","                               \
    "\"dashboard\":{\"uid\":\"d\",\"name\":\"D\"}}"
#define NO_UUID "uuid: missing, must be 1 to 64 printable ASCII characters"

static const struct row good[] = {
    {"no type", WRITE(START("1")), 201, NULL, ACCEPTED},
    {"no-cors fetch",
     WRITE_WITH(START("2"), "CONTENT_TYPE=text/plain;charset=UTF-8",
                "HTTP_ORIGIN=https://grafana.example.org"),
     201, NULL, ACCEPTED},
    {"JSON", WRITE_WITH(START("3"), "CONTENT_TYPE=application/json"), 201, NULL,
     ACCEPTED},
    {"flattened",
     WRITE("{\"uuid\":\"4\",\"dashboard.uid\":\"d\",\"dashboard.name\":\"D\"}"),
     201, NULL, ACCEPTED},
    {"opted out by GPC", WRITE_WITH(START("5"), "HTTP_SEC_GPC=1"), 201, NULL,
     OPTED_OUT},
    {"opted out by DNT", WRITE_WITH(START("5"), "HTTP_DNT=1"), 201, NULL,
     OPTED_OUT},
    {"opted out, whatever it is", WRITE_WITH("[", "HTTP_SEC_GPC=1"), 201, NULL,
     OPTED_OUT},
    {"a dashboard that is not saved",
     WRITE("{\"uuid\":\"6\",\"dashboard\":{\"uid\":\"new\"}}"), 201, NULL, ""},
    {"the same again", WRITE(START("1")), 201, NULL, ACCEPTED},
    {"preflight",
     {"OPTIONS",
      "/write",
      NULL,
      0,
      {"HTTP_ORIGIN=https://grafana.example.org"}},
     204,
     NULL,
     ""},
};

static const struct row bad[] = {
    {"no body",
     {"POST", "/write", NULL, 0, {NULL}},
     400,
     "line 1, column 1: not valid JSON: the text ends too early",
     REJECTED("malformed")},
    {"no JSON", WRITE("{\n\"uuid\": x}"), 400,
     "line 2, column 9: not valid JSON: invalid char in json text.",
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
     "GET: not here, must be POST, OPTIONS",
     REJECTED("method")},
    {"media type", WRITE_WITH(START("1"), "CONTENT_TYPE=text/html"), 415,
     "Content-Type must be application/json or text/plain",
     REJECTED("media_type")},
    {"encoding", WRITE_WITH(START("1"), "HTTP_CONTENT_ENCODING=br"), 415,
     "Content-Encoding must be gzip or left out", REJECTED("encoding")},
    {"origin", WRITE_WITH(START("1"), "HTTP_ORIGIN=https://example.com"), 403,
     "origin https://example.com may not push here; list it under `origins` in "
     "the configuration",
     REJECTED("origin")},
    {"cut short", WRITE_WITH(START("1"), "CONTENT_LENGTH=1000"), 400,
     "the body is shorter than its Content-Length", REJECTED("malformed")},
};

static void check_row(const struct row *row) {
    struct exchange exchange = answer(&service, &row->asked);
    struct strbuf counters = pending_counters(&service);
    struct strbuf got = {0};
    struct strbuf want = {0};
    const struct strbuf *body = &exchange.response.body;
    bool any = row->status == 400 && !row->line;
    strbuf_printf(&got, "%d %s%s", exchange.response.status,
                  body->data && !any ? body->data : "",
                  counters.data ? counters.data : "");
    strbuf_printf(&want, "%d %s%s%s", row->status, row->line ? row->line : "",
                  row->line ? "\n" : "", row->counters);
    if (strcmp(got.data, want.data) != 0)
        fail_msg("%s\nwants\n%sbut is\n%s", row->name, want.data, got.data);
    telemetry_clear(&service.telemetry);
    strbuf_free(&got);
    strbuf_free(&want);
    strbuf_free(&counters);
    exchange_free(&exchange);
}

#define SESSIONS                                                               \
    "SELECT labels, value FROM series JOIN family ON family.id = family_id "   \
    "WHERE name = 'grafana_analytics_sessions_total' ORDER BY labels"

static void test_good(void **state) {
    (void)state;
    open_with("{}");
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        check_row(&good[i]);
    assert_rows(SESSIONS,
                "{\"dashboard_name\":\"D\",\"dashboard_uid\":\"d\","
                "\"user_role\":\"user\",\"user_theme\":\"dark\"}|4.0\n");
}

static void test_bad(void **state) {
    (void)state;
    open_with("{}");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        check_row(&bad[i]);
    assert_rows(SESSIONS, "");
    assert_rows("SELECT count(*) FROM session", "0\n");
}

static void test_opt_out_ignored(void **state) {
    const struct row row = {"ignored", WRITE_WITH(START("1"), "HTTP_SEC_GPC=1"),
                            201, NULL, ACCEPTED};
    (void)state;
    open_with("{}");
    service.config->respect_gpc = false;
    check_row(&row);
}

/* Nothing of it is read, answered to a preflight, or counted. */
static void test_disabled(void **state) {
    static const char message[] =
        "Grafana sessions are not counted here; to count them, set "
        "`sessions.enabled` to true in the configuration";
    static const struct row rows[] = {
        {"POST", WRITE(START("1")), 404, message, ""},
        {"GET", {"GET", "/write", NULL, 0, {NULL}}, 404, message, ""},
        {"OPTIONS", {"OPTIONS", "/write", NULL, 0, {NULL}}, 404, message, ""},
    };
    (void)state;
    open_with("{\"enabled\": false}");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(&rows[i]);
    assert_rows("SELECT name FROM family WHERE name LIKE 'grafana%'", "");
}

/* The answer to a message of a time from now, in seconds. */
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
        const char *message; /* up to the digits that time changes */
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
            (message && !strstr(body, times[i].seconds < 0
                                          ? " s behind the server's, must be "
                                            "in Unix seconds and within 86400 "
                                            "s of it\n"
                                          : " s ahead of the server's, must "
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
                            NULL,
                            ACCEPTED};
    assert_int_equal(deflateEnd(&stream), Z_OK);
    check_row(&row);
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
         NULL,
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
    check_row(&rows[0]);
    check_row(&rows[1]);
}

/* Every byte of it, NUL bytes as spaces. */
static struct strbuf whole_file(const char *name) {
    struct strbuf text = {0};
    struct err err = {.code = ERR_NONE};
    if (file_read(scratch_path(name), 64 << 20, &text, &err) != 0)
        fail_msg("%s: %s", name, err.message);
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '\0')
            text.data[i] = ' ';
    return text;
}

/* What cannot be committed is not acknowledged, and not in the log. */
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

/* A person, whose e-mail address is nobody's business. */
#define EMAIL "mary.personal"
#define PERSON                                                                 \
    "{\"uuid\":\"%s\",\"type\":\"%s\","                                        \
    "\"dashboard\":{\"uid\":\"d\",\"name\":\"D\"},"                            \
    "\"user\":{\"id\":17,\"login\":\"mlovelace\",\"name\":\"Mary Lovelace\","  \
    "\"email\":\"" EMAIL "@example.org\"},"                                    \
    "\"variables\":[{\"name\":\"region\",\"values\":[\"north\"]},"             \
    "{\"name\":\"who\",\"values\":[\"" EMAIL "\"]}]}"

static const struct {
    const char *settings;
    bool login;
    bool name;
    bool hash; /* the first 16 digits of the HMAC-SHA256 of the login */
    bool region;
} privacy[] = {
    {"{}", false, false, false, false},
    {"{\"log\": \"logfmt\"}", false, false, false, false},
    {"{\"log\": \"json\", \"variables\": [\"region\"]}", false, false, false,
     true},
    {"{\"log\": \"logfmt\", \"user_labels\": true, "
     "\"variables\": [\"region\"]}",
     true, true, false, true},
    {"{\"log\": \"json\", \"user_labels\": true}", true, true, false, false},
    {"{\"log\": \"json\", \"user_labels\": true, "
     "\"drop_labels\": [\"user_name\"]}",
     true, false, false, false},
    {"{\"log\": \"logfmt\", \"user_labels\": \"hash\", "
     "\"hash_key_file\": \"key\", \"variables\": [\"region\"]}",
     false, false, true, true},
    {"{\"log\": \"json\", \"user_labels\": \"hash\", "
     "\"hash_key_file\": \"key\", \"drop_labels\": [\"user_login\"]}",
     false, false, false, false},
};

static struct strbuf scrape_text(void) {
    struct reader *reader = NULL;
    struct response response = {.status = 0};
    const struct scrape what = {service.config, EXPOSITION_TEXT, true, &reader,
                                service_now_ms() / 1000};
    scrape_run(&what, &response);
    assert_int_equal(response.status, 200);
    reader_close(reader);
    struct strbuf text = response.body;
    response.body = (struct strbuf){0};
    response_free(&response);
    return text;
}

static void check_kept(const char *settings, const char *where,
                       const struct strbuf *text, const char *what, bool kept) {
    bool found = text->data && strstr(text->data, what);
    if (found != kept)
        fail_msg("%s: %s: %s is %s", settings, where, what,
                 found ? "there" : "not there");
}

static void push_person(const char *uuid, const char *type) {
    struct strbuf body = {0};
    strbuf_printf(&body, PERSON, uuid, type);
    const struct asked asked = {"POST", "/write", body.data, body.len, {NULL}};
    struct exchange exchange = answer(&service, &asked);
    assert_int_equal(exchange.response.status, 201);
    exchange_free(&exchange);
    strbuf_free(&body);
}

static void check_privacy(size_t i) {
    static const char hash[] = "b5858d4ffd6178ac";
    const char *settings = privacy[i].settings;
    bool logs = strstr(settings, "\"log\"") != NULL;
    open_with(settings);
    scratch_write("log", "");
    log_capture();
    push_person("1", "start");
    push_person("1", "heartbeat");
    push_person("1", "end");
    push_person("2", "start");
    log_release();
    struct strbuf texts[] = {whole_file("t.db"), whole_file("t.db-wal"),
                             scrape_text(), whole_file("log")};
    static const char *const names[] = {"database", "WAL", "scrape", "log"};
    for (size_t j = 1; j < 4; j++) {
        bool there = j < 3 || logs;
        check_kept(settings, names[j], &texts[j], "mlovelace",
                   privacy[i].login && there);
        check_kept(settings, names[j], &texts[j], "Mary Lovelace",
                   privacy[i].name && there);
        check_kept(settings, names[j], &texts[j], hash,
                   privacy[i].hash && there);
        check_kept(settings, names[j], &texts[j], "north",
                   privacy[i].region && j < 3);
    }
    for (size_t j = 0; j < 4; j++) {
        check_kept(settings, names[j], &texts[j], EMAIL, false);
        strbuf_free(&texts[j]);
    }
}

static void test_privacy(void **state) {
    for (size_t i = 0; i < sizeof(privacy) / sizeof(privacy[0]); i++) {
        if (i > 0) {
            assert_int_equal(close_service(state), 0);
            assert_int_equal(scratch_make(state), 0);
        }
        check_privacy(i);
    }
}

/* What a scrape says of sessions, and only that. */
static void check_exposed(const char *want) {
    struct strbuf text = scrape_text();
    struct strbuf got = {0};
    for (const char *line = text.data; *line;) {
        int len = (int)strcspn(line, "\n");
        if (strncmp(line, "grafana_", 8) == 0 &&
            strncmp(line, "grafana_analytics_session_d", 27) != 0)
            strbuf_printf(&got, "%.*s\n", len, line);
        line += len + 1;
    }
    assert_string_equal(got.data, want);
    strbuf_free(&text);
    strbuf_free(&got);
}

static void test_exposed(void **state) {
    (void)state;
    open_with("{\"variables\": [\"region\"], \"drop_labels\": [\"user_theme\", "
              "\"user_role\", \"dashboard_name\"]}");
    push_person("1", "start");
    push_person("2", "start");
    push_person("2", "end");
    check_exposed("grafana_analytics_build_info{version=\"0.1.0\"} 1\n"
                  "grafana_analytics_sessions_active{dashboard_uid=\"d\"} 1\n"
                  "grafana_analytics_sessions_duration_seconds_total{"
                  "dashboard_uid=\"d\"} 0\n"
                  "grafana_analytics_sessions_focused_seconds_total{"
                  "dashboard_uid=\"d\"} 0\n"
                  "grafana_analytics_sessions_total{dashboard_uid=\"d\"} 2\n"
                  "grafana_analytics_up 1\n"
                  "grafana_analytics_variables_total{dashboard_uid=\"d\","
                  "value=\"north\",variable=\"region\"} 2\n");
}

/* A row and all that log_line writes. */
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

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, close_service)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_good),
        TEST(test_bad),
        TEST(test_opt_out_ignored),
        TEST(test_disabled),
        TEST(test_times),
        TEST(test_gzip),
        TEST(test_too_large),
        TEST(test_privacy),
        TEST(test_exposed),
        TEST(test_log),
        TEST(test_unavailable),
    };
    return cmocka_run_group_tests_name("door_write", tests, NULL, NULL);
}

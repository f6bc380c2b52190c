/* Pushes to /metrics and below: access, and the status, reply and counters of
 * each. */
#include "base/guide.h"
#include "record_fixture.h"

static const char config_text[] =
    "{\"database\": \"t.db\", \"push_token_file\": \"tokens\",\n"
    " \"origins\": [\"https://app.example.org\"],\n"
    " \"limits\": {\"body_bytes\": 2000, \"trusted_body_bytes\": 3000,\n"
    "            \"label_value_bytes\": 12}}\n";

static int open_trusting(void **state) {
    static char path[PATH_MAX];
    if (scratch_make(state) != 0)
        return -1;
    (void)mkdir(scratch_path("metrics.d"), 0700);
    (void)snprintf(path, sizeof(path), "%s", scratch_path("tallyman.json"));
    scratch_write("metrics.d/a.json", fixture_families);
    scratch_write("tokens", "0123456789abcdef0123456789abcdef c\n"
                            "fedcba9876543210fedcba9876543210\n");
    scratch_write("tallyman.json", config_text);
    assert_int_equal(service_open(&service, path), 0);
    service.telemetry_at = service_seconds() + 1000; /* not due in a test */
    return 0;
}

#define PUSHES "tallyman_pushes_total exposition accepted 1\n"
#define REJECTED(reason)                                                       \
    "tallyman_pushes_rejected_total exposition " reason " 1\n"
#define REFUSED(reason, count)                                                 \
    REJECTED("refused")                                                        \
    "tallyman_samples_rejected_total exposition " reason " " count "\n"
#define LOCAL "REMOTE_ADDR=127.0.0.1"
#define C_TEXT "# TYPE c counter\nc{l=\"a\"} 2\n"
#define ASKED(method, uri, body, ...)                                          \
    {                                                                          \
        method, uri, body, sizeof(body) - 1, {                                 \
            __VA_ARGS__                                                        \
        }                                                                      \
    }
#define BYTES_100                                                              \
    "# 345678 1 2345678 2 2345678 3 2345678 4 2345678 5 2345678 6 2345678 7 "  \
    "2345678 8 2345678 9 2345678 10\n"
#define BYTES_1000                                                             \
    BYTES_100 BYTES_100 BYTES_100 BYTES_100 BYTES_100 BYTES_100 BYTES_100      \
        BYTES_100 BYTES_100 BYTES_100

static const struct row rows[] = {
    {"a push without a job", ASKED("POST", "/metrics", C_TEXT, LOCAL), 202, "",
     PUSHES "tallyman_samples_total exposition 1\n"},
    {"the label in the path", ASKED("PUT", "/metrics/l/b", "c 1\n", LOCAL), 202,
     "", PUSHES "tallyman_samples_total exposition 1\n"},
    {"a form, as curl calls it",
     ASKED("POST", "/metrics", C_TEXT, LOCAL,
           "CONTENT_TYPE=application/x-www-form-urlencoded"),
     202, "", PUSHES "tallyman_samples_total exposition 1\n"},
    {"OpenMetrics",
     ASKED("POST", "/metrics",
           "# TYPE c counter\nc_total{l=\"a\"} 2.0\n# EOF\n", LOCAL,
           "CONTENT_TYPE=application/openmetrics-text; version=1.0.0"),
     202, "", PUSHES "tallyman_samples_total exposition 1\n"},
    {"protobuf",
     ASKED("POST", "/metrics",
           "\x1a\x0a\x01"
           "c\x18\x00\x22\x13\x0a\x06\x0a\x01l\x12\x01"
           "a\x1a\x09\x09\0\0\0\0\0\0\x08@",
           LOCAL,
           "CONTENT_TYPE=application/vnd.google.protobuf; "
           "proto=io.prometheus.client.MetricFamily; encoding=delimited"),
     202, "", PUSHES "tallyman_samples_total exposition 1\n"},
    {"protobuf, with quoted parameters",
     ASKED("POST", "/metrics", "\x04\x0a\x02gh", LOCAL,
           "CONTENT_TYPE=application/vnd.google.protobuf; "
           "encoding=\"delimited\"; "
           "proto=\"io.prometheus.client.MetricFamily\""),
     202, "", PUSHES},
    {"gauge histograms are left out",
     ASKED("POST", "/metrics",
           "# TYPE g gaugehistogram\ng_gcount{a=\"1\"} 1\n"
           "g_gcount{a=\"2\"} 1\n" C_TEXT,
           LOCAL),
     202, "",
     PUSHES "tallyman_samples_total exposition 1\n"
            "tallyman_samples_rejected_total exposition unsupported_type 2\n"},
    {"an empty body", ASKED("PUT", "/metrics/job/j", "", LOCAL), 200, "",
     PUSHES},
    {"an empty body, said to be gzip",
     ASKED("PUT", "/metrics/job/j", "", LOCAL, "HTTP_CONTENT_ENCODING=gzip"),
     200, "", PUSHES},
    {"dropped families",
     ASKED("POST", "/metrics", "go_info 1\nprocess_x 1\n", LOCAL), 202, "",
     PUSHES "tallyman_samples_rejected_total exposition dropped_family 2\n"},
    {"a token",
     ASKED("POST", "/metrics", C_TEXT, "REMOTE_ADDR=192.0.2.1",
           "HTTP_AUTHORIZATION=Bearer 0123456789abcdef0123456789abcdef"),
     202, "", PUSHES "tallyman_samples_total exposition 1\n"},
    {"a user of the web server",
     ASKED("POST", "/metrics", C_TEXT, "REMOTE_ADDR=192.0.2.1",
           "REMOTE_USER=ann"),
     202, "", PUSHES "tallyman_samples_total exposition 1\n"},
    {"more than a stranger may send",
     ASKED("POST", "/metrics", BYTES_1000 BYTES_1000 C_TEXT, LOCAL), 202, "",
     PUSHES "tallyman_samples_total exposition 1\n"},
    {"preflight", ASKED("OPTIONS", "/metrics/job/j", "", LOCAL), 204, "", ""},
    {"another method", ASKED("PATCH", "/metrics", "", LOCAL), 405,
     "PATCH is not allowed here, must be GET, HEAD, PUT, POST, DELETE, OPTIONS",
     REJECTED("method")},
    {"reading a group", ASKED("GET", "/metrics/job/j", "", LOCAL), 405,
     "GET is not allowed here, must be PUT, POST, DELETE, OPTIONS",
     REJECTED("method")},
    {"another token",
     ASKED("POST", "/metrics", C_TEXT, LOCAL,
           "HTTP_AUTHORIZATION=Bearer 0123456789abcdef"),
     401,
     "the token or password is unknown; it must be a token of "
     "`push_token_file`, or the web server must authenticate the user and pass "
     "on REMOTE_USER and AUTH_TYPE" SEE GUIDE_TRUST,
     REJECTED("unauthorized")},
    {"a family that the token may not push",
     ASKED("POST", "/metrics", "h 1\nc{l=\"a\"} 1\n", LOCAL,
           "HTTP_AUTHORIZATION=Bearer 0123456789abcdef0123456789abcdef"),
     403,
     "line 1: h is not among the families that this token may push; nothing "
     "was counted" SEE GUIDE_TRUST,
     REFUSED("forbidden", "2")},
    {"another origin",
     ASKED("POST", "/metrics", C_TEXT, LOCAL,
           "HTTP_ORIGIN=https://evil.example.net"),
     403,
     "origin https://evil.example.net may not push here; list it under "
     "`origins` in the configuration" SEE GUIDE_PAGES,
     REJECTED("origin")},
    {"an odd path", ASKED("POST", "/metrics/job/j/x", C_TEXT, LOCAL), 400,
     "path: the last label, \"x\", has no value, must be pairs of "
     "/<label>/<value>",
     REJECTED("path")},
    {"nothing to remove", ASKED("DELETE", "/metrics", "", LOCAL), 400,
     "path: has no label, must name the series to remove, such as "
     "/metrics/job/J",
     REJECTED("path")},
    {"JSON",
     ASKED("POST", "/metrics", "{}", LOCAL, "CONTENT_TYPE=application/json"),
     415,
     "Content-Type must be text/plain, application/openmetrics-text or "
     "application/vnd.google.protobuf with encoding=delimited",
     REJECTED("media_type")},
    {"protobuf as text",
     ASKED("POST", "/metrics", "{}", LOCAL,
           "CONTENT_TYPE=application/vnd.google.protobuf; encoding=text"),
     415,
     "Content-Type must be text/plain, application/openmetrics-text or "
     "application/vnd.google.protobuf with encoding=delimited",
     REJECTED("media_type")},
    {"another encoding",
     ASKED("POST", "/metrics", C_TEXT, LOCAL, "HTTP_CONTENT_ENCODING=zstd"),
     415, "Content-Encoding must be gzip or left out", REJECTED("encoding")},
    {"too large",
     ASKED("POST", "/metrics", BYTES_1000 BYTES_1000 BYTES_1000 C_TEXT, LOCAL),
     413,
     "the body has more than 3000 bytes (limits.trusted_body_bytes), must be "
     "smaller",
     REJECTED("too_large")},
    {"cut short",
     ASKED("POST", "/metrics", C_TEXT, LOCAL, "CONTENT_LENGTH=100"), 400,
     "the body is shorter than its Content-Length", REJECTED("malformed")},
    {"not the format", ASKED("POST", "/metrics", "c 1\nc{ 1\n", LOCAL), 400,
     "line 2, column 4: expected the name of a label", REJECTED("malformed")},
    {"not protobuf",
     ASKED("POST", "/metrics", "c 1\n", LOCAL,
           "CONTENT_TYPE=application/vnd.google.protobuf; encoding=delimited"),
     400, "the message at byte 0: it has 99 bytes, but only 3 follow",
     REJECTED("malformed")},
    {"half of it unknown",
     ASKED("POST", "/metrics", "c{l=\"a\"} 1\nx 1\n", LOCAL), 400,
     "line 2: x is not in the allowlist; list it in a file of `metrics` or "
     "set `open_families` to true; nothing was counted" SEE GUIDE_ALLOWLIST,
     REFUSED("unknown_family", "2")},
};

#define USERS                                                                  \
    "SELECT name, labels, value FROM series JOIN total ON series_id = "        \
    "series.id JOIN family ON family.id = "                                    \
    "family_id WHERE name IN ('c', 'h') ORDER BY name, labels"

static void test_rows(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(&service, &rows[i]);
    /* Six of the pushes above add 2 to {l="a"}, and protobuf 3. */
    assert_rows(USERS, "c|{\"l\":\"a\"}|17.0\n"
                       "c|{\"l\":\"b\"}|1.0\n"
                       "h|{}|0.0\n");
}

/* A refused sender learns how to get access. */
static void test_unauthorized(void **state) {
    const struct asked asked =
        ASKED("POST", "/metrics/job/j", C_TEXT, "REMOTE_ADDR=192.0.2.1");
    struct exchange exchange = answer(&service, &asked);
    (void)state;
    assert_int_equal(exchange.response.status, 401);
    assert_non_null(strstr(exchange.response.headers.data,
                           "WWW-Authenticate: Basic realm=\"tallyman\", Bearer "
                           "realm=\"tallyman\"\r\n"));
    exchange_free(&exchange);
}

/* A removal sets a closed family to zero; a push in the same turn is counted
 * after it. */
static void test_removal(void **state) {
    const struct asked push = ASKED("PUT", "/metrics/l/a", "c 5\n", LOCAL);
    const struct asked removal = ASKED("DELETE", "/metrics/l/a", "", LOCAL);
    struct exchange first = {.state = EXCHANGE_ANSWERED};
    struct exchange second = {.state = EXCHANGE_ANSWERED};
    struct exchange *turn[] = {&first, &second};
    (void)state;
    for (int i = 0; i < 2; i++) {
        ask(&first, &push);
        ask(&second, &removal);
        run_turn(&service, turn, 2);
        assert_int_equal(first.response.status, 202);
        assert_int_equal(second.response.status, 202);
        assert_rows(USERS, "c|{\"l\":\"a\"}|5.0\n"
                           "c|{\"l\":\"b\"}|0.0\n"
                           "h|{}|0.0\n");
    }
    exchange_free(&first);
    exchange_free(&second);
}

static void check_answer(struct asked asked, int status, const char *body) {
    struct exchange exchange = answer(&service, &asked);
    assert_int_equal(exchange.response.status, status);
    assert_string_equal(
        exchange.response.body.data ? exchange.response.body.data : "", body);
    exchange_free(&exchange);
}

#define GROUPS                                                                 \
    "SELECT labels, pushed_at > 0, failed_at > 0, pushed_at > failed_at FROM " \
    "push_group ORDER BY labels"

/* A group has the times of its last accepted and its last refused push. A body
 * that cannot be parsed records no failure, as in the gateways. */
static void test_groups(void **state) {
    (void)state;
    check_answer((struct asked)ASKED("PUT", "/metrics/l/a", "c 5\n", LOCAL),
                 202, "");
    assert_rows(GROUPS, "{\"l\":\"a\"}|1|0|1\n");
    check_answer((struct asked)ASKED("PUT", "/metrics/l/a", "c 5 17\n", LOCAL),
                 400,
                 "line 1, column 5: the sample has a timestamp, must not have "
                 "one in a push\n");
    assert_rows(GROUPS, "{\"l\":\"a\"}|1|1|0\n");
    check_answer((struct asked)ASKED("PUT", "/metrics/job/j", "x 1\n", LOCAL),
                 400,
                 "line 1: x is not in the allowlist; list it in a file of "
                 "`metrics` or set `open_families` to true; nothing was "
                 "counted" SEE GUIDE_ALLOWLIST "\n");
    assert_rows(GROUPS, "{\"job\":\"j\"}|0|1|0\n{\"l\":\"a\"}|1|1|0\n");
    check_answer((struct asked)ASKED("PUT", "/metrics/l/b", "c 5{\n", LOCAL),
                 400, "line 1, column 3: the value \"5{\" is not a number\n");
    check_answer((struct asked)ASKED("PUT", "/metrics", "x 1\n", LOCAL), 400,
                 "line 1: x is not in the allowlist; list it in a file of "
                 "`metrics` or set `open_families` to true; nothing was "
                 "counted" SEE GUIDE_ALLOWLIST "\n");
    assert_rows(GROUPS, "{\"job\":\"j\"}|0|1|0\n{\"l\":\"a\"}|1|1|0\n");
    check_answer((struct asked)ASKED("DELETE", "/metrics/l/a", "", LOCAL), 202,
                 "0 series removed, 1 set to zero\n");
    check_answer((struct asked)ASKED("DELETE", "/metrics/l/a", "", LOCAL), 202,
                 "0 series removed, 0 set to zero\n");
    assert_rows(GROUPS, "{\"job\":\"j\"}|0|1|0\n");
    struct strbuf counters = pending_counters(&service);
    assert_non_null(strstr(counters.data, "malformed"));
    strbuf_free(&counters);
}

/* A refusal at the commit is a failure of the group, too. */
static void test_refused_at_commit(void **state) {
    (void)state;
    service.config->open_families = true;
    service.config->registry.open_families_max = 9;
    service.config->registry.open_series_max = 1;
    check_answer((struct asked)ASKED("PUT", "/metrics/job/j", "x 1\n", LOCAL),
                 200, "");
    check_answer(
        (struct asked)ASKED("PUT", "/metrics/job/k", "x 1\n", LOCAL), 400,
        "the push would raise the series of families that no file "
        "lists to 2, limits.series leaves 1 for them; push fewer label "
        "sets or raise the limit; nothing was counted\n");
    assert_rows(GROUPS, "{\"job\":\"j\"}|1|0|1\n{\"job\":\"k\"}|0|1|0\n");
    assert_rows("SELECT labels FROM series WHERE group_id IS NOT NULL",
                "{\"job\":\"j\"}\n");
}

/* If a file lists the push times, they are ordinary families with the permitted
 * labels. */
static void test_listed_times(void **state) {
    static const char times[] =
        "SELECT name, labels, value > 1e9 FROM series JOIN total ON series_id "
        "= series.id JOIN family ON "
        "family.id = family_id WHERE name LIKE 'push_%' ORDER BY 1, 2";
    (void)state;
    scratch_write(
        "metrics.d/b.json",
        "{\"allowedMetrics\": ["
        "{\"name\": \"push_time_seconds\", \"help\": \"h\", \"type\": "
        "\"gauge\", \"labels\": [{\"name\": \"job\", \"allowedValues\": "
        "[\"j\", \"k\"]}]},"
        "{\"name\": \"push_failure_time_seconds\", \"help\": \"h\", \"type\": "
        "\"gauge\", \"labels\": [{\"name\": \"job\", \"maxValues\": 5}]}]}");
    service_reload(&service, true);
    service.config->open_families = true;
    service.config->registry.open_families_max = 9;
    service.config->registry.open_series_max = 2;
    check_answer((struct asked)ASKED("PUT", "/metrics/job/j", "x 1\n", LOCAL),
                 200, "");
    check_answer((struct asked)ASKED("PUT", "/metrics/job/z", "x 1\n", LOCAL),
                 200, "");
    assert_rows(times, "push_time_seconds|{\"job\":\"j\"}|1\n"
                       "push_time_seconds|{\"job\":\"k\"}|0\n");
    struct exchange exchange =
        answer(&service,
               &(struct asked)ASKED("PUT", "/metrics/job/k", "x 1\n", LOCAL));
    assert_int_equal(exchange.response.status, 400);
    exchange_free(&exchange);
    exchange = answer(&service, &(struct asked)ASKED("PUT", "/metrics/job/j",
                                                     "x 1 1\n", LOCAL));
    assert_int_equal(exchange.response.status, 400);
    exchange_free(&exchange);
    assert_rows(times, "push_failure_time_seconds|{\"job\":\"j\"}|1\n"
                       "push_failure_time_seconds|{\"job\":\"k\"}|1\n"
                       "push_time_seconds|{\"job\":\"j\"}|1\n"
                       "push_time_seconds|{\"job\":\"k\"}|0\n");
}

static void test_no_store(void **state) {
    const struct asked asked = ASKED("POST", "/metrics", C_TEXT, LOCAL);
    (void)state;
    store_close(service.store);
    service.store = NULL;
    outsider_run("DROP TABLE meta");
    struct exchange exchange = answer(&service, &asked);
    assert_int_equal(exchange.response.status, 503);
    assert_non_null(
        strstr(exchange.response.headers.data, "Retry-After: 1\r\n"));
    struct strbuf counters = pending_counters(&service);
    assert_string_equal(counters.data, REJECTED("unavailable"));
    strbuf_free(&counters);
    exchange_free(&exchange);
}

#define TRUSTING(name)                                                         \
    cmocka_unit_test_setup_teardown(name, open_trusting, close_service)

int main(void) {
    const struct CMUnitTest tests[] = {
        TRUSTING(test_rows),
        TRUSTING(test_unauthorized),
        TRUSTING(test_removal),
        TRUSTING(test_groups),
        TRUSTING(test_refused_at_commit),
        TRUSTING(test_listed_times),
        TRUSTING(test_no_store),
    };
    return cmocka_run_group_tests_name("endpoint_push", tests, NULL, NULL);
}

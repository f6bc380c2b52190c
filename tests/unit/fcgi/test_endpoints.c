/* All endpoints but /record: routes, access to the scrape, and a whole
 * scrape. */
#include "base/guide.h"
#include "corpus.h"
#include "endpoints/scrape.h"
#include "metric_families.h"
#include "one_service_fixture.h"
#include "unpack.h"

/* clang-format off: a line for each */
#define NO_ENDPOINT(path)                                                      \
    "no such endpoint: /" path "; there are "                                  \
    "/record, "                                                                \
    "/write, "                                                                 \
    "/collect, "                                                               \
    "/metrics, "                                                               \
    "/v1/metrics, "                                                            \
    "/v1/traces, "                                                             \
    "/statsd, "                                                                \
    "/api/v1/metrics, "                                                        \
    "/api/v1/status, "                                                         \
    "/api/v1/status/buildinfo, "                                               \
    "/api/v1/query, "                                                          \
    "/api/v1/query_range, "                                                    \
    "/api/v1/labels, "                                                         \
    "/api/v1/label, "                                                          \
    "/api/v1/series, "                                                         \
    "/api/v1/metadata, "                                                       \
    "/api/v1/rules, "                                                          \
    "/api/v1/alerts, "                                                         \
    "/-/healthy, "                                                             \
    "/-/ready, "                                                               \
    "/status, "                                                                \
    "/, "                                                                      \
    "/login and "                                                              \
    "/logout "                                                                 \
    "below the mount" SEE GUIDE_PROGRAMS

static const struct {
    const char *method;
    const char *uri;
    const char *script_name;
    const char *path_info;
    int status;
    const char *body;
} paths[] = {
    {"GET", "/-/healthy", "", "", 200, "healthy\n"},
    {"HEAD", "/-/healthy?x=/record", "", "", 200, "healthy\n"},
    {"GET", "/-/ready", "", "", 200, "ready\n"},
    {"HEAD", "/-/ready", "", "", 200, "ready\n"},
    {"GET", "/status", "", "", 200, ""},
    {"GET", "//status", "", "", 200, ""},
    {"GET", "http://localhost/status", "", "", 200, ""},
    {"GET", "/tally/status", "/tally", "/status", 200, ""},
    {"GET", "/tally//status", "/tally", "//status", 200, ""},
    {"GET", "/status", "/status", "", 200, ""},
    {"GET", "/rewritten", "/cgi-bin/tallyman.fcgi", "/status", 200, ""},
    {"GET", "", "", "/status", 200, ""},
    {"GET", "/index.html", "", "", 404, NO_ENDPOINT("index.html") "\n"},
    {"GET", "/dashboard.js/", "", "", 404, NO_ENDPOINT("dashboard.js/") "\n"},
    {"POST", "/", "", "", 405, "POST is not allowed here, must be GET, HEAD\n"},
    {"PUT", "/dashboard.js", "", "", 405,
     "PUT is not allowed here, must be GET, HEAD\n"},
    {"GET", "/tally/status", "", "", 404, NO_ENDPOINT("tally/status") "\n"},
    {"GET", "/Status", "", "", 404, NO_ENDPOINT("Status") "\n"},
    {"GET", "/status/", "", "", 404, NO_ENDPOINT("status/") "\n"},
    {"GET", "/statu", "", "", 404, NO_ENDPOINT("statu") "\n"},
    {"GET", "/st%61tus", "", "", 404, NO_ENDPOINT("st%61tus") "\n"},
    {"GET", "/a\xffz\tz", "", "", 404, NO_ENDPOINT("a?z?z") "\n"},
    {"POST", "/-/healthy", "", "", 405,
     "POST is not allowed here, must be GET, HEAD\n"},
    {"POST", "/-/ready", "", "", 405,
     "POST is not allowed here, must be GET, HEAD\n"},
    {"PUT", "/status", "", "", 405,
     "PUT is not allowed here, must be GET, HEAD\n"},
    {"AVERYLONGMETHODTHATISNONE", "/status", "", "", 405,
     "AVERYLONGMETHODTHATI is not allowed here, must be GET, HEAD\n"},
};

static void test_paths(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        char script_name[100];
        char path_info[100];
        (void)snprintf(script_name, sizeof(script_name), "SCRIPT_NAME=%s",
                       paths[i].script_name);
        (void)snprintf(path_info, sizeof(path_info), "PATH_INFO=%s",
                       paths[i].path_info);
        const struct asked asked = {
            paths[i].method, paths[i].uri, NULL, 0, {script_name, path_info}};
        struct exchange exchange = answer(&service, &asked);
        const struct response *response = &exchange.response;
        const char *body = response->body.data ? response->body.data : "";
        if (response->status != paths[i].status ||
            strcmp(body, paths[i].body) != 0)
            fail_msg("%s %s: %d %s", paths[i].method, paths[i].uri,
                     response->status, body);
        const char *allow = response->headers.data && response->headers.len > 0
                                ? response->headers.data
                                : "";
        assert_string_equal(
            allow, paths[i].status == 405 ? "Allow: GET, HEAD\r\n" : "");
        exchange_free(&exchange);
    }
}

static void test_list(void **state) {
    (void)state;
    for (int i = 0; i < ENDPOINTS; i++) {
        const struct endpoint *endpoint = endpoints[i];
        assert_int_equal(endpoint->id, i);
        assert_non_null(endpoint->handle);
        if (!endpoint->telemetry && !endpoint->probe)
            continue;
        assert_non_null(endpoint->committed);
        assert_non_null(endpoint->refused);
    }
}

static void test_takes(void **state) {
    (void)state;
    assert_true(endpoint_takes(&endpoint_push, "PUT"));
    assert_true(endpoint_takes(&endpoint_push, "DELETE"));
    assert_true(endpoint_takes(&endpoint_push, "OPTIONS"));
    assert_false(endpoint_takes(&endpoint_push, "GET"));
    assert_false(endpoint_takes(&endpoint_push, "put"));
    assert_false(endpoint_takes(&endpoint_push, "PU"));
    assert_false(endpoint_takes(&endpoint_push, "PUT, POST"));
    assert_false(endpoint_takes(&endpoint_push, ""));
}

/* Only pushes are counted as pushes. */
static void test_not_counted(void **state) {
    const struct asked unknown = {"POST", "/nowhere", NULL, 0, {NULL}};
    const struct asked healthy = {"GET", "/-/healthy", NULL, 0, {NULL}};
    (void)state;
    assert_answer(&service, &unknown, 404, NO_ENDPOINT("nowhere"));
    assert_answer(&service, &healthy, 200, "healthy");
    struct strbuf counters = pending_counters(&service);
    assert_null(counters.data);
}

static void test_mount(void **state) {
    const struct asked below = {"GET", "/m/-/healthy", NULL, 0, {NULL}};
    const struct asked above = {"GET", "/-/healthy", NULL, 0, {NULL}};
    const struct asked beside = {"GET", "/mm/-/healthy", NULL, 0, {NULL}};
    const struct asked script = {
        "GET", "/m/-/healthy", NULL, 0, {"SCRIPT_NAME=/m/-"}};
    (void)state;
    service.config->mount = "/m/";
    assert_answer(&service, &below, 200, "healthy");
    assert_answer(&service, &script, 200, "healthy");
    assert_answer(
        &service, &above, 404,
        "/-/healthy is not below the configured mount /m/" SEE GUIDE_CONFIG);
    assert_answer(
        &service, &beside, 404,
        "/mm/-/healthy is not below the configured mount /m/" SEE GUIDE_CONFIG);
}

/* Ready means that a commit has just succeeded. */
static void test_ready_writes(void **state) {
    const struct asked ready = {"GET", "/-/ready", NULL, 0, {NULL}};
    (void)state;
    assert_rows("SELECT count(*) FROM meta WHERE key = 'checked_at'", "0\n");
    assert_answer(&service, &ready, 200, "ready");
    assert_rows("SELECT abs(value - unixepoch()) < 60 FROM meta "
                "WHERE key = 'checked_at'",
                "1\n");
}

static void test_token(void **state) {
    static const struct {
        const char *line;
        bool admitted;
        bool wrong; /* a bearer token was sent */
    } tokens[] = {
        {"HTTP_AUTHORIZATION=Bearer secret", true, false},
        {"HTTP_AUTHORIZATION=bearer secret", true, false},
        {"REDIRECT_HTTP_AUTHORIZATION=Bearer secret", true, false},
        {"HTTP_AUTHORIZATION=Bearer Secret", false, true},
        {"HTTP_AUTHORIZATION=Bearer secre", false, true},
        {"HTTP_AUTHORIZATION=Bearer secrets", false, true},
        {"HTTP_AUTHORIZATION=Bearer secretsecret", false, true},
        {"HTTP_AUTHORIZATION=Bearer ", false, true},
        {"HTTP_AUTHORIZATION=Basic secret", false, false},
        {"HTTP_AUTHORIZATION=secret", false, false},
        {"HTTP_AUTHORIZATION=", false, false},
        {"HTTP_X=", false, false},
    };
    (void)state;
    service.config->scrape_token = "secret";
    for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        const struct asked asked = {
            "GET", "/metrics", NULL, 0, {tokens[i].line}};
        struct exchange exchange = answer(&service, &asked);
        if ((exchange.state == EXCHANGE_SCRAPE) != tokens[i].admitted)
            fail_msg("%s", tokens[i].line);
        if (!tokens[i].admitted) {
            assert_int_equal(exchange.response.status, 401);
            assert_string_equal(
                exchange.response.body.data,
                tokens[i].wrong
                    ? "the token is not that of `scrape_token_file`" SEE
                          GUIDE_SCRAPE "\n"
                    : "the scrape needs the bearer token of "
                      "`scrape_token_file`; if it was sent, the web server "
                      "must pass on the Authorization header" SEE GUIDE_SCRAPE
                      "\n");
            assert_string_equal(
                exchange.response.headers.data,
                "WWW-Authenticate: Bearer realm=\"tallyman\"\r\n");
        }
        exchange_free(&exchange);
    }
}

static void test_no_token(void **state) {
    const struct asked get = {"GET", "/metrics", NULL, 0, {NULL}};
    const struct asked head = {"HEAD", "/metrics", NULL, 0, {NULL}};
    (void)state;
    struct exchange exchange = answer(&service, &get);
    assert_int_equal(exchange.state, EXCHANGE_SCRAPE);
    exchange_free(&exchange);
    exchange = answer(&service, &head);
    assert_int_equal(exchange.state, EXCHANGE_SCRAPE);
    exchange_free(&exchange);
}

static struct response scrape(enum exposition_format format, bool created,
                              struct reader **reader) {
    struct response response = {.status = 0};
    const struct scrape what = {service.config, format,
                                created,        service.reload_successful,
                                reader,         service_now_ms() / 1000,
                                NULL,           NULL};
    scrape_run(&what, &response);
    unpack_body(&response);
    return response;
}

/* Replaces the values that differ between machines and runs: sizes, birth times
 * and timestamps. */
static struct strbuf steady(const struct strbuf *text) {
    static const char *const names[] = {
        "tallyman_database_bytes ", "tallyman_wal_bytes ",
        "tallyman_disk_available_bytes ", "tallyman_disk_size_bytes ",
        "tallyman_commit_seconds_bucket", "tallyman_commit_seconds_sum",
        "tallyman_database_bytes{", "tallyman_wal_bytes{",
        "tallyman_disk_available_bytes{", "tallyman_disk_size_bytes{",
        "tallyman_commit_seconds{",
        /* As in the text formats, by endpoint. */
        "tallyman_pushes_rejected_total{door=<", "tallyman_pushes_total{door=<",
        "tallyman_samples_rejected_total{door=<",
        "tallyman_samples_total{door=<", "tallyman_series{family=<tallyman_"};
    struct strbuf out = {0};
    for (const char *line = text->data; *line;) {
        int len = (int)strcspn(line, "\n");
        int shown = len;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
            if (strncmp(line, names[i], strlen(names[i])) == 0)
                shown = -1;
        for (int i = 0; i + 8 < len && shown > 0; i++)
            if (memcmp(line + i, "_created", 8) == 0 ||
                memcmp(line + i, " since 1", 8) == 0)
                shown = i + 8;
        if (shown >= 0)
            strbuf_printf(&out, "%.*s\n", shown, line);
        line += len + 1;
    }
    return out;
}

static void check_scrape(enum exposition_format format, const char *suffix,
                         const char *content_type) {
    struct reader *reader = NULL;
    struct response response = scrape(format, true, &reader);
    assert_int_equal(response.status, 200);
    assert_string_equal(response.content_type, content_type);
    if (format == EXPOSITION_PROTOBUF)
        show_families(&response.body);
    struct strbuf text = steady(&response.body);
    corpus_expect("tests/data/scrape/all.c", suffix, &text);
    strbuf_free(&text);
    response_free(&response);
    reader_close(reader);
}

/* A whole scrape, sorted by name; own families include earlier pushes. */
static void test_scrape(void **state) {
    const struct asked bad = {"POST", "/record", "[", 1, {NULL}};
    (void)state;
    assert_push(&service, PUSH_C, 200, "OK");
    assert_push(&service, PUSH_H("0.5,1.5,7"), 200, "OK");
    assert_push(&service, "[5]", 200,
                "OK: 1 of 1 samples rejected: invalid_sample 1");
    assert_answer(&service, &bad, 400,
                  "line 1, column 2: not valid JSON: the text ends too early");
    service_commit_telemetry(&service);
    check_scrape(EXPOSITION_TEXT, ".text",
                 "text/plain; version=0.0.4; charset=utf-8");
    check_scrape(EXPOSITION_OPENMETRICS, ".openmetrics",
                 "application/openmetrics-text; version=1.0.0; charset=utf-8");
    check_scrape(EXPOSITION_PROTOBUF, ".protobuf",
                 "application/vnd.google.protobuf; "
                 "proto=io.prometheus.client.MetricFamily; encoding=delimited");
}

/* The query string selects birth times or is refused. */
static void test_query(void **state) {
    enum { REFUSED = -1, WITHOUT, WITH };
    static const struct {
        const char *query;
        int want;
    } cases[] = {
        {"", WITHOUT},
        {"?", WITHOUT},
        {"?created=1", WITH},
        {"?created=0", WITHOUT},
        {"?a=b&created=1", WITH},
        {"?created=1&a", WITH},
        {"?&&created=1&&", WITH},
        {"?created", WITHOUT},
        {"?recreated=1", WITHOUT},
        {"?Created=1", WITHOUT},
        {"?%63reated=1", WITHOUT},
        {"?a=b?created=1", WITHOUT},
        {"?name[]=up", WITHOUT},
        {"?created=", REFUSED},
        {"?created=2", REFUSED},
        {"?created=10", REFUSED},
        {"?created=%31", REFUSED},
        {"?created=true", REFUSED},
        {"?created=1&created=1", REFUSED},
        {"?created=1&created=0", REFUSED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char uri[100];
        (void)snprintf(uri, sizeof(uri), "/metrics%s", cases[i].query);
        const struct asked asked = {"GET", uri, NULL, 0, {NULL}};
        struct exchange exchange = answer(&service, &asked);
        int got =
            exchange.state == EXCHANGE_SCRAPE ? exchange.created : REFUSED;
        if (got != cases[i].want)
            fail_msg("%s: %d", cases[i].query, got);
        if (got == REFUSED) {
            assert_int_equal(exchange.response.status, 400);
            assert_string_equal(exchange.response.body.data,
                                "the parameter `created` must be 1 or 0, and "
                                "may be given only once\n");
        }
        exchange_free(&exchange);
    }
    /* A web server may omit REQUEST_URI. */
    const struct asked bare = {
        "GET", "", NULL, 0, {"PATH_INFO=/metrics", "QUERY_STRING=created=1"}};
    struct exchange exchange = answer(&service, &bare);
    assert_int_equal(exchange.state, EXCHANGE_SCRAPE);
    assert_true(exchange.created);
    exchange_free(&exchange);
}

/* Birth times, which double the samples that Prometheus stores, are opt-in. */
static void test_births(void **state) {
    struct reader *reader = NULL;
    (void)state;
    for (int created = 0; created < 2; created++) {
        struct response response =
            scrape(EXPOSITION_OPENMETRICS, created, &reader);
        assert_int_equal(response.status, 200);
        assert_int_equal(strstr(response.body.data, "_created") != NULL,
                         created);
        response_free(&response);
    }
    struct response response = scrape(EXPOSITION_TEXT, true, &reader);
    assert_null(strstr(response.body.data, "_created"));
    response_free(&response);
    reader_close(reader);
}

/* A reader kept between scrapes sees later commits. */
static void test_kept_reader(void **state) {
    struct reader *reader = NULL;
    (void)state;
    struct response response = scrape(EXPOSITION_TEXT, true, &reader);
    assert_non_null(strstr(response.body.data, "\nc{l=\"a\"} 0\n"));
    response_free(&response);
    assert_non_null(reader);
    assert_push(&service, PUSH_C, 200, "OK");
    service.reload_successful = false;
    response = scrape(EXPOSITION_TEXT, true, &reader);
    assert_non_null(strstr(response.body.data, "\nc{l=\"a\"} 1\n"));
    assert_non_null(strstr(response.body.data,
                           "\ntallyman_config_last_reload_successful 0\n"));
    response_free(&response);
    reader_close(reader);
}

/* A row with edited, invalid labels is left out; the rest of the scrape is
 * complete. */
static void test_damaged_row(void **state) {
    struct reader *reader = NULL;
    (void)state;
    outsider_run("UPDATE series SET labels = '{\"l\":5}' "
                 "WHERE labels = '{\"l\":\"a\"}'");
    struct response response = scrape(EXPOSITION_OPENMETRICS, false, &reader);
    assert_int_equal(response.status, 200);
    assert_null(strstr(response.body.data, "l=\"a\""));
    assert_non_null(strstr(response.body.data, "\nc{l=\"b\"} 0\n"));
    const char *end = response.body.data + response.body.len - 6;
    assert_string_equal(end, "# EOF\n");
    response_free(&response);
    reader_close(reader);
}

/* Without a database the scrape fails; the next one tries again. */
static void test_no_database(void **state) {
    struct reader *reader = NULL;
    char want[300];
    (void)state;
    assert_int_equal(rename(scratch_path("t.db"), scratch_path("u.db")), 0);
    struct response response = scrape(EXPOSITION_TEXT, true, &reader);
    assert_int_equal(response.status, 503);
    (void)snprintf(want, sizeof(want),
                   "the scrape failed: database %s: cannot be opened: No such "
                   "file or directory\n",
                   scratch_path("t.db"));
    assert_string_equal(response.body.data, want);
    assert_string_equal(response.headers.data, "Retry-After: 1\r\n");
    assert_null(reader);
    response_free(&response);
    assert_int_equal(rename(scratch_path("u.db"), scratch_path("t.db")), 0);
    response = scrape(EXPOSITION_TEXT, true, &reader);
    assert_int_equal(response.status, 200);
    response_free(&response);
    reader_close(reader);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, open_service, close_service)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_list),        TEST(test_takes),       TEST(test_paths),
        TEST(test_not_counted), TEST(test_mount),       TEST(test_ready_writes),
        TEST(test_token),       TEST(test_no_token),    TEST(test_query),
        TEST(test_births),      TEST(test_scrape),      TEST(test_kept_reader),
        TEST(test_damaged_row), TEST(test_no_database),
    };
    return cmocka_run_group_tests_name("endpoints", tests, NULL, NULL);
}

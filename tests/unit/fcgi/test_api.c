/* GET /api/v1/metrics and /api/v1/status: access, and whole replies. */
#include "base/guide.h"
#include "endpoints/scrape.h"
#include "one_service_fixture.h"

static const char metrics[] = "/api/v1/metrics";
static const char status[] = "/api/v1/status";

static const struct {
    const char *method;
    const char *uri;
    const char *token;
    int status; /* 0: the reply is made by a scrape */
    const char *body;
} requests[] = {
    {"GET", metrics, NULL, 0, ""},
    {"HEAD", metrics, NULL, 0, ""},
    {"POST", metrics, NULL, 405,
     "POST is not allowed here, must be GET, HEAD\n"},
    {"DELETE", status, NULL, 405,
     "DELETE is not allowed here, must be GET, HEAD\n"},
    {"GET", metrics, "secret", 401,
     "the token is not that of `scrape_token_file`" SEE GUIDE_SCRAPE "\n"},
    {"GET", status, "secret", 401,
     "the token is not that of `scrape_token_file`" SEE GUIDE_SCRAPE "\n"},
    {"GET", metrics, "given", 0, ""},
};

static void test_requests(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        const struct asked asked = {requests[i].method,
                                    requests[i].uri,
                                    NULL,
                                    0,
                                    {"HTTP_AUTHORIZATION=Bearer given"}};
        service.config->scrape_token = requests[i].token;
        struct exchange exchange = answer(&service, &asked);
        const char *body =
            exchange.response.body.data ? exchange.response.body.data : "";
        if ((exchange.state == EXCHANGE_SCRAPE) != (requests[i].status == 0) ||
            exchange.response.status != requests[i].status ||
            strcmp(body, requests[i].body) != 0)
            fail_msg("%s %s: %d %s", requests[i].method, requests[i].uri,
                     exchange.response.status, body);
        if (exchange.state == EXCHANGE_SCRAPE)
            assert_int_equal(exchange.format, EXPOSITION_JSON);
        exchange_free(&exchange);
    }
}

/* /metrics keeps its text formats. */
static void test_formats(void **state) {
    const struct asked text = {"GET", "/metrics", NULL, 0, {NULL}};
    const struct asked openmetrics = {
        "GET",
        "/metrics",
        NULL,
        0,
        {"HTTP_ACCEPT=application/openmetrics-text"}};
    (void)state;
    struct exchange exchange = answer(&service, &text);
    assert_int_equal(exchange.format, EXPOSITION_TEXT);
    exchange_free(&exchange);
    exchange = answer(&service, &openmetrics);
    assert_int_equal(exchange.format, EXPOSITION_OPENMETRICS);
    exchange_free(&exchange);
}

static struct response read_metrics(void) {
    struct reader *reader = NULL;
    struct response response = {.status = 0};
    const struct scrape what = {service.config, EXPOSITION_JSON,
                                false,          service.reload_successful,
                                &reader,        service_now_ms() / 1000,
                                NULL,           NULL};
    scrape_run(&what, &response);
    reader_close(reader);
    return response;
}

static void assert_metrics(const char *want) {
    struct response response = read_metrics();
    drop_times(&response.body);
    assert_int_equal(response.status, 200);
    assert_string_equal(response.content_type, "application/json");
    assert_string_equal(response.body.data, want);
    response_free(&response);
}

static void test_metrics(void **state) {
    (void)state;
    assert_push(&service, PUSH_C, 200, "OK");
    assert_push(&service, PUSH_H("0.5,1.5,7"), 200, "OK");
    service_commit_telemetry(&service);
    assert_metrics(
        "{\"status\":\"success\",\"data\":[{\"labels\":{},"
        "\"last_push_successful\":true,"
        "\"c\":{\"type\":\"COUNTER\",\"help\":\"A counter.\",\"metrics\":["
        "{\"labels\":{\"l\":\"a\"},\"value\":\"1\"},"
        "{\"labels\":{\"l\":\"b\"},\"value\":\"0\"}]},"
        "\"h\":{\"type\":\"HISTOGRAM\",\"help\":\"A histogram.\",\"metrics\":["
        "{\"labels\":{},\"buckets\":{\"1\":\"1\",\"2\":\"2\",\"+Inf\":\"3\"},"
        "\"count\":\"3\",\"sum\":\"9\"}]}}]}");
}

/* Without the responder's own families. */
static void test_empty(void **state) {
    (void)state;
    assert_push(&service, "[]", 200, "OK");
    scratch_write("metrics.d/a.json", "{\"allowedMetrics\": []}");
    service_reload(&service, true);
    service_commit_telemetry(&service);
    assert_metrics("{\"status\":\"success\",\"data\":[]}");
}

/* A row with edited, invalid labels is left out; the reply is valid JSON. */
static void test_damaged_row(void **state) {
    (void)state;
    outsider_run("UPDATE series SET labels = '{\"l\":5}' "
                 "WHERE labels = '{\"l\":\"a\"}'");
    outsider_run("UPDATE total SET buckets = '[1]' FROM series "
                 "WHERE series.id = series_id AND labels = '{}'");
    assert_metrics(
        "{\"status\":\"success\",\"data\":[{\"labels\":{},"
        "\"last_push_successful\":true,"
        "\"c\":{\"type\":\"COUNTER\",\"help\":\"A counter.\",\"metrics\":["
        "{\"labels\":{\"l\":\"b\"},\"value\":\"0\"}]}}]}");
}

static void test_no_database(void **state) {
    (void)state;
    assert_int_equal(unlink(scratch_path("t.db")), 0);
    struct response response = read_metrics();
    assert_int_equal(response.status, 503);
    assert_non_null(strstr(response.body.data, "the scrape failed: database"));
    assert_string_equal(response.headers.data, "Retry-After: 1\r\n");
    response_free(&response);
}

static void test_status(void **state) {
    const struct asked asked = {"GET", status, NULL, 0, {NULL}};
    (void)state;
    service.start_ms = 1700000000007;
    struct exchange exchange = answer(&service, &asked);
    assert_int_equal(exchange.state, EXCHANGE_ANSWERED);
    assert_int_equal(exchange.response.status, 200);
    assert_string_equal(exchange.response.content_type, "application/json");
    assert_string_equal(
        exchange.response.body.data,
        "{\"status\":\"success\",\"data\":{\"build_information\":"
        "{\"version\":\"0.1.0\"},\"flags\":{},"
        "\"start_time\":\"2023-11-14T22:13:20.007Z\",\"refusals\":[]}}");
    exchange_free(&exchange);
}

/* The start time does not change. */
static void test_start(void **state) {
    const int64_t start = service.start_ms;
    (void)state;
    assert_in_range(service_now_ms() - start, 0, 60000);
    service_reload(&service, true);
    assert_true(service.start_ms == start);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, open_service, close_service)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_requests), TEST(test_formats),     TEST(test_metrics),
        TEST(test_empty),    TEST(test_damaged_row), TEST(test_no_database),
        TEST(test_status),   TEST(test_start),
    };
    return cmocka_run_group_tests_name("endpoint_api", tests, NULL, NULL);
}

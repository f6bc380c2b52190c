/* refusal_log: recent refusals by name. */
#include "one_service_fixture.h"

#include "check.h"

static void push(const char *body) {
    struct asked asked = {"POST", "/record", body, strlen(body), {NULL}};
    struct exchange exchange = answer(&service, &asked);
    assert_int_equal(exchange.response.status, 200);
    exchange_free(&exchange);
}

/* The entries, with times in seconds since the test's start. */
static void check_log(const char *want) {
    struct strbuf text = {0};
    for (size_t i = 0; i < REFUSAL_LOG_MAX; i++) {
        service.refusals.listed[i].at_ms =
            service.refusals.listed[i].reason ? 7000 : 0;
        service.refusals.others[i].at_ms =
            service.refusals.others[i].reason ? 7000 : 0;
    }
    refusal_log_write(&service.refusals, &text);
    check_text("log", text.data, want);
    strbuf_free(&text);
}

#define LABEL_L                                                                \
    "{\"reason\":\"label_value\",\"family\":\"c\",\"label\":\"l\",\"pushes\":"

/* Names, never values; an invalid name is "". */
static void test_names(void **state) {
    (void)state;
    check_log("[]");
    push("[{\"metricName\":\"c\",\"metricType\":\"counter\",\"labels\":{"
         "\"l\":\"secret\"},\"inc\":1},{\"metricName\":\"a@b.example\"}]");
    push("[{\"metricName\":\"c\",\"metricType\":\"counter\",\"labels\":{"
         "\"l\":\"other\"},\"inc\":1},{\"metricName\":\"\\\"\"}]");
    check_log("[" LABEL_L "2,\"time\":7},{\"reason\":\"unknown_family\","
              "\"family\":\"\",\"label\":\"\",\"pushes\":2,\"time\":7}]");
}

/* Invented families displace each other, but no listed one. */
static void test_flood(void **state) {
    char body[64];
    size_t names = 0;
    struct strbuf text = {0};
    (void)state;
    push("[{\"metricName\":\"c\",\"metricType\":\"counter\",\"labels\":{"
         "\"l\":\"x\"},\"inc\":1}]");
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(body, sizeof(body), "[{\"metricName\":\"f%d\"}]", i);
        push(body);
    }
    refusal_log_write(&service.refusals, &text);
    assert_non_null(strstr(text.data, LABEL_L "1,"));
    for (const char *at = text.data; (at = strstr(at, "\"family\":\"f")); at++)
        names++;
    assert_int_equal(names, REFUSAL_LOG_MAX);
    strbuf_free(&text);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, open_service, close_service)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(test_names), TEST(test_flood)};
    return cmocka_run_group_tests_name("refusal_log", tests, NULL, NULL);
}

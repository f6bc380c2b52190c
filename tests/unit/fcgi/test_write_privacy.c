/* The personal data that each setting of sessions keeps, and where. */
#include "endpoints/scrape.h"
#include "expose/exposition.h"
#include "unpack.h"
#include "write_fixture.h"

/* A person with an e-mail address that must not be kept. */
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
    const struct scrape what = {
        service.config, EXPOSITION_TEXT,         true, true,
        &reader,        service_now_ms() / 1000, NULL, NULL};
    scrape_run(&what, &response);
    unpack_body(&response);
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

/* The families of sessions in a scrape. */
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

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_privacy),
        TEST(test_exposed),
    };
    return cmocka_run_group_tests_name("endpoint_write_privacy", tests, NULL,
                                       NULL);
}

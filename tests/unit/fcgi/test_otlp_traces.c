/* POST /v1/traces: the replies in each encoding, and that only the labels of a
 * span are kept. */
#include <glob.h>

#include "base/file.h"
#include "base/guide.h"
#include "endpoints/scrape.h"
#include "expose/exposition.h"
#include "otlp.pb-c.h"
#include "service_fixture.h"
#include "unpack.h"

static struct service service;

/* With the configuration and the families of tests/data/spans/config/all.json.
 */
static void open_service(void) {
    static char path[PATH_MAX];
    struct strbuf text = {0};
    struct err err = {.code = ERR_NONE};
    (void)snprintf(path, sizeof(path), "%s", scratch_path("all.json"));
    assert_int_equal(mkdir(scratch_path("all.d"), 0700), 0);
    assert_int_equal(
        file_read("tests/data/spans/config/all.json", 65536, &text, &err), 0);
    scratch_write("all.json", text.data);
    strbuf_reset(&text);
    assert_int_equal(file_read("tests/data/spans/config/all.d/traces.json",
                               65536, &text, &err),
                     0);
    scratch_write("all.d/traces.json", text.data);
    strbuf_free(&text);
    assert_int_equal(service_open(&service, path), 0);
    service.telemetry_at = service_seconds() + 1000; /* not due in a test */
}

static int close_service(void **state) {
    log_release();
    service_close(&service);
    return scratch_clear(state);
}

static struct exchange push_with(const char *type, const char *more,
                                 const char *body, size_t len) {
    char content_type[100];
    const struct asked asked = {
        "POST",
        "/v1/traces",
        body,
        len,
        {content_type, "HTTP_ORIGIN=http://shop.example",
         "HTTP_HOST=shop.example", "REMOTE_ADDR=192.0.2.7", more}};
    (void)snprintf(content_type, sizeof(content_type), "CONTENT_TYPE=%s", type);
    return answer(&service, &asked);
}

static struct exchange push(const char *type, const char *body, size_t len) {
    return push_with(type, NULL, body, len);
}

#define SPANS(spans)                                                           \
    "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[" spans "]}]}]}"
#define SPAN(more)                                                             \
    "{\"name\":\"a\",\"startTimeUnixNano\":\"1\",\"endTimeUnixNano\":"         \
    "\"2\"" more "}"
#define ATTRIBUTE(key, value)                                                  \
    ",\"attributes\":[{\"key\":\"" key                                         \
    "\",\"value\":{\"stringValue\":\"" value "\"}}]"

static void replies(void **state) {
    static const struct {
        const char *body;
        const char *want;
        int status;
    } rows[] = {
        {SPANS(SPAN("")),
         "{\"partialSuccess\":{\"rejectedSpans\":\"0\",\"errorMessage\":"
         "\"spans are counted, not kept\"}}",
         200},
        {"{}",
         "{\"partialSuccess\":{\"rejectedSpans\":\"0\",\"errorMessage\":"
         "\"spans are counted, not kept\"}}",
         200},
        {SPANS(SPAN("") "," SPAN(ATTRIBUTE("app.step", "secret")) ",{}"),
         "{\"partialSuccess\":{\"rejectedSpans\":\"2\",\"errorMessage\":"
         "\"spans are counted, not kept; 2 of 3 spans rejected: invalid_value "
         "1 (traces_span_metrics_duration_seconds), label_value 1 "
         "(traces_span_metrics_calls_total app_step); "
         "traces_span_metrics_duration_seconds: the span has no "
         "startTimeUnixNano, must have both times" SEE GUIDE_ALLOWLIST "\"}}",
         200},
        {"{\"resourceSpans\":1}",
         "{\"code\":3,\"message\":\"resourceSpans: is a number, must be an "
         "array\"}",
         400},
    };
    (void)state;
    open_service();
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct exchange exchange =
            push("application/json", rows[i].body, strlen(rows[i].body));
        check_text(rows[i].body, exchange.response.body.data, rows[i].want);
        check_number(rows[i].body, exchange.response.status, rows[i].status);
        check_text(rows[i].body, exchange.response.content_type,
                   "application/json");
        exchange_free(&exchange);
    }
}

/* An Idempotency-Key makes a push count once, and the repeat gets the same
 * reply; an opted-out push is not counted. */
static void once(void **state) {
    static const char body[] = SPANS(SPAN("") "," SPAN(""));
    static const char *const environment[] = {
        "HTTP_IDEMPOTENCY_KEY=k", "HTTP_IDEMPOTENCY_KEY=k", "HTTP_SEC_GPC=1"};
    (void)state;
    open_service();
    for (size_t i = 0; i < COUNT(environment); i++) {
        struct exchange exchange = push_with("application/json", environment[i],
                                             body, sizeof(body) - 1);
        assert_int_equal(exchange.response.status, 200);
        assert_string_equal(
            exchange.response.body.data,
            "{\"partialSuccess\":{\"rejectedSpans\":\"0\",\"errorMessage\":"
            "\"spans are counted, not kept\"}}");
        exchange_free(&exchange);
    }
    struct strbuf rows = outsider_rows(
        "SELECT sum(value), sum(count) FROM total JOIN series ON series.id = "
        "series_id JOIN family ON family.id = family_id WHERE name GLOB "
        "'traces_*'");
    assert_string_equal(rows.data, "2.0|2\n");
    strbuf_free(&rows);
}

/* `1: "spans..."`: the reply of protobuf. */
static void in_protobuf(void **state) {
    Otlp__Span span = OTLP__SPAN__INIT;
    Otlp__Span *spans[] = {&span};
    Otlp__ScopeSpans scope = OTLP__SCOPE_SPANS__INIT;
    Otlp__ScopeSpans *scopes[] = {&scope};
    Otlp__ResourceSpans group = OTLP__RESOURCE_SPANS__INIT;
    Otlp__ResourceSpans *groups[] = {&group};
    Otlp__ExportTraceServiceRequest request =
        OTLP__EXPORT_TRACE_SERVICE_REQUEST__INIT;
    uint8_t bytes[100];
    (void)state;
    open_service();
    scope.spans = spans;
    scope.n_spans = 1;
    group.scope_spans = scopes;
    group.n_scope_spans = 1;
    request.resource_spans = groups;
    request.n_resource_spans = 1;
    size_t len = otlp__export_trace_service_request__pack(&request, bytes);
    struct exchange exchange =
        push("application/x-protobuf", (const char *)bytes, len);
    const struct strbuf *body = &exchange.response.body;
    assert_int_equal(exchange.response.status, 200);
    assert_string_equal(exchange.response.content_type,
                        "application/x-protobuf");
    Otlp__Response *response =
        otlp__response__unpack(NULL, body->len, (const uint8_t *)body->data);
    assert_non_null(response);
    assert_int_equal(response->partial_success->rejected, 1);
    check_bytes("message",
                (const char *)response->partial_success->error_message.data,
                response->partial_success->error_message.len,
                BYTES("spans are counted, not kept; 1 of 1 spans rejected: "
                      "invalid_value 1 (traces_span_metrics_duration_seconds); "
                      "traces_span_metrics_duration_seconds: the span has no "
                      "startTimeUnixNano, must have both times"));
    otlp__response__free_unpacked(response, NULL);
    exchange_free(&exchange);
}

/* Pushes each file and appends the reply. */
static void push_files(const char *pattern, struct strbuf *answers) {
    glob_t found;
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_true(found.gl_pathc > 5);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct strbuf body = {0};
        struct err err = {.code = ERR_NONE};
        assert_int_equal(file_read(found.gl_pathv[i], 65536, &body, &err), 0);
        struct exchange exchange =
            push("application/json", body.data, body.len);
        assert_int_equal(exchange.response.status, 200);
        strbuf_add(answers, exchange.response.body.data,
                   exchange.response.body.len);
        exchange_free(&exchange);
        strbuf_free(&body);
    }
    globfree(&found);
}

/* Appends a file, with spaces for NUL bytes. */
static void add_file(const char *name, struct strbuf *out) {
    struct err err = {.code = ERR_NONE};
    size_t before = out->len;
    if (file_read(scratch_path(name), 64 << 20, out, &err) != 0)
        fail_msg("%s: %s", name, err.message);
    for (size_t i = before; i < out->len; i++)
        if (out->data[i] == '\0')
            out->data[i] = ' ';
}

/* Without Tallyman's own families, whose help mentions secrets. */
static void add_scrape(struct strbuf *out) {
    struct reader *reader = NULL;
    struct response response = {.status = 0};
    const struct scrape what = {
        service.config, EXPOSITION_TEXT,         true, true,
        &reader,        service_now_ms() / 1000, NULL, NULL};
    scrape_run(&what, &response);
    unpack_body(&response);
    for (const char *line = response.body.data; *line;) {
        size_t len = strcspn(line, "\n");
        if (!memmem(line, len, "tallyman_", 9))
            strbuf_add(out, line, len);
        line += len + (line[len] == '\n');
    }
    reader_close(reader);
    response_free(&response);
}

/* Ids, URLs, texts, and values of unlisted attributes are not in the database,
 * the log, a scrape or a reply. */
static void privacy(void **state) {
    static const char *const never[] = {"secret",
                                        "http://",
                                        "https://",
                                        "index.html",
                                        "127.0.0.1",
                                        "declined",
                                        "Mozilla",
                                        "1.2.3",
                                        "e6f34bea14c1d4af942c3ab11b0bf6a6",
                                        "9721cef84ede2751",
                                        "clicked",
                                        "domainLookup",
                                        "183353"};
    struct strbuf all = {0};
    (void)state;
    open_service();
    scratch_write("log", "");
    log_capture();
    push_files("tests/data/spans/ok/*.json", &all);
    log_release();
    add_scrape(&all);
    add_file("t.db", &all);
    add_file("t.db-wal", &all);
    add_file("log", &all);
    assert_null(memmem(all.data, all.len, "\xe6\xf3\x4b\xea\x14\xc1", 6));
    /* Listed attributes are found, so the search works. */
    assert_non_null(strstr(all.data, "documentFetch"));
    for (size_t i = 0; i < COUNT(never); i++) {
        const char *at = memmem(all.data, all.len, never[i], strlen(never[i]));
        if (at)
            fail_msg("%s is there: %.200s", never[i], at);
    }
    strbuf_free(&all);
}

int main(void) {
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, close_service)
    const struct CMUnitTest tests[] = {TEST(replies), TEST(once),
                                       TEST(in_protobuf), TEST(privacy)};
    return cmocka_run_group_tests_name("otlp_traces", tests, NULL, NULL);
}

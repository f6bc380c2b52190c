/* POST /collect: status, reply and counters of each push, the totals of
 * captured bodies of the Faro web SDK, and the parts of them that must not be
 * kept. */
#include <dirent.h>
#include <zlib.h>

#include "base/guide.h"
#include "corpus.h"
#include "record_fixture.h"

#define JSON "CONTENT_TYPE=application/json"
#define ORIGIN "HTTP_ORIGIN=https://app.example.org"
#define LOG "{\"logs\":[{\"level\":\"warn\",\"message\":\"secret\"}]}"
#define EVENTS                                                                 \
    "{\"events\":[{\"name\":\"opened\"},{\"name\":\"secret text\"},"           \
    "{\"name\":\"session_start\"}]}"
#define ASKED(method, body, ...)                                               \
    {                                                                          \
        method, "/collect", body, sizeof(body) - 1, {                          \
            __VA_ARGS__                                                        \
        }                                                                      \
    }
#define ACCEPTED                                                               \
    "tallyman_pushes_total collect accepted 1\n"                               \
    "tallyman_samples_total collect 1\n"
#define REJECTED(reason) "tallyman_pushes_rejected_total collect " reason " 1\n"

static const char families[] =
    "{\"allowedMetrics\": [\n"
    " {\"name\": \"web_logs_total\", \"help\": \"Logs.\", \"type\": "
    "\"counter\",\n"
    "  \"labels\": [{\"name\": \"app\", \"maxValues\": 5},\n"
    "             {\"name\": \"level\", \"allowedValues\": [\"warn\", "
    "\"other\"]}]},\n"
    " {\"name\": \"internal_total\", \"help\": \"Of programs.\",\n"
    "  \"type\": \"counter\", \"from\": \"programs\"}]}\n";

/* faro: the settings, as an object. */
static void open_collect(const char *faro, const char *allowlist) {
    static char path[PATH_MAX];
    struct strbuf text = {0};
    (void)mkdir(scratch_path("metrics.d"), 0700);
    (void)snprintf(path, sizeof(path), "%s", scratch_path("tallyman.json"));
    scratch_write("metrics.d/a.json", allowlist);
    scratch_write("tokens", "0123456789abcdef0123456789abcdef\n");
    strbuf_printf(&text,
                  "{\"database\": \"t.db\", \"push_token_file\": \"tokens\",\n"
                  " \"origins\": [\"https://app.example.org\"],\n"
                  " \"pages\": [\"/index.html=home\"],\n"
                  " \"routes\": [\"/api/orders=orders\"],\n"
                  " \"limits\": {\"samples_per_push\": 20}, \"faro\": %s}\n",
                  faro);
    scratch_write("tallyman.json", text.data);
    strbuf_free(&text);
    assert_int_equal(service_open(&service, path), 0);
    service.telemetry_at = service_seconds() + 1000; /* not due in a test */
}

static int close_collect(void **state) {
    log_release();
    return close_service(state);
}

static const struct row rows[] = {
    {"JSON", ASKED("POST", LOG, JSON), 202, "ok", ACCEPTED},
    {"JSON with charset",
     ASKED("POST", LOG, "CONTENT_TYPE=application/json; charset=utf-8"), 202,
     "ok", ACCEPTED},
    {"text, as a beacon has it",
     ASKED("POST", LOG, "CONTENT_TYPE=text/plain;charset=UTF-8"), 202, "ok",
     ACCEPTED},
    {"no type", ASKED("POST", LOG, NULL), 202, "ok", ACCEPTED},
    {"of a listed origin", ASKED("POST", LOG, JSON, ORIGIN), 202, "ok",
     ACCEPTED},
    {"nothing", ASKED("POST", "{}", JSON), 202, "ok",
     "tallyman_pushes_total collect accepted 1\n"},
    {"all is left out", ASKED("POST", EVENTS, JSON), 202, "ok",
     "tallyman_pushes_total collect accepted 1\n"
     "tallyman_samples_rejected_total collect unknown_family 2\n"},
    {"a family of programs",
     ASKED("POST", "{\"events\":[{\"name\":\"internal\"}]}", JSON), 202, "ok",
     "tallyman_pushes_total collect accepted 1\n"
     "tallyman_samples_rejected_total collect programs_only 1\n"},
    {"a family of programs, with a token",
     ASKED("POST", "{\"events\":[{\"name\":\"internal\"}]}", JSON,
           "HTTP_AUTHORIZATION=Bearer 0123456789abcdef0123456789abcdef"),
     202, "ok", ACCEPTED},
    {"a wrong token", ASKED("POST", LOG, "HTTP_AUTHORIZATION=Bearer secret"),
     401, NULL, REJECTED("unauthorized")},
    {"a key of nobody is none of the tokens",
     ASKED("POST", LOG, JSON, "HTTP_X_API_KEY=unknown"), 202, "ok", ACCEPTED},
    {"a key of the push", ASKED("POST", LOG, JSON, "HTTP_IDEMPOTENCY_KEY=k"),
     202, "ok", ACCEPTED},
    {"the same again", ASKED("POST", LOG, JSON, "HTTP_IDEMPOTENCY_KEY=k"), 202,
     "ok", "tallyman_pushes_total collect repeated 1\n"},
    {"opted out", ASKED("POST", LOG, JSON, "HTTP_SEC_GPC=1"), 202, "ok",
     "tallyman_pushes_total collect opted_out 1\n"},
    {"no JSON", ASKED("POST", "{\"secret", JSON), 400,
     "line 1, column 9: not valid JSON: the text ends too early",
     REJECTED("malformed")},
    {"an array", ASKED("POST", "[]", JSON), 400,
     "the body is an array, must be an object of the Faro web SDK",
     REJECTED("malformed")},
    {"a form",
     ASKED("POST", LOG, "CONTENT_TYPE=application/x-www-form-urlencoded"), 415,
     "Content-Type must be application/json or text/plain",
     REJECTED("media_type")},
    {"GET", ASKED("GET", "", NULL), 405,
     "GET is not allowed here, must be POST, OPTIONS", REJECTED("method")},
    {"another origin",
     ASKED("POST", LOG, JSON, "HTTP_ORIGIN=https://other.example"), 403,
     "origin https://other.example may not push here; list it under `origins` "
     "in the configuration" SEE GUIDE_PAGES,
     REJECTED("origin")},
};

static void test_rows(void **state) {
    (void)state;
    open_collect("{}", families);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(&service, &rows[i]);
    assert_rows("SELECT labels, total FROM counter_totals "
                "WHERE family = 'web_logs_total'",
                "{\"app\":\"\",\"level\":\"warn\"}|7.0\n");
}

/* The key selects the app; with require_key other keys are refused. */
static void test_keys(void **state) {
#define NAMED "{\"meta\":{\"app\":{\"name\":\"mine\"}},\"logs\":[{}]}"
    static const struct row optional[] = {
        {"a key", ASKED("POST", NAMED, "HTTP_X_API_KEY=k1"), 202, "ok",
         ACCEPTED},
        {"another key", ASKED("POST", NAMED, "HTTP_X_API_KEY=k=2"), 202, "ok",
         ACCEPTED},
        {"an unknown key", ASKED("POST", NAMED, "HTTP_X_API_KEY=k"), 202, "ok",
         ACCEPTED},
        {"no key", ASKED("POST", NAMED, NULL), 202, "ok", ACCEPTED},
    };
    static const struct row required[] = {
        {"a key", ASKED("POST", NAMED, "HTTP_X_API_KEY=k1"), 202, "ok",
         ACCEPTED},
        {"an unknown key",
         ASKED("POST", NAMED, "HTTP_X_API_KEY=secret", "HTTP_SEC_GPC=1"), 401,
         "the key is not in `faro.apps` (`faro.require_key` is true): send "
         "X-API-Key with a key of `faro.apps`, as apiKey of initializeFaro "
         "does" SEE GUIDE_FARO,
         REJECTED("unauthorized")},
        {"no key", ASKED("POST", NAMED, NULL), 401,
         "a key is required (`faro.require_key` is true): send X-API-Key with "
         "a key of `faro.apps`, as apiKey of initializeFaro does" SEE
             GUIDE_FARO,
         REJECTED("unauthorized")},
    };
#define APPS                                                                   \
    "SELECT labels->>'app', total FROM counter_totals "                        \
    "WHERE family = 'web_logs_total' AND total > 0 ORDER BY 1"
    open_collect("{\"apps\": [\"k1=shop\", \"k=2=blog\"]}", families);
    for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++)
        check_row(&service, &optional[i]);
    assert_rows(APPS, "blog|1.0\nmine|2.0\nshop|1.0\n");
    assert_int_equal(close_collect(state), 0);
    assert_int_equal(scratch_make(state), 0);
    open_collect("{\"apps\": [\"k1=shop\"], \"require_key\": true}", families);
    for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++)
        check_row(&service, &required[i]);
    assert_rows(APPS, "shop|1.0\n");
}

static bool has_header(const struct response *response, const char *line) {
    return response->headers.data && strstr(response->headers.data, line);
}

/* A preflight permits the SDK's headers, and a page of another origin may read
 * Retry-After, also in an error. */
static void test_cross_origin(void **state) {
    const struct asked preflight =
        ASKED("OPTIONS", "", ORIGIN, "HTTP_ACCESS_CONTROL_REQUEST_METHOD=POST",
              "HTTP_ACCESS_CONTROL_REQUEST_HEADERS=content-type,"
              "idempotency-key,x-api-key,x-faro-session-id");
    const struct asked pushes[] = {ASKED("POST", LOG, ORIGIN),
                                   ASKED("POST", "[", ORIGIN)};
    /* The last row repeats the first, without memory for its body. */
    static const int statuses[] = {202, 400, 503};
    static const char *const names[] = {"content-type", "idempotency-key",
                                        "x-api-key", "x-faro-session-id"};
    (void)state;
    open_collect("{}", families);
    struct exchange exchange = answer(&service, &preflight);
    assert_int_equal(exchange.response.status, 204);
    const char *allowed = strstr(exchange.response.headers.data,
                                 "Access-Control-Allow-Headers: ");
    assert_non_null(allowed);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *name = strstr(allowed, names[i]);
        assert_true(name && name < strstr(allowed, "\r\n"));
    }
    assert_true(
        has_header(&exchange.response,
                   "Access-Control-Allow-Origin: https://app.example.org\r\n"));
    exchange_free(&exchange);
    for (size_t i = 0; i < 3; i++) {
        struct exchange *turn[] = {&exchange};
        exchange = (struct exchange){.state = EXCHANGE_ANSWERED};
        ask(&exchange, &pushes[i % 2]);
        exchange.request.body.failed = i == 2;
        run_turn(&service, turn, 1);
        assert_int_equal(exchange.response.status, statuses[i]);
        assert_int_equal(has_header(&exchange.response, "Retry-After: "),
                         i == 2);
        assert_true(has_header(
            &exchange.response,
            "Access-Control-Allow-Origin: https://app.example.org\r\n"));
        assert_true(
            has_header(&exchange.response,
                       "Access-Control-Expose-Headers: Date, Retry-After\r\n"));
        exchange_free(&exchange);
    }
}

static void test_gzip(void **state) {
    unsigned char bytes[500];
    z_stream stream = {.next_in = (z_const Bytef *)(uintptr_t)LOG,
                       .avail_in = sizeof(LOG) - 1,
                       .next_out = bytes,
                       .avail_out = sizeof(bytes)};
    (void)state;
    open_collect("{}", families);
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, 0), Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    const struct row row = {"gzip",
                            {"POST",
                             "/collect",
                             (const char *)bytes,
                             stream.total_out,
                             {JSON, "HTTP_CONTENT_ENCODING=gzip"}},
                            202,
                            "ok",
                            ACCEPTED};
    check_row(&service, &row);
    assert_int_equal(deflateEnd(&stream), Z_OK);
}

static void push_file(const char *path) {
    struct strbuf body = corpus_read(path);
    const struct asked asked = {
        "POST", "/collect", body.data, body.len, {JSON}};
    struct exchange exchange = answer(&service, &asked);
    assert_int_equal(exchange.response.status, 202);
    assert_string_equal(exchange.response.body.data, "ok\n");
    exchange_free(&exchange);
    strbuf_free(&body);
}

/* All bodies of one page visit. */
#define VITAL                                                                  \
    "|{\"device\":\"desktop\",\"navigation\":\"navigate\",\"page\":\"home\"}|" \
    "1|"
static void test_captured(void **state) {
    struct strbuf allowlist = corpus_read("fcgi/metrics.d/web.json");
    struct strbuf more = corpus_read("fcgi/metrics.d/faro.json");
    (void)state;
    (void)mkdir(scratch_path("metrics.d"), 0700);
    scratch_write("metrics.d/faro.json", more.data);
    open_collect("{}", allowlist.data);
    for (int i = 1; i <= 6; i++) {
        char path[64];
        (void)snprintf(path, sizeof(path),
                       "tests/data/faro/ok/captured-%03d.json", i);
        push_file(path);
    }
    assert_rows("SELECT family, labels, total FROM counter_totals "
                "WHERE total > 0 ORDER BY family, labels",
                "web_errors_total|{\"kind\":\"Error\",\"page\":\"home\"}|3.0\n"
                "web_errors_total|{\"kind\":\"TypeError\",\"page\":\"home\"}|"
                "1.0\n"
                "web_events_total|{\"event\":\"add_to_cart\",\"page\":"
                "\"home\"}|1.0\n"
                "web_events_total|{\"event\":\"last\",\"page\":\"home\"}|1.0\n"
                "web_logs_total|{\"level\":\"warn\",\"page\":\"home\"}|1.0\n");
    assert_rows(
        "SELECT name, labels, count, round(total.sum, 6) FROM series JOIN "
        "total ON series_id = series.id JOIN family ON family.id = "
        "family_id WHERE count > 0 AND name LIKE 'web%' ORDER BY name",
        "web_cls_ratio" VITAL "0.0\nweb_fcp_seconds" VITAL
        "0.14\nweb_lcp_seconds" VITAL "0.14\nweb_ttfb_seconds" VITAL
        "0.0297\n");
    struct strbuf counters = pending_counters(&service);
    assert_string_equal(
        counters.data,
        "tallyman_pushes_total collect accepted 6\n"
        "tallyman_samples_total collect 11\n"
        "tallyman_samples_rejected_total collect unknown_family 2\n");
    strbuf_free(&counters);
    strbuf_free(&allowlist);
    strbuf_free(&more);
}

static struct strbuf whole_file(const char *name) {
    struct strbuf text = corpus_read(scratch_path(name));
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '\0')
            text.data[i] = ' ';
    return text;
}

/* The words in the bodies that stand for URLs, persons, sessions and texts must
 * not appear in any file, log or list of refusals. */
static void test_privacy(void **state) {
    static const char *const words[] = {
        "secret",      "127.0.0.1",
        "RnbgoVcAG9",  "jane",
        "example.org", "boom",
        "unheard",     "console",
        "page.js",     "HeadlessChrome/",
        "id=1",        "0af7651916",
        "b7ad6b7169",  "html>body",
        "v6-1795",     "2WecLXBvFq",
    };
    static const char *const files[] = {"t.db", "t.db-wal", "log", "status"};
    struct strbuf allowlist = corpus_read("tests/data/faro/families.json");
    struct strbuf web = corpus_read("fcgi/metrics.d/web.json");
    struct strbuf refusals = {0};
    struct dirent **entries;
    (void)state;
    (void)mkdir(scratch_path("metrics.d"), 0700);
    scratch_write("metrics.d/web.json", web.data);
    scratch_write("log", "");
    open_collect("{}", allowlist.data);
    log_capture();
    int count =
        scandir("tests/data/faro/ok", &entries, corpus_is_input, alphasort);
    assert_true(count > 20);
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        (void)snprintf(path, sizeof(path), "tests/data/faro/ok/%s",
                       entries[i]->d_name);
        push_file(path);
        free(entries[i]);
    }
    free(entries);
    log_release();
    refusal_log_write(&service.refusals, &refusals);
    assert_true(refusals.len > 100);
    scratch_write("status", refusals.data);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct strbuf text = whole_file(files[i]);
        /* Excludes the help of families, which has words of its own. */
        for (size_t j = 0; j < sizeof(words) / sizeof(words[0]); j++)
            if (text.data && strstr(text.data, words[j]))
                fail_msg("%s has %s", files[i], words[j]);
        strbuf_free(&text);
    }
    assert_rows("SELECT count(*) > 15 FROM counter_totals WHERE total > 0",
                "1\n");
    strbuf_free(&refusals);
    strbuf_free(&allowlist);
    strbuf_free(&web);
}

#undef TEST
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, close_collect)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_rows), TEST(test_keys),     TEST(test_cross_origin),
        TEST(test_gzip), TEST(test_captured), TEST(test_privacy),
    };
    return cmocka_run_group_tests_name("endpoint_collect", tests, NULL, NULL);
}

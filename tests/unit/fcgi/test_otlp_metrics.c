/* Pushes to /v1/metrics: access, and the status, reply and counters of each, in
 * the encoding of the request. */
#include <zlib.h>

#include "base/guide.h"
#include "protobuf_notation.h"
#include "service_fixture.h"

static struct service service;

static const char config_text[] =
    "{\"database\": \"t.db\", \"push_token_file\": \"tokens\",\n"
    " \"origins\": [\"https://app.example.org\"], \"open_families\": true,\n"
    " \"limits\": {\"body_bytes\": 2000, \"trusted_body_bytes\": 3000,\n"
    "            \"samples_per_push\": 3, \"label_value_bytes\": 12}}\n";

static const char families[] =
    "{\"allowedMetrics\": [\n"
    " {\"name\": \"c_total\", \"help\": \"A counter.\", \"type\": "
    "\"counter\",\n"
    "  \"labels\": [{\"name\": \"l\", \"allowedValues\": [\"a\", \"b\"]},\n"
    "               {\"name\": \"job\", \"maxValues\": 5}]},\n"
    " {\"name\": \"p\", \"help\": \"For programs.\", \"type\": \"gauge\",\n"
    "  \"from\": \"programs\"},\n"
    " {\"name\": \"top\", \"help\": \"A maximum.\", \"type\": \"gauge\",\n"
    "  \"gauge\": \"max\"},\n"
    " {\"name\": \"h\", \"help\": \"A histogram.\", \"type\": \"histogram\",\n"
    "  \"buckets\": [1, 2]}]}\n";

static int open_service(void **state) {
    static char path[PATH_MAX];
    if (scratch_make(state) != 0)
        return -1;
    (void)mkdir(scratch_path("metrics.d"), 0700);
    (void)snprintf(path, sizeof(path), "%s", scratch_path("tallyman.json"));
    scratch_write("metrics.d/a.json", families);
    scratch_write("tokens", "0123456789abcdef0123456789abcdef\n");
    scratch_write("tallyman.json", config_text);
    assert_int_equal(service_open(&service, path), 0);
    service.telemetry_at = service_seconds() + 1000; /* not due in a test */
    return 0;
}

static int close_service(void **state) {
    service_close(&service);
    return scratch_clear(state);
}

#define AWAY "REMOTE_ADDR=192.0.2.1"
#define TOKEN "HTTP_AUTHORIZATION=Bearer 0123456789abcdef0123456789abcdef"
#define JSON "CONTENT_TYPE=application/json"
#define PROTOBUF "CONTENT_TYPE=application/x-protobuf"
#define ASKED(method, text, ...)                                               \
    {                                                                          \
        method, "/v1/metrics", text, sizeof(text) - 1, {                       \
            __VA_ARGS__                                                        \
        }                                                                      \
    }
#define ACCEPTED "tallyman_pushes_total otlp_metrics accepted 1\n"
#define SAMPLES(count) "tallyman_samples_total otlp_metrics " count "\n"
#define REJECTED(reason)                                                       \
    "tallyman_pushes_rejected_total otlp_metrics " reason " 1\n"
#define LEFT_OUT(reason, count)                                                \
    "tallyman_samples_rejected_total otlp_metrics " reason " " count "\n"
#define METRICS(metrics)                                                       \
    "{\"resourceMetrics\":[{\"resource\":{\"attributes\":[{\"key\":"           \
    "\"service.name\",\"value\":{\"stringValue\":\"shop\"}}]},"                \
    "\"scopeMetrics\":[{\"metrics\":[" metrics "]}]}]}"
#define ADDED(name, value, label)                                              \
    "{\"name\":\"" name "\",\"sum\":{\"aggregationTemporality\":1,"            \
    "\"isMonotonic\":true,\"dataPoints\":[{\"asInt\":" value                   \
    ",\"attributes\":[" label "]}]}}"
#define L(value) "{\"key\":\"l\",\"value\":{\"stringValue\":\"" value "\"}}"
#define GAUGE(name)                                                            \
    "{\"name\":\"" name "\",\"gauge\":{\"dataPoints\":[{\"asInt\":1}]}}"
#define C METRICS(ADDED("c", "2", L("a")))
/* A push without a resource, see protobuf_notation.h. */
#define C_NOTED "1{2{2{1'c' 7{1{6#2 7{1'l' 2{1'a'}}} 2=1 3=1}}}}"
#define KEY_100                                                                \
    "1234567890123456789012345678901234567890123456789012345678901234567890"   \
    "123456789012345678901234567890"
#define SPACE_100                                                              \
    "                                                                        " \
    "                            "
#define SPACE_1000                                                             \
    SPACE_100 SPACE_100 SPACE_100 SPACE_100 SPACE_100 SPACE_100 SPACE_100      \
        SPACE_100 SPACE_100 SPACE_100

static const struct row rows[] = {
    {"a page",
     ASKED("POST", C, AWAY, JSON, "HTTP_ORIGIN=https://app.example.org"), 200,
     "{}", ACCEPTED SAMPLES("1")},
    {"with a parameter",
     ASKED("POST", C, AWAY, "CONTENT_TYPE=Application/JSON; charset=utf-8"),
     200, "{}", ACCEPTED SAMPLES("1")},
    {"protobuf", ASKED("POST", C_NOTED, AWAY, PROTOBUF), 200, "",
     ACCEPTED SAMPLES("1")},
    {"no body", ASKED("POST", "", AWAY, JSON), 200, "{}", ACCEPTED},
    {"no body of protobuf", ASKED("POST", "", AWAY, PROTOBUF), 200, "",
     ACCEPTED},
    {"no points", ASKED("POST", "{\"resourceMetrics\":[]}", AWAY, JSON), 200,
     "{}", ACCEPTED},
    {"opted out", ASKED("POST", C, AWAY, JSON, "HTTP_SEC_GPC=1"), 200, "{}",
     "tallyman_pushes_total otlp_metrics opted_out 1\n"},
    {"opted out of protobuf",
     ASKED("POST", C_NOTED, AWAY, PROTOBUF, "HTTP_DNT=1"), 200, "",
     "tallyman_pushes_total otlp_metrics opted_out 1\n"},
    {"some points are refused",
     ASKED("POST",
           METRICS(ADDED("c", "1", L("a")) "," ADDED(
               "c", "-1", L("a")) "," ADDED("c", "1", L("z"))),
           AWAY, JSON),
     200,
     "{\"partialSuccess\":{\"rejectedDataPoints\":\"2\",\"errorMessage\":\"2 "
     "of 3 points rejected: label_value 1 (c_total l), negative_value 1 "
     "(c_total); c_total{l=\\\"a\\\"}: the value of a counter is -1, must be "
     "between 0 and 1e+100" SEE GUIDE_ALLOWLIST "\"}}",
     ACCEPTED SAMPLES("1") LEFT_OUT("label_value", "1")
         LEFT_OUT("negative_value", "1")},
    {"what only programs may push",
     ASKED("POST", METRICS(GAUGE("p") "," GAUGE("new")), AWAY, JSON), 200,
     "{\"partialSuccess\":{\"rejectedDataPoints\":\"2\",\"errorMessage\":\"2 "
     "of 2 points rejected: programs_only 1 (p), unknown_family 1 (new); p "
     "accepts pushes from programs only (\\\"from\\\"); push with a token of "
     "`push_token_file`" SEE GUIDE_TRUST "\"}}",
     ACCEPTED LEFT_OUT("programs_only", "1") LEFT_OUT("unknown_family", "1")},
    {"a program",
     ASKED("POST", METRICS(GAUGE("p") "," GAUGE("new")), AWAY, JSON, TOKEN),
     200, "{}", ACCEPTED SAMPLES("2")},
    {"what is dropped",
     ASKED("POST", METRICS(GAUGE("go.threads") "," GAUGE("p")), AWAY, JSON,
           TOKEN),
     200,
     "{\"partialSuccess\":{\"rejectedDataPoints\":\"1\",\"errorMessage\":\"1 "
     "of 2 points rejected: dropped_family 1 (go_threads); go_threads matches "
     "`drop_families`; list it in a file of `metrics` to accept it\"}}",
     ACCEPTED SAMPLES("1") LEFT_OUT("dropped_family", "1")},
    {"a program of this machine",
     ASKED("POST", METRICS(GAUGE("p") "," GAUGE("new")),
           "REMOTE_ADDR=127.0.0.1", JSON),
     200, "{}", ACCEPTED SAMPLES("2")},
    {"more points than a page may push",
     ASKED(
         "POST",
         METRICS(ADDED("c", "1", L("a")) "," ADDED("c", "1", L("a")) "," ADDED(
             "c", "1", L("a")) "," ADDED("c", "1", L("a"))),
         AWAY, JSON),
     200,
     "{\"partialSuccess\":{\"rejectedDataPoints\":\"1\",\"errorMessage\":\"1 "
     "of 4 points rejected: too_many_samples 1 (c_total); c_total: the push "
     "has more points than limits.samples_per_push, 3; push fewer or raise the "
     "limit\"}}",
     ACCEPTED SAMPLES("3") LEFT_OUT("too_many_samples", "1")},
    {"a program pushes more points",
     ASKED(
         "POST",
         METRICS(ADDED("c", "1", L("a")) "," ADDED("c", "1", L("a")) "," ADDED(
             "c", "1", L("a")) "," ADDED("c", "1", L("a"))),
         AWAY, JSON, TOKEN),
     200, "{}", ACCEPTED SAMPLES("4")},
    {"a change of a maximum",
     ASKED("POST",
           METRICS("{\"name\":\"top\",\"sum\":{\"aggregationTemporality\":1,"
                   "\"dataPoints\":[{\"asInt\":1}]}}"),
           AWAY, JSON),
     200,
     "{\"partialSuccess\":{\"rejectedDataPoints\":\"1\",\"errorMessage\":\"1 "
     "of 1 points rejected: invalid_value 1 (top); top: the value is an "
     "increment, but the gauge keeps the highest one; list it with "
     "\\\"gauge\\\": "
     "\\\"last\\\" or \\\"sum\\\"\"}}",
     ACCEPTED LEFT_OUT("invalid_value", "1")},
    {"other bounds than those of the file",
     ASKED("POST",
           METRICS("{\"name\":\"h\",\"histogram\":{\"aggregationTemporality\":"
                   "1,\"dataPoints\":[{\"count\":1,\"bucketCounts\":[1,0],"
                   "\"explicitBounds\":[5]}]}}"),
           AWAY, JSON),
     200,
     "{\"partialSuccess\":{\"rejectedDataPoints\":\"1\",\"errorMessage\":\"1 "
     "of 1 points rejected: bounds_mismatch 1 (h); h: pushed with the bounds "
     "5; its file lists 1, 2\"}}",
     ACCEPTED LEFT_OUT("bounds_mismatch", "1")},
    {"an exponential histogram that no file lists",
     ASKED("POST",
           METRICS("{\"name\":\"x\",\"exponentialHistogram\":{"
                   "\"aggregationTemporality\":1,\"dataPoints\":[{}]}}"),
           AWAY, JSON, TOKEN),
     200,
     "{\"partialSuccess\":{\"rejectedDataPoints\":\"1\",\"errorMessage\":\"1 "
     "of 1 points rejected: bounds_mismatch 1 (x); x: pushed without classic "
     "buckets, and the family has no bounds; list it in a file "
     "of `metrics` with `buckets`\"}}",
     ACCEPTED LEFT_OUT("bounds_mismatch", "1")},
    {"cut off", ASKED("POST", "{\"resourceMetrics\":", AWAY, JSON), 400,
     "{\"code\":3,\"message\":\"line 1, column 20: not valid JSON: the text "
     "ends too early\"}",
     REJECTED("malformed")},
    {"of another kind", ASKED("POST", "{\"resourceMetrics\":1}", AWAY, JSON),
     400,
     "{\"code\":3,\"message\":\"resourceMetrics: is a number, must be an "
     "array\"}",
     REJECTED("malformed")},
    {"no message", ASKED("POST", "1'{'", AWAY, PROTOBUF), 400,
     "1=3 2'it is not an OTLP ExportMetricsServiceRequest'",
     REJECTED("malformed")},
    {"a token that is none",
     ASKED("POST", C, AWAY, JSON, "HTTP_AUTHORIZATION=Bearer x"), 401,
     "{\"code\":16,\"message\":\"the token or password is unknown; it must be "
     "a token of `push_token_file`, or the web server must authenticate the "
     "user and pass on REMOTE_USER and AUTH_TYPE" SEE GUIDE_TRUST "\"}",
     REJECTED("unauthorized")},
    {"another origin",
     ASKED("POST", C, AWAY, JSON, "HTTP_ORIGIN=https://evil.example.net"), 403,
     "{\"code\":7,\"message\":\"origin https://evil.example.net may not push "
     "here; list it under `origins` in the configuration" SEE GUIDE_PAGES "\"}",
     REJECTED("origin")},
    {"another method", ASKED("GET", "", AWAY), 405,
     "{\"code\":12,\"message\":\"GET is not allowed here, must be POST, "
     "OPTIONS\"}",
     REJECTED("method")},
    {"another method for protobuf", ASKED("PUT", C_NOTED, AWAY, PROTOBUF), 405,
     "1=12 2'PUT is not allowed here, must be POST, OPTIONS'",
     REJECTED("method")},
    {"too long", ASKED("POST", SPACE_1000 SPACE_1000 C, AWAY, JSON), 413,
     "{\"code\":8,\"message\":\"the body has more than 2000 bytes "
     "(limits.body_bytes), must be smaller\"}",
     REJECTED("too_large")},
    {"as long from a program",
     ASKED("POST", SPACE_1000 SPACE_1000 C, AWAY, JSON, TOKEN), 200, "{}",
     ACCEPTED SAMPLES("1")},
    {"too long from a program",
     ASKED("POST", "1'" SPACE_1000 SPACE_1000 SPACE_1000 "'", AWAY, PROTOBUF,
           TOKEN),
     413,
     "1=8 2'the body has more than 3000 bytes (limits.trusted_body_bytes), "
     "must be smaller'",
     REJECTED("too_large")},
    {"text", ASKED("POST", C, AWAY, "CONTENT_TYPE=text/plain"), 415,
     "{\"code\":3,\"message\":\"Content-Type must be application/json or "
     "application/x-protobuf\"}",
     REJECTED("media_type")},
    {"no type", ASKED("POST", C, AWAY), 415,
     "{\"code\":3,\"message\":\"Content-Type must be application/json or "
     "application/x-protobuf\"}",
     REJECTED("media_type")},
    {"another encoding",
     ASKED("POST", C, AWAY, JSON, "HTTP_CONTENT_ENCODING=zstd"), 415,
     "{\"code\":3,\"message\":\"Content-Encoding must be gzip or left out\"}",
     REJECTED("encoding")},
    {"a key that is too long",
     ASKED("POST", C, AWAY, JSON,
           "HTTP_IDEMPOTENCY_KEY=" KEY_100 KEY_100 KEY_100),
     400,
     "{\"code\":3,\"message\":\"Idempotency-Key has 300 bytes, must have at "
     "most 256\"}",
     REJECTED("batch_id")},
    {"preflight",
     ASKED("OPTIONS", "", AWAY, "HTTP_ORIGIN=https://app.example.org"), 204, "",
     ""},
};

static bool has(const struct asked *asked, const char *line) {
    for (size_t i = 0; i < 8 && asked->environment[i]; i++)
        if (strcmp(asked->environment[i], line) == 0)
            return true;
    return false;
}

static bool has_line(const struct response *response, const char *line) {
    const char *headers = response->headers.data;
    return headers && strstr(headers, line) != NULL;
}

/* Protobuf bodies and replies are in the notation of protobuf_notation.h. */
static void check_answer(const struct row *row) {
    const bool protobuf = has(&row->asked, PROTOBUF);
    struct asked asked = row->asked;
    struct strbuf body = {0};
    struct strbuf want = {0};
    if (protobuf) {
        put_fields(&body, asked.body);
        put_fields(&want, row->line);
        asked.body = body.data ? body.data : "";
        asked.body_len = body.len;
    } else {
        strbuf_add_string(&want, row->line);
    }
    struct exchange exchange = answer(&service, &asked);
    struct strbuf counters = pending_counters(&service);
    const struct response *response = &exchange.response;
    check_bytes(row->name, response->body.data, response->body.len, want.data,
                want.len);
    check_number(row->name, response->status, row->status);
    check_text(row->name, counters.data ? counters.data : "", row->counters);
    check_text(row->name, response->content_type,
               row->status == 204 ? NULL
               : protobuf         ? "application/x-protobuf"
                                  : "application/json");
    check_number(row->name, has_line(response, "WWW-Authenticate: Basic "),
                 row->status == 401);
    telemetry_clear(&service.telemetry);
    strbuf_free(&body);
    strbuf_free(&want);
    strbuf_free(&counters);
    exchange_free(&exchange);
}

static void answers(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check_answer(&rows[i]);
}

/* The totals have the labels of the listed family. */
static void counts(void **state) {
    static const struct row pushes[] = {
        {"delta", ASKED("POST", METRICS(ADDED("c", "2", L("a"))), AWAY, JSON),
         200, "{}", ACCEPTED SAMPLES("1")},
        {"the same",
         ASKED("POST", METRICS(ADDED("c", "2", L("a"))), AWAY, JSON), 200, "{}",
         ACCEPTED SAMPLES("1")},
        {"without a service", ASKED("POST", C_NOTED, AWAY, PROTOBUF), 200, "",
         ACCEPTED SAMPLES("1")},
        {"exponential",
         ASKED("POST",
               METRICS("{\"name\":\"h\",\"exponentialHistogram\":{"
                       "\"aggregationTemporality\":1,\"dataPoints\":[{"
                       "\"count\":6,\"sum\":9,\"positive\":{\"offset\":-1,"
                       "\"bucketCounts\":[1,2,3]}}]}}"),
               AWAY, JSON),
         200, "{}", ACCEPTED SAMPLES("1")},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(pushes); i++)
        check_answer(&pushes[i]);
    assert_rows("SELECT family, labels, total FROM counter_totals WHERE total "
                "> 0 ORDER BY 2",
                "c_total|{\"job\":\"\",\"l\":\"a\"}|2.0\n"
                "c_total|{\"job\":\"shop\",\"l\":\"a\"}|4.0\n");
    assert_rows("SELECT le, count FROM histogram_buckets WHERE family = 'h'",
                "1|1\n2|2\nInf|3\n");
}

#define TOTAL(value, start)                                                    \
    "{\"resourceMetrics\":[{\"resource\":{\"attributes\":[{\"key\":"           \
    "\"service.instance.id\",\"value\":{\"stringValue\":\"i\"}}]},"            \
    "\"scopeMetrics\":[{\"metrics\":[{\"name\":\"c\",\"sum\":{"                \
    "\"aggregationTemporality\":2,\"isMonotonic\":true,\"dataPoints\":["       \
    "{\"asInt\":" value ",\"startTimeUnixNano\":\"" start                      \
    "\",\"attributes\":[" L("a") "]}]}}]}]}]}"
#define ASKED_TOTAL(value, start) ASKED("POST", TOTAL(value, start), AWAY, JSON)

/* A restarted process counts from 0 again. */
static void running_totals(void **state) {
    static const struct {
        struct asked asked;
        const char *want;
    } pushes[] = {
        {ASKED_TOTAL("5", "1000"), "5.0\n"},
        {ASKED_TOTAL("7", "1000"), "7.0\n"},
        {ASKED_TOTAL("6", "1000"), "7.0\n"},
        {ASKED_TOTAL("9", "2000"), "16.0\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(pushes); i++) {
        struct exchange exchange = answer(&service, &pushes[i].asked);
        assert_string_equal(exchange.response.body.data, "{}");
        assert_rows("SELECT total FROM counter_totals WHERE total > 0",
                    pushes[i].want);
        exchange_free(&exchange);
    }
}

/* A repeated push counts twice, unless it has an Idempotency-Key. */
static void repeats(void **state) {
    static const struct asked plain = ASKED("POST", C, AWAY, JSON);
    static const struct asked keyed =
        ASKED("POST", C, AWAY, JSON, "HTTP_IDEMPOTENCY_KEY=k");
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct exchange exchange = answer(&service, i < 2 ? &plain : &keyed);
        assert_string_equal(exchange.response.body.data, "{}");
        exchange_free(&exchange);
    }
    assert_rows("SELECT total FROM counter_totals WHERE total > 0", "6.0\n");
}

static struct strbuf zipped(const char *bytes, size_t len) {
    struct strbuf out = {0};
    z_stream stream = {.next_in = (z_const Bytef *)(uintptr_t)bytes,
                       .avail_in = (uInt)len};
    assert_true(strbuf_reserve(&out, len + 100));
    stream.next_out = (Bytef *)out.data;
    stream.avail_out = (uInt)len + 100;
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, 0), Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.len = stream.total_out;
    assert_int_equal(deflateEnd(&stream), Z_OK);
    return out;
}

/* A gzip body, and one that inflates beyond the limit. */
static void gzip(void **state) {
    static const char *const types[] = {JSON, PROTOBUF};
    (void)state;
    for (size_t i = 0; i < COUNT(types) * 2; i++) {
        bool bomb = i % 2 == 1;
        struct strbuf body = {0};
        if (i / 2 == 1)
            put_fields(&body, C_NOTED);
        else
            strbuf_add_string(&body, C);
        for (size_t j = 0; j < 100 && bomb; j++)
            strbuf_add_string(&body, SPACE_1000);
        struct strbuf bytes = zipped(body.data, body.len);
        assert_true(bytes.len < 1000);
        const struct asked asked = {
            "POST",
            "/v1/metrics",
            bytes.data,
            bytes.len,
            {AWAY, types[i / 2], "HTTP_CONTENT_ENCODING=gzip"}};
        struct exchange exchange = answer(&service, &asked);
        check_number(types[i / 2], exchange.response.status, bomb ? 413 : 200);
        check_text(types[i / 2], exchange.response.content_type,
                   strchr(types[i / 2], '=') + 1);
        exchange_free(&exchange);
        strbuf_free(&body);
        strbuf_free(&bytes);
    }
    assert_rows("SELECT sum(total) FROM counter_totals", "4.0\n");
}

/* SDKs drop a push if Retry-After exceeds a few seconds. */
static void no_store(void **state) {
    static const struct row row = {
        "no store", ASKED("POST", C_NOTED, AWAY, PROTOBUF), 503, "", ""};
    (void)state;
    store_close(service.store);
    service.store = NULL;
    outsider_run("DROP TABLE meta");
    struct strbuf body = {0};
    struct strbuf status = {0};
    put_fields(&body, C_NOTED);
    put_fields(&status, "1=14");
    struct asked asked = row.asked;
    asked.body = body.data;
    asked.body_len = body.len;
    struct exchange exchange = answer(&service, &asked);
    const struct response *response = &exchange.response;
    assert_int_equal(response->status, 503);
    assert_non_null(strstr(response->headers.data, "Retry-After: 1\r\n"));
    assert_string_equal(response->content_type, "application/x-protobuf");
    assert_memory_equal(response->body.data, status.data, status.len);
    assert_non_null(
        strstr(response->body.data, "; nothing was counted, send it again"));
    strbuf_free(&body);
    strbuf_free(&status);
    exchange_free(&exchange);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, open_service, close_service)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(answers), TEST(counts), TEST(running_totals),
        TEST(repeats), TEST(gzip),   TEST(no_store),
    };
    return cmocka_run_group_tests_name("otlp_metrics", tests, NULL, NULL);
}

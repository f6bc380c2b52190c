/* POST /record: status, message and counters for each input. */
#include <zlib.h>

#include "base/guide.h"
#include "record_counters.h"
#include "record_fixture.h"

#define JSON "CONTENT_TYPE=application/json"
#define ACCEPTED_BUT(reason, count)                                            \
    "tallyman_pushes_total record accepted 1\n"                                \
    "tallyman_samples_rejected_total record " reason " " count "\n"            \
    "metrics_aggregator_record_total 1\n"
#define OF_1(reason) "OK: 1 of 1 samples rejected: " reason " 1"
#define OF_C(reason) OF_1(reason) " (c)"
#define OF_C_L(reason, label) OF_1(reason) " (c " label ")"
#define C(rest) "[{\"metricName\":\"c\",\"metricType\":\"counter\"," rest "}]"
#define DEEP                                                                   \
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
#define TEXT_10 "          "
#define TEXT_90                                                                \
    TEXT_10 TEXT_10 TEXT_10 TEXT_10 TEXT_10 TEXT_10 TEXT_10 TEXT_10 TEXT_10
#define TEXT_500                                                               \
    TEXT_10 TEXT_90 TEXT_10 TEXT_90 TEXT_10 TEXT_90 TEXT_10 TEXT_90 TEXT_10    \
        TEXT_90
/* Exactly limits.body_bytes long. */
#define BODY_2000                                                              \
    TEXT_500 TEXT_500 TEXT_500 TEXT_90 TEXT_90 TEXT_90 TEXT_90 TEXT_90 TEXT_10 \
        TEXT_10 TEXT_10 TEXT_10 "        []"

_Static_assert(sizeof(BODY_2000) == 2001, "the limit is met exactly");

static const struct row good[] = {
    {"no type", POST(PUSH_C), 200, "OK", ACCEPTED},
    {"JSON", POST_WITH(PUSH_C, JSON), 200, "OK", ACCEPTED},
    {"JSON with charset",
     POST_WITH(PUSH_C, "CONTENT_TYPE=Application/JSON;charset=UTF-8"), 200,
     "OK", ACCEPTED},
    {"sendBeacon", POST_WITH(PUSH_C, "CONTENT_TYPE=text/plain;charset=UTF-8"),
     200, "OK", ACCEPTED},
    {"length", POST_WITH(PUSH_C, JSON, "CONTENT_LENGTH=70"), 200, "OK",
     ACCEPTED},
    {"identity", POST_WITH(PUSH_C, "HTTP_CONTENT_ENCODING=identity"), 200, "OK",
     ACCEPTED},
    {"nothing", POST("[]"), 200, "OK",
     "tallyman_pushes_total record accepted 1\n"
     "metrics_aggregator_record_total 1\n"},
    {"as long as may be", POST(BODY_2000), 200, "OK",
     "tallyman_pushes_total record accepted 1\n"
     "metrics_aggregator_record_total 1\n"},
    {"opted out by GPC", POST_WITH(PUSH_C, "HTTP_SEC_GPC=1"), 200, "OK",
     "tallyman_pushes_total record opted_out 1\n"},
    {"opted out by DNT", POST_WITH(PUSH_C, "HTTP_DNT=1"), 200, "OK",
     "tallyman_pushes_total record opted_out 1\n"},
    {"not opted out", POST_WITH(PUSH_C, "HTTP_DNT=0", "HTTP_SEC_GPC="), 200,
     "OK", ACCEPTED},
};

static const struct row bad[] = {
    {"empty", POST(""), 400,
     "line 1, column 1: not valid JSON: the text ends too early",
     REJECTED("malformed")},
    {"truncated", POST("[{\"metricName\":\n\"c"), 400,
     "line 2, column 3: not valid JSON: the text ends too early",
     REJECTED("malformed")},
    {"deep", POST(DEEP), 400,
     "line 1, column 33: not valid JSON: nesting too deep",
     REJECTED("malformed")},
    {"NaN", POST(C("\"inc\":NaN")), 400,
     "line 1, column 49: not valid JSON: expected a value",
     REJECTED("malformed")},
    {"bad UTF-8", POST("[\"\xff\"]"), 400,
     "line 1, column 3: not valid JSON: not UTF-8 text", REJECTED("malformed")},
    {"not an array", POST("5"), 400,
     "the body is a number, must be an array of samples or "
     "{\"batch\": \"<uuidv7>\", \"metrics\": [...]}",
     REJECTED("malformed")},
    {"no metrics", POST("{}"), 400,
     "metrics: missing, must be an array of samples", REJECTED("malformed")},
    {"shorter than its length", POST_WITH("[]", "CONTENT_LENGTH=3"), 400,
     "the body is shorter than its Content-Length", REJECTED("malformed")},
    {"no batch id", POST("{\"metrics\":[]}"), 400,
     "batch: missing, must be a UUIDv7; to push without one, send an array of "
     "samples",
     REJECTED("batch_id")},
    {"one byte too long", POST(" " BODY_2000), 413,
     "the body has more than 2000 bytes (limits.body_bytes), must be "
     "smaller",
     REJECTED("too_large")},
    {"other type", POST_WITH(PUSH_C, "CONTENT_TYPE=application/xml"), 415,
     "Content-Type must be application/json or text/plain",
     REJECTED("media_type")},
    {"longer type", POST_WITH(PUSH_C, "CONTENT_TYPE=application/json5"), 415,
     "Content-Type must be application/json or text/plain",
     REJECTED("media_type")},
    {"form",
     POST_WITH(PUSH_C, "CONTENT_TYPE=application/x-www-form-urlencoded"), 415,
     "Content-Type must be application/json or text/plain",
     REJECTED("media_type")},
    {"other encoding", POST_WITH(PUSH_C, "HTTP_CONTENT_ENCODING=br"), 415,
     "Content-Encoding must be gzip or left out", REJECTED("encoding")},
    {"two encodings", POST_WITH(PUSH_C, "HTTP_CONTENT_ENCODING=gzip, gzip"),
     415, "Content-Encoding must be gzip or left out", REJECTED("encoding")},
    {"not gzip", POST_WITH(PUSH_C, "HTTP_CONTENT_ENCODING=gzip"), 400,
     "the body is not gzip, damaged or cut short", REJECTED("malformed")},
    {"GET",
     {"GET", "/record", NULL, 0, {NULL}},
     405,
     "GET is not allowed here, must be POST, OPTIONS",
     REJECTED("method")},
    {"PUT",
     {"PUT", "/record", "[]", 2, {NULL}},
     405,
     "PUT is not allowed here, must be POST, OPTIONS",
     REJECTED("method")},
    {"no method",
     {"", "/record", NULL, 0, {NULL}},
     405,
     " is not allowed here, must be POST, OPTIONS",
     REJECTED("method")},
    {"origin", POST_WITH(PUSH_C, "HTTP_ORIGIN=https://evil.example.net"), 403,
     "origin https://evil.example.net may not push here; list it under "
     "`origins` in the configuration" SEE GUIDE_PAGES,
     REJECTED("origin")},
    {"origin null", POST_WITH(PUSH_C, "HTTP_ORIGIN=null"), 403,
     "origin null may not push here; list it under `origins` in the "
     "configuration" SEE GUIDE_PAGES,
     REJECTED("origin")},
    {"origin in other letters",
     POST_WITH(PUSH_C, "HTTP_ORIGIN=https://app.example.org.evil.net"), 403,
     "origin https://app.example.org.evil.net may not push here; list it "
     "under `origins` in the configuration" SEE GUIDE_PAGES,
     REJECTED("origin")},
};

/* Each sample is refused on its own: the push is acknowledged. */
static const struct row refused[] = {
    {"wrong types", POST("[5]"), 200, OF_1("invalid_sample"),
     ACCEPTED_BUT("invalid_sample", "1")},
    {"labels missing", POST(C("\"inc\":1")), 200,
     OF_C_L("invalid_labels", "l") SEE GUIDE_ALLOWLIST,
     ACCEPTED_BUT("invalid_labels", "1")},
    {"unknown label", POST(C("\"labels\":{\"m\":\"a\"},\"inc\":1")), 200,
     OF_C_L("invalid_labels", "m") SEE GUIDE_ALLOWLIST,
     ACCEPTED_BUT("invalid_labels", "1")},
    {"value as text", POST(C("\"labels\":{\"l\":\"a\"},\"inc\":\"1\"")), 200,
     OF_C("invalid_value"), ACCEPTED_BUT("invalid_value", "1")},
    {"infinite", POST(C("\"labels\":{\"l\":\"a\"},\"inc\":1e999")), 200,
     OF_C("invalid_value"), ACCEPTED_BUT("invalid_value", "1")},
    {"negative", POST(C("\"labels\":{\"l\":\"a\"},\"inc\":-1")), 200,
     OF_C("negative_value"), ACCEPTED_BUT("negative_value", "1")},
    {"long label", POST(C("\"labels\":{\"l\":\"thirteen byte\"},\"inc\":1")),
     200, OF_C_L("label_too_long", "l"), ACCEPTED_BUT("label_too_long", "1")},
    {"unknown value", POST(C("\"labels\":{\"l\":\"x\"},\"inc\":1")), 200,
     OF_C_L("label_value", "l") SEE GUIDE_ALLOWLIST,
     ACCEPTED_BUT("label_value", "1")},
    {"observations", POST(PUSH_H("1,2,3,4,5")), 200,
     OF_1("too_many_observations") " (h)",
     ACCEPTED_BUT("too_many_observations", "1")},
    {"samples", POST("[1,2,3,4,5,6,7]"), 200,
     "OK: 7 of 7 samples rejected: invalid_sample 5, too_many_samples 2",
     "tallyman_pushes_total record accepted 1\n"
     "tallyman_samples_rejected_total record invalid_sample 5\n"
     "tallyman_samples_rejected_total record too_many_samples 2\n"
     "metrics_aggregator_record_total 1\n"},
    {"type", POST("[{\"metricName\":\"h\",\"metricType\":\"counter\"}]"), 200,
     OF_1("type_mismatch") " (h)", ACCEPTED_BUT("type_mismatch", "1")},
    {"unknown family", POST("[{\"metricName\":\"x\"}]"), 200,
     OF_1("unknown_family") " (x)" SEE GUIDE_ALLOWLIST,
     ACCEPTED_BUT("unknown_family", "1")},
    {"own family", POST("[{\"metricName\":\"tallyman_pushes_total\"}]"), 200,
     OF_1("unknown_family") " (tallyman_pushes_total)" SEE GUIDE_ALLOWLIST,
     ACCEPTED_BUT("unknown_family", "1")},
};

#define NONE                                                                   \
    "c|{\"l\":\"a\"}|0.0|0\n"                                                  \
    "c|{\"l\":\"b\"}|0.0|0\n"                                                  \
    "h|{}|0.0|0\n"

static void test_good(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        check_row(&service, &good[i]);
    assert_rows(TOTALS, "c|{\"l\":\"a\"}|7.0|0\n"
                        "c|{\"l\":\"b\"}|0.0|0\n"
                        "h|{}|0.0|0\n");
}

static void test_bad(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        check_row(&service, &bad[i]);
    assert_rows(TOTALS, NONE);
}

static void test_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        check_row(&service, &refused[i]);
    assert_rows(TOTALS, NONE);
}

#define NAMED(name) "{\"metricName\":\"" name "\"}"
#define C_OF(label, value)                                                     \
    "{\"metricName\":\"c\",\"metricType\":\"counter\",\"labels\":{\"" label    \
    "\":\"" value "\"},\"inc\":1}"
#define X_60 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* The reply names a few refused samples by reason, if their names are
 * printable. */
static void test_refused_names(void **state) {
    static const struct {
        const char *body;
        const char *want;
    } cases[] = {
        {"[" NAMED("b") "," NAMED("a") "," NAMED("b") "]",
         "OK: 3 of 3 samples rejected: unknown_family 3 (b, a)" SEE
             GUIDE_ALLOWLIST "\n"},
        {"[" NAMED("") "," NAMED("a") "]",
         "OK: 2 of 2 samples rejected: unknown_family 2 (\"\", a)" SEE
             GUIDE_ALLOWLIST "\n"},
        {"[" NAMED("1") "," NAMED("2") "," NAMED("3") "," NAMED("4") "]",
         "OK: 4 of 4 samples rejected: unknown_family 4 (1, 2, 3)" SEE
             GUIDE_ALLOWLIST "\n"},
        {"[" C_OF("l", "x") "," C_OF("m", "a") "," NAMED("y") "]",
         "OK: 3 of 3 samples rejected: invalid_labels 1 (c m), label_value 1 "
         "(c l), unknown_family 1 (y)" SEE GUIDE_ALLOWLIST "\n"},
        {"[" NAMED(X_60 "1234567") "]",
         "OK: 1 of 1 samples rejected: unknown_family 1 (" X_60
         "1234)" SEE GUIDE_ALLOWLIST "\n"},
        {"[" NAMED(X_60 "123\xC3\xA9") "]",
         "OK: 1 of 1 samples rejected: unknown_family 1 (" X_60
         "123?)" SEE GUIDE_ALLOWLIST "\n"},
        {"[" NAMED("a\\u0000\\r\\n\\u001b\xC2\x9B\x7F\xC3\xA9") "]",
         "OK: 1 of 1 samples rejected: unknown_family 1 "
         "(a??????\xC3\xA9)" SEE GUIDE_ALLOWLIST "\n"},
        {"[{\"metricName\":5}]",
         "OK: 1 of 1 samples rejected: invalid_sample 1\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct asked asked = POST("");
        asked.body = cases[i].body;
        asked.body_len = strlen(cases[i].body);
        struct exchange exchange = answer(&service, &asked);
        assert_int_equal(exchange.response.status, 200);
        assert_string_equal(exchange.response.body.data, cases[i].want);
        exchange_free(&exchange);
    }
}

/* Valid samples are counted beside refused ones. */
static void test_mixed(void **state) {
    static const char body[] =
        "[{\"metricName\":\"c\",\"metricType\":\"counter\","
        "\"labels\":{\"l\":\"b\"},\"inc\":2},{\"metricName\":\"x\"},"
        "{\"metricName\":\"h\",\"metricType\":\"histogram\","
        "\"observations\":[1,2]}]";
    const struct row row = {
        "mixed", POST(body), 200,
        "OK: 1 of 3 samples rejected: unknown_family 1 (x)" SEE GUIDE_ALLOWLIST,
        "tallyman_pushes_total record accepted 1\n"
        "tallyman_samples_total record 2\n"
        "tallyman_samples_rejected_total record "
        "unknown_family 1\n"
        "metrics_aggregator_record_total 1\n"};
    (void)state;
    check_row(&service, &row);
    assert_rows(TOTALS, "c|{\"l\":\"a\"}|0.0|0\n"
                        "c|{\"l\":\"b\"}|2.0|0\n"
                        "h|{}|0.0|2\n");
}

/* "respect_gpc": false ignores the opt-out. */
static void test_opt_out_ignored(void **state) {
    const struct row row = {"ignored", POST_WITH(PUSH_C, "HTTP_SEC_GPC=1"), 200,
                            "OK", ACCEPTED};
    (void)state;
    service.config->respect_gpc = false;
    check_row(&service, &row);
}

/* A body that exceeds the limit was truncated on arrival. */
static void test_cut(void **state) {
    struct exchange exchange = {.state = EXCHANGE_ANSWERED};
    struct exchange *turn[] = {&exchange};
    const struct asked asked = POST_WITH("[", "CONTENT_LENGTH=5000");
    (void)state;
    ask(&exchange, &asked);
    exchange.request.too_large = true;
    run_turn(&service, turn, 1);
    assert_int_equal(exchange.response.status, 413);
    exchange_free(&exchange);
}

/* A body truncated by lack of memory may look complete. */
static void test_no_memory_for_body(void **state) {
    struct exchange exchange = {.state = EXCHANGE_ANSWERED};
    struct exchange *turn[] = {&exchange};
    const struct asked asked = POST(PUSH_C);
    (void)state;
    ask(&exchange, &asked);
    exchange.request.body.failed = true;
    run_turn(&service, turn, 1);
    assert_int_equal(exchange.response.status, 503);
    assert_string_equal(exchange.response.body.data,
                        "out of memory; nothing was counted, send it again\n");
    exchange_free(&exchange);
}

static struct strbuf compressed(const char *text, size_t len) {
    struct strbuf out = {0};
    z_stream stream = {.next_in = (z_const Bytef *)(uintptr_t)text,
                       .avail_in = (uInt)len};
    assert_true(strbuf_reserve(&out, len + 100));
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, 0), Z_OK);
    stream.next_out = (Bytef *)out.data;
    stream.avail_out = (uInt)len + 100;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.len = stream.total_out;
    assert_int_equal(deflateEnd(&stream), Z_OK);
    return out;
}

static void check_gzip(const char *name, const char *bytes, size_t len,
                       const char *encoding, int status, const char *line,
                       const char *counters) {
    const struct row row = {name,
                            {"POST", "/record", bytes, len, {encoding}},
                            status,
                            line,
                            counters};
    check_row(&service, &row);
}

static void test_gzip(void **state) {
    static const char gzip[] = "HTTP_CONTENT_ENCODING=gzip";
    static const char x_gzip[] = "HTTP_CONTENT_ENCODING=X-GZIP";
    static const char damaged[] = "the body is not gzip, damaged or cut short";
    struct strbuf zip = compressed(PUSH_C, strlen(PUSH_C));
    (void)state;
    check_gzip("gzip", zip.data, zip.len, gzip, 200, "OK", ACCEPTED);
    check_gzip("x-gzip", zip.data, zip.len, x_gzip, 200, "OK", ACCEPTED);
    check_gzip("nothing", zip.data, 0, gzip, 400,
               "line 1, column 1: not valid JSON: the text ends too early",
               REJECTED("malformed"));
    for (size_t len = 1; len < zip.len; len++)
        check_gzip("cut short", zip.data, len, gzip, 400, damaged,
                   REJECTED("malformed"));
    zip.data[zip.len - 8] ^= 1; /* corrupt checksum */
    check_gzip("checksum", zip.data, zip.len, gzip, 400, damaged,
               REJECTED("malformed"));
    zip.data[zip.len - 8] ^= 1;
    strbuf_add_string(&zip, "more");
    check_gzip("more behind it", zip.data, zip.len, gzip, 400, damaged,
               REJECTED("malformed"));
    strbuf_free(&zip);
    zip = compressed(BODY_2000, sizeof(BODY_2000) - 1);
    check_gzip("as long as may be", zip.data, zip.len, gzip, 200, "OK",
               "tallyman_pushes_total record accepted 1\n"
               "metrics_aggregator_record_total 1\n");
    strbuf_free(&zip);
    zip = compressed(" " BODY_2000, sizeof(BODY_2000));
    check_gzip("one byte too long", zip.data, zip.len, gzip, 413,
               "the body has more than 2000 bytes (limits.body_bytes), must be "
               "smaller",
               REJECTED("too_large"));
    strbuf_free(&zip);
    zip = compressed("[", 1);
    check_gzip("bad JSON in it", zip.data, zip.len, gzip, 400,
               "line 1, column 2: not valid JSON: the text ends too early",
               REJECTED("malformed"));
    strbuf_free(&zip);
    assert_rows(TOTALS, "c|{\"l\":\"a\"}|2.0|0\n"
                        "c|{\"l\":\"b\"}|0.0|0\n"
                        "h|{}|0.0|0\n");
}

/* A megabyte of spaces, one kilobyte compressed. */
static void test_gzip_bomb(void **state) {
    enum { SIZE = 1000000 };
    char *spaces = malloc(SIZE);
    (void)state;
    assert_non_null(spaces);
    memset(spaces, ' ', SIZE);
    struct strbuf zip = compressed(spaces, SIZE);
    free(spaces);
    assert_true(zip.len <= 2000);
    check_gzip("bomb", zip.data, zip.len, "HTTP_CONTENT_ENCODING=gzip", 413,
               "the body has more than 2000 bytes (limits.body_bytes), must be "
               "smaller",
               REJECTED("too_large"));
    strbuf_free(&zip);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_good),
        TEST(test_bad),
        TEST(test_refused),
        TEST(test_refused_names),
        TEST(test_mixed),
        TEST(test_gzip),
        TEST(test_gzip_bomb),
        TEST(test_cut),
        TEST(test_opt_out_ignored),
        TEST(test_no_memory_for_body),
    };
    return cmocka_run_group_tests_name("endpoint_record", tests, NULL, NULL);
}

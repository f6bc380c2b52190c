/* Parses a push repeatedly; each time, one more allocation succeeds. */
#include "base/err.h"
#include "base/strbuf.h"
#include "corpus.h"
#include "ingest/faro/faro.h"
#include "ingest/otlp/spans.h"
#include "ingest/protobuf.h"
#include "ingest/statsd.h"
#include "ingest/text/text.h"
#include "no_memory.h"
#include "otlp_fixture.h"
#include "registry_fixture.h"
#include "sessions/labels.h"
#include "unit.h"

/* Returns the number of allocations of parsing the text, each of which failed
 * once. */
static int count_allocations(const char *text, size_t len,
                             enum text_format format) {
    for (int count = 0;; count++) {
        struct pushed pushed = {0};
        struct err err = {.code = ERR_NONE};
        no_memory_after(count);
        int result = ingest_text(text, len, format, &pushed, &err);
        (void)no_memory_end();
        assert_int_equal(result, failed ? -1 : 0);
        if (failed) {
            assert_int_equal(err.code, ERR_MEMORY);
            assert_string_equal(err.message, "out of memory");
            assert_int_equal(err.line, 0);
        }
        pushed_free(&pushed);
        if (!failed)
            return count;
    }
}

static const char head[] = "# HELP x some\\nhelp\n"
                           "# TYPE x counter\n"
                           "# TYPE h histogram\n"
                           "# TYPE s summary\n"
                           "h_count 1\n"
                           "h_sum 1\n"
                           "s{quantile=\"0.5\"} 1\n";

/* Enough elements for each array to grow. */
static void prometheus(void **state) {
    struct strbuf text = {0};
    (void)state;
    strbuf_add_string(&text, head);
    for (int i = 0; i < 1100; i++)
        strbuf_printf(&text, "x{a=\"%d\",b_%d=\"escaped\\n\"} 1\n", i, i / 50);
    for (int i = 0; i < 40; i++)
        strbuf_printf(&text, "h_bucket{le=\"%d\"} 1\nfamily_%d 1\n", i, i);
    assert_false(text.failed);
    int count = count_allocations(text.data, text.len, TEXT_PROMETHEUS);
    assert_true(count > 100);
    strbuf_free(&text);
}

static void openmetrics(void **state) {
    static const char text[] = "# HELP x_m some\\nhelp\n"
                               "# TYPE x_m counter\n"
                               "# UNIT x_m m\n"
                               "x_m_total{a=\"\\n\"} 1 # {b=\"\\n\"} 1\n"
                               "# EOF\n";
    (void)state;
    int count = count_allocations(text, sizeof(text) - 1, TEXT_OPENMETRICS);
    assert_true(count > 10);
}

/* Files of the Go client, with exemplars and native buckets. */
static void protobuf(void **state) {
    static const char *const files[] = {
        "tests/data/protobuf/ok/distributions.bin",
        "tests/data/protobuf/ok/native.bin"};
    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct strbuf body = corpus_read(files[i]);
        int count = 0;
        do {
            struct pushed pushed = {0};
            struct err err = {.code = ERR_NONE};
            no_memory_after(count++);
            int result = ingest_protobuf(body.data, body.len, &pushed, &err);
            (void)no_memory_end();
            assert_int_equal(result, failed ? -1 : 0);
            assert_int_equal(err.code, failed ? ERR_MEMORY : ERR_NONE);
            pushed_free(&pushed);
        } while (failed);
        assert_true(count > 3);
        strbuf_free(&body);
    }
}

/* Many lines, so each array grows; refused lines need no memory. */
static void statsd(void **state) {
    static const struct registry none = {.failed = false};
    struct strbuf text = {0};
    int count = 0;
    (void)state;
    for (int i = 0; i < 200; i++)
        strbuf_printf(&text, "f_%d:1:2|ms|@0.5|#a_%d:b,c\nf_%d:1|c\nx\n", i, i,
                      i);
    assert_false(text.failed);
    do {
        struct pushed pushed = {0};
        struct batch batch = {0};
        struct points points = {
            .out = &pushed, .batch = &batch, .left = SIZE_MAX};
        struct err err = {.code = ERR_NONE};
        no_memory_after(count++);
        int result = ingest_statsd(text.data, text.len, &none, &points, &err);
        (void)no_memory_end();
        assert_true(result == 0 || failed);
        assert_int_equal(err.code, result == 0 ? ERR_NONE : ERR_MEMORY);
        batch_free(&batch);
        pushed_free(&pushed);
    } while (failed);
    assert_true(count > 10);
    strbuf_free(&text);
}

/* Reads the labels of a message like its endpoint. */
static int label_session(const char *text, size_t len, struct arena *arena,
                         struct err *err) {
    static const char *names[] = {"v", NULL};
    static const struct sessions_config config = {.user_labels =
                                                      USER_LABELS_HASH,
                                                  .hash_key = "key",
                                                  .hash_key_len = 3,
                                                  .variables = {names, 1}};
    struct session_message message;
    struct label labels[SESSION_LABELS_MAX];
    struct session_push push = {.rules = NULL};
    if (ingest_session(text, len, 20000, arena, &message, err) != 0)
        return -1;
    int count = session_labels_permit(&config, &message, arena, labels);
    if (count < 0 || session_labels_write(&config, &message, labels,
                                          (size_t)count, arena, &push) != 0)
        return err_set(err, ERR_MEMORY, "out of memory");
    return 0;
}

/* A value larger than the arena's block. */
static void session(void **state) {
    struct strbuf text = {0};
    int count = 0;
    (void)state;
    strbuf_printf(&text,
                  "{\"uuid\":\"u\",\"user\":{\"login\":\"l\"},\"variables\":"
                  "[{\"name\":\"v\",\"values\":[\"%010000d\",\"b\"]}],"
                  "\"dashboard\":{\"name\":\"%010000d\"}}",
                  1, 2);
    assert_false(text.failed);
    do {
        struct arena arena = {0};
        struct err err = {.code = ERR_NONE};
        no_memory_after(count++);
        int result = label_session(text.data, text.len, &arena, &err);
        (void)no_memory_end();
        assert_int_equal(result, failed ? -1 : 0);
        assert_int_equal(err.code, failed ? ERR_MEMORY : ERR_NONE);
        arena_free(&arena);
    } while (failed);
    assert_true(count > 10); /* without those of json-c */
    strbuf_free(&text);
}

/* Repeats the SDK's body: each array grows, and a block of the arena fills. */
static void faro(void **state) {
    static struct registry registry;
    static const struct routes none = {NULL, 0};
    const struct faro_setting setting = {.registry = &registry,
                                         .pages = &none,
                                         .routes = &none,
                                         .host = "",
                                         .uri = ""};
    struct strbuf text = {0};
    int count = 0;
    (void)state;
    registry_load(&registry, "tests/data/faro/families.json");
    strbuf_add_string(&text, "{\"events\":[");
    for (int i = 0; i < 100; i++)
        strbuf_printf(&text,
                      "{\"name\":\"add_to_cart\",\"attributes\":{"
                      "\"sku\":\"%0100d\"}},",
                      i);
    strbuf_add_string(&text,
                      "{\"name\":\"view_changed\"}],\"measurements\":[{"
                      "\"type\":\"checkout\",\"values\":{\"items\":3}}]}");
    assert_false(text.failed);
    do {
        struct pushed pushed = {0};
        struct batch batch = {0};
        struct points points = {
            .out = &pushed, .batch = &batch, .left = 1000, .max = 1000};
        struct err err = {.code = ERR_NONE};
        no_memory_after(count++);
        int result = ingest_faro(text.data, text.len, &setting, &points, &err);
        (void)no_memory_end();
        assert_int_equal(result, failed ? -1 : 0);
        assert_int_equal(err.code, failed ? ERR_MEMORY : ERR_NONE);
        assert_int_equal(batch_rejected(&batch), 0);
        batch_free(&batch);
        pushed_free(&pushed);
    } while (failed);
    assert_true(count > 10);
    registry_free(&registry);
    strbuf_free(&text);
}

/* Returns the number of allocations of an OpenTelemetry push. */
static int count_otlp(const struct strbuf *body, enum otlp_encoding encoding) {
    static const struct limits limits = {.label_value_bytes = 20000};
    for (int count = 0;; count++) {
        struct pushed pushed = {0};
        struct batch batch = {0};
        struct err err = {.code = ERR_NONE};
        struct points points = {
            .out = &pushed, .batch = &batch, .left = SIZE_MAX};
        no_memory_after(count);
        int result = otlp_read_metrics(body->data, body->len, encoding, &limits,
                                       &points, &err);
        (void)no_memory_end();
        assert_int_equal(result, failed ? -1 : 0);
        assert_int_equal(err.code, failed ? ERR_MEMORY : ERR_NONE);
        assert_int_equal(batch_rejected(&batch), 0);
        pushed_free(&pushed);
        batch_free(&batch);
        if (!failed)
            return count;
    }
}

/* Values larger than the arena's block. */
static void otlp(void **state) {
    struct strbuf text = {0};
    struct strbuf large = {0};
    (void)state;
    strbuf_printf(&large, "{\"stringValue\":\"%05000d\"}", 1);
    strbuf_printf(
        &text,
        "{\"resourceMetrics\":[{\"resource\":{\"attributes\":["
        "{\"key\":\"service.name\",\"value\":%s},"
        "{\"key\":\"service.namespace\",\"value\":%s},"
        "{\"key\":\"service.instance.id\",\"value\":%s}]},"
        "\"scopeMetrics\":[{\"scope\":{\"name\":\"s\",\"attributes\":["
        "{\"key\":\"a.b\",\"value\":%s},{\"key\":\"a_b\",\"value\":%s}]},"
        "\"metrics\":[{\"name\":\"%05000d\",\"unit\":\"%05000d/s\"},"
        "{\"name\":\"m\",\"sum\":{\"isMonotonic\":true,"
        "\"aggregationTemporality\":2,\"dataPoints\":[{\"asInt\":1,"
        "\"attributes\":[{\"key\":\"k\",\"value\":{\"kvlistValue\":{"
        "\"values\":[{\"key\":\"x\",\"value\":{\"arrayValue\":{\"values\":[%s]}"
        "}"
        "},{\"key\":\"y\",\"value\":{\"bytesValue\":\"%05000d\"}}]}}}]}]}},"
        "{\"name\":\"h\",\"histogram\":{\"aggregationTemporality\":1,"
        "\"dataPoints\":[{\"count\":1,\"bucketCounts\":[1,0],"
        "\"explicitBounds\":[1],\"exemplars\":[{\"asInt\":1,\"traceId\":"
        "\"%032d\",\"spanId\":\"%016d\"}]}]}},"
        "{\"name\":\"e\",\"exponentialHistogram\":{"
        "\"aggregationTemporality\":1,\"dataPoints\":[{\"count\":1,"
        "\"positive\":{\"bucketCounts\":[1]}}]}}]}]}]}",
        large.data, large.data, large.data, large.data, large.data, 1, 1,
        large.data, 0, 1, 1);
    struct strbuf bytes = to_protobuf(text.data, text.len);
    assert_false(text.failed);
    assert_true(count_otlp(&text, OTLP_JSON) > 30);
    assert_true(count_otlp(&bytes, OTLP_PROTOBUF) > 30);
    strbuf_free(&text);
    strbuf_free(&large);
    strbuf_free(&bytes);
}

/* Spans with every cause of allocation: a name built from the route,
 * attributes, and enough spans to fill a block of the arena. */
static void spans(void **state) {
    struct diagnostics diagnostics = {.count = 0};
    struct watch watch = {.count = 0};
    struct config *config =
        config_load("tests/data/spans/config/all.json", &watch, &diagnostics);
    struct strbuf text = {0};
    int count = 0;
    (void)state;
    assert_non_null(config);
    strbuf_add_string(&text, "{\"resourceSpans\":[{\"resource\":{"
                             "\"attributes\":[{\"key\":\"team\",\"value\":"
                             "{\"stringValue\":\"web\"}}]},"
                             "\"scopeSpans\":[{\"spans\":[");
    for (int i = 0; i < 100; i++)
        strbuf_printf(&text,
                      "%s{\"name\":\"a?\",\"startTimeUnixNano\":1,"
                      "\"endTimeUnixNano\":2,\"attributes\":[{\"key\":"
                      "\"http.target\",\"value\":{\"stringValue\":"
                      "\"/api/users/%d\"}}]}",
                      i > 0 ? "," : "", i);
    strbuf_add_string(&text, "]}]}]}");
    assert_false(text.failed);
    do {
        struct pushed pushed = {0};
        struct batch batch = {0};
        struct points points = {
            .out = &pushed, .batch = &batch, .left = SIZE_MAX};
        struct err err = {.code = ERR_NONE};
        no_memory_after(count++);
        int result = spans_read(text.data, text.len, OTLP_JSON, config, NULL,
                                &points, &err);
        (void)no_memory_end();
        assert_int_equal(result, failed ? -1 : 0);
        assert_int_equal(err.code, failed ? ERR_MEMORY : ERR_NONE);
        assert_int_equal(batch_rejected(&batch), 0);
        batch_free(&batch);
        pushed_free(&pushed);
    } while (failed);
    assert_true(count > 10);
    strbuf_free(&text);
    watch_free(&watch);
    diagnostics_free(&diagnostics);
    config_release(config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prometheus), cmocka_unit_test(openmetrics),
        cmocka_unit_test(protobuf),   cmocka_unit_test(statsd),
        cmocka_unit_test(session),    cmocka_unit_test(faro),
        cmocka_unit_test(otlp),       cmocka_unit_test(spans),
    };
    return cmocka_run_group_tests_name("no_memory", tests, NULL, NULL);
}

/* Spans: tests/data/spans/ok are pushed as JSON and as protobuf against the
 * allowlist tests/data/spans/config/all.json; the samples and refusals are
 * beside them. */
#include "ingest/otlp/spans.h"

#include <stdlib.h>

#include "corpus.h"
#include "guard.h"
#include "otlp.pb-c.h"
#include "points_fixture.h"

#define CONFIGS "tests/data/spans/config/"

static const char site[] = "http://127.0.0.1:14319";

static struct config *load_config(const char *path) {
    struct diagnostics diagnostics = {.count = 0};
    struct watch watch = {.count = 0};
    struct config *loaded = config_load(path, &watch, &diagnostics);
    if (!loaded)
        fail_msg("%s", diagnostics.text.data);
    watch_free(&watch);
    diagnostics_free(&diagnostics);
    return loaded;
}

/* Converts the message to protobuf; the caller frees bytes->data. */
static void encode(const struct strbuf *json, struct strbuf *bytes) {
    struct arena arena = {NULL};
    struct err err = {.code = ERR_NONE};
    const Otlp__ExportTraceServiceRequest *request =
        (const Otlp__ExportTraceServiceRequest *)otlp_read(
            &otlp__export_trace_service_request__descriptor, json->data,
            json->len, OTLP_JSON, &arena, &err);
    if (!request)
        fail_msg("%s", err.message);
    size_t len = otlp__export_trace_service_request__get_packed_size(request);
    assert_true(strbuf_reserve(bytes, len + 1));
    bytes->len = otlp__export_trace_service_request__pack(
        request, (uint8_t *)bytes->data);
    arena_free(&arena);
}

struct sender {
    const struct config *config;
    const char *site;
    bool anybody;
};

/* Appends the samples and refusals of a push. */
static void push(const struct sender *sender, const struct strbuf *body,
                 enum otlp_encoding encoding, struct strbuf *out) {
    struct pushed pushed = {.room = 0};
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    size_t max = (size_t)sender->config->limits.samples_per_push;
    struct points points = {.out = &pushed,
                            .batch = &batch,
                            .left = sender->anybody ? max : SIZE_MAX,
                            .max = max};
    const struct admission admission = {.config = sender->config,
                                        .alone = true,
                                        .discreet = true,
                                        .anybody = sender->anybody};
    if (spans_read(guard_place(body->data, body->len), body->len, encoding,
                   sender->config, sender->site, &points, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(admit(&pushed, &admission, &batch, &err), 0);
    assert_false(batch.refused);
    for (size_t i = 0; i < batch.count; i++)
        write_sample(out, &batch.samples[i]);
    write_rejected(&batch, out);
    if (out->len == 0)
        strbuf_add_string(out, "nothing\n");
    batch_free(&batch);
    pushed_free(&pushed);
}

static void in_both_encodings(void **state) {
    struct config *loaded = load_config(CONFIGS "all.json");
    const struct sender sender = {loaded, site, true};
    struct strbuf body = corpus_read(*state);
    struct strbuf bytes = {.len = 0};
    struct strbuf json = {.len = 0};
    struct strbuf protobuf = {.len = 0};
    encode(&body, &bytes);
    push(&sender, &body, OTLP_JSON, &json);
    push(&sender, &bytes, OTLP_PROTOBUF, &protobuf);
    assert_string_equal(json.data, protobuf.data);
    assert_null(strstr(json.data, "secret"));
    corpus_expect(*state, ".out", &json);
    strbuf_free(&body);
    strbuf_free(&bytes);
    strbuf_free(&json);
    strbuf_free(&protobuf);
    config_release(loaded);
}

#define SPANS                                                                  \
    "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":["                        \
    "{\"name\":\"a\",\"startTimeUnixNano\":1,\"endTimeUnixNano\":500000001},"  \
    "{\"name\":\"b\",\"startTimeUnixNano\":2,\"endTimeUnixNano\":1}]}]}]}"

/* One listed family of the two is enough; without any, each span is refused
 * once. */
static void one_family_is_enough(void **state) {
    static const struct {
        const char *config;
        bool open;
        const char *want;
    } rows[] = {
        {CONFIGS "calls.json", false,
         "traces_span_metrics_calls_total counter span_name=new:a 1\n"
         "traces_span_metrics_calls_total counter span_name=new:b 1\n"},
        {CONFIGS "durations.json", false,
         "traces_span_metrics_duration_seconds histogram span_name=new:a count "
         "1 sum 0.5 buckets 1,0\n"
         "negative_value 1 (traces_span_metrics_duration_seconds)\n"
         "traces_span_metrics_duration_seconds: the span ends 1e-09 seconds "
         "before its start, must end after it\n"},
        {CONFIGS "none.json", false,
         "unknown_family 2 (traces_span_metrics_calls_total)\n"
         "traces_span_metrics_calls_total is not in the allowlist; list it in "
         "a file of `metrics` or set `open_families` to true\n"},
        {CONFIGS "none.json", true,
         "open traces_span_metrics_calls_total counter{\"service_name\":\"\","
         "\"span_kind\":\"SPAN_KIND_UNSPECIFIED\",\"span_name\":\"a\","
         "\"status_code\":\"STATUS_CODE_UNSET\"} 1\n"
         "open traces_span_metrics_calls_total counter{\"service_name\":\"\","
         "\"span_kind\":\"SPAN_KIND_UNSPECIFIED\",\"span_name\":\"b\","
         "\"status_code\":\"STATUS_CODE_UNSET\"} 1\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct config *loaded = load_config(rows[i].config);
        const struct sender sender = {.config = loaded};
        struct strbuf body = {.len = 0};
        struct strbuf got = {.len = 0};
        loaded->open_families = rows[i].open;
        strbuf_add_string(&body, SPANS);
        push(&sender, &body, OTLP_JSON, &got);
        check_text(rows[i].config, got.data, rows[i].want);
        strbuf_free(&body);
        strbuf_free(&got);
        config_release(loaded);
    }
}

/* The shipped allowlist permits all kinds of spans. */
static void installed_allowlist_takes_all_kinds(void **state) {
    struct config *loaded = load_config(CONFIGS "all.json");
    const struct sender sender = {.config = loaded, .anybody = true};
    struct strbuf body = corpus_read("tests/data/spans/ok/kinds.json");
    struct strbuf got = {.len = 0};
    (void)state;
    registry_free(&loaded->registry);
    registry_load(&loaded->registry, "fcgi/metrics.d/traces.json");
    push(&sender, &body, OTLP_JSON, &got);
    size_t lines = 0;
    for (const char *at = got.data; (at = strstr(at, "traces_")); at++)
        lines++;
    check_number("two samples for each of seven spans", (long long)lines, 14);
    assert_null(strstr(got.data, "rejected"));
    assert_null(strstr(got.data, "label_value"));
    strbuf_free(&body);
    strbuf_free(&got);
    config_release(loaded);
}

/* A malformed body is refused. */
static void malformed_body_is_refused(void **state) {
    static const struct {
        enum otlp_encoding encoding;
        const char *body;
        const char *want;
    } rows[] = {
        {OTLP_JSON, "{\"resourceSpans\":{}}",
         "resourceSpans: is an object, must be an array"},
        {OTLP_JSON,
         "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"kind\":"
         "\"secret\"}]}]}]}",
         "resourceSpans[0].scopeSpans[0].spans[0].kind: is not an integer, "
         "must be an integer of 64 bits, or one in a string"},
        {OTLP_PROTOBUF, "secret",
         "it is not an OTLP ExportTraceServiceRequest"},
    };
    struct config *loaded = load_config(CONFIGS "all.json");
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct pushed pushed = {.room = 0};
        struct batch batch = {.count = 0};
        struct err err = {.code = ERR_NONE};
        struct points points = {
            .out = &pushed, .batch = &batch, .left = SIZE_MAX};
        size_t len = strlen(rows[i].body);
        assert_int_equal(spans_read(guard_place(rows[i].body, len), len,
                                    rows[i].encoding, loaded, NULL, &points,
                                    &err),
                         -1);
        check_text(rows[i].body, err.message, rows[i].want);
        pushed_free(&pushed);
        batch_free(&batch);
    }
    config_release(loaded);
}

int main(void) {
    static struct CMUnitTest tests[32] = {
        cmocka_unit_test(one_family_is_enough),
        cmocka_unit_test(installed_allowlist_takes_all_kinds),
        cmocka_unit_test(malformed_body_is_refused),
    };
    size_t count =
        corpus_add("tests/data/spans/ok", in_both_encodings, tests, 3, 32);
    return _cmocka_run_group_tests("spans", tests, count, NULL, NULL);
}

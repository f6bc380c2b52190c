/* Bodies of the Faro web SDK: those of tests/data/faro/ok and spans are
 * accepted with exactly the samples beside them; those of tests/data/faro/bad
 * are refused with exactly the error beside them. Files named captured were
 * sent by the SDK, version 2.12.1. */
#include "ingest/faro/faro.h"

#include "admit_fixture.h"
#include "corpus.h"
#include "guard.h"

static struct config *settings;
static bool by_spans; /* and with the key of an app */

static int load_settings(void **state) {
    struct watch watch = {.incomplete = false};
    struct diagnostics diagnostics = {.count = 0};
    (void)state;
    settings =
        config_load("tests/data/faro/tallyman.json", &watch, &diagnostics);
    watch_free(&watch);
    if (!settings)
        fail_msg("%s", diagnostics.text.data);
    diagnostics_free(&diagnostics);
    registry_load(&settings->registry, "tests/data/faro/families.json");
    return 0;
}

static int release_settings(void **state) {
    (void)state;
    config_release(settings);
    return 0;
}

/* Parses a copy whose end borders on unreadable memory. */
static int read_body(const char *text, size_t len, struct pushed *pushed,
                     struct batch *batch, struct err *err) {
    const struct faro_setting setting = {
        .registry = &settings->registry,
        .pages = &settings->pages,
        .routes = &settings->routes,
        .spans = by_spans,
        .app = by_spans ? faro_config_app(&settings->faro, "9f31c2") : NULL,
        .host = "shop.example",
        .uri = "/tally/collect?x=1"};
    struct points points = {
        .out = pushed, .batch = batch, .left = 1000, .max = 1000};
    return ingest_faro(guard_place(text, len), len, &setting, &points, err);
}

static void write_rejected(const struct batch *batch, struct strbuf *out) {
    for (int i = 0; i < REJECT_REASONS; i++) {
        if (batch->rejected[i] == 0)
            continue;
        strbuf_printf(out, "rejected %s %zu",
                      reject_reason_name((enum reject_reason)i),
                      batch->rejected[i]);
        batch_write_names(batch, (enum reject_reason)i, out);
        strbuf_add_char(out, '\n');
    }
    if (batch->first_rejected)
        strbuf_printf(out, "%s\n", batch->first_rejected);
}

static void take(const char *text, size_t len, struct strbuf *out) {
    const struct admission admission = {
        .config = settings, .alone = true, .anybody = true, .discreet = true};
    struct pushed pushed = {.room = 0};
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    if (read_body(text, len, &pushed, &batch, &err) != 0)
        fail_msg("%u:%u: %s", err.line, err.column, err.message);
    assert_int_equal(admit(&pushed, &admission, &batch, &err), 0);
    for (size_t i = 0; i < batch.count; i++)
        write_sample(out, &batch.samples[i]);
    write_rejected(&batch, out);
    batch_free(&batch);
    pushed_free(&pushed);
}

static void taken(void **state) {
    struct strbuf text = corpus_read(*state);
    struct strbuf got = {.len = 0};
    take(text.data, text.len, &got);
    corpus_expect(*state, ".out", &got);
    strbuf_free(&got);
    strbuf_free(&text);
}

static void taken_by_spans(void **state) {
    by_spans = true;
    taken(state);
    by_spans = false;
}

static void refused(void **state) {
    struct strbuf text = corpus_read(*state);
    struct strbuf message = {.len = 0};
    struct pushed pushed = {.room = 0};
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    assert_int_equal(read_body(text.data, text.len, &pushed, &batch, &err), -1);
    strbuf_printf(&message, "%u:%u: %s\n", err.line, err.column, err.message);
    corpus_expect(*state, ".err", &message);
    strbuf_free(&message);
    strbuf_free(&text);
    batch_free(&batch);
    pushed_free(&pushed);
}

/* A truncated body is refused. */
static void truncated_body_is_refused(void **state) {
    struct strbuf text = corpus_read(*state);
    struct pushed pushed = {.room = 0};
    struct batch batch = {.count = 0};
    while (text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]))
        text.len--;
    for (size_t len = 0; len < text.len; len++) {
        struct err err = {.code = ERR_NONE};
        assert_int_equal(read_body(text.data, len, &pushed, &batch, &err), -1);
        assert_int_equal(err.code, ERR_SYNTAX);
        assert_int_equal(pushed_count(&pushed), 0);
    }
    strbuf_free(&text);
    batch_free(&batch);
    pushed_free(&pushed);
}

/* limits.samples_per_push counts points, without ignored events. */
static void events_do_not_count_towards_the_limit(void **state) {
    struct strbuf body = {.len = 0};
    struct strbuf got = {.len = 0};
    (void)state;
    strbuf_add_string(&body, "{\"events\": [");
    for (int i = 0; i < 10000; i++)
        strbuf_add_string(&body, "{\"name\": \"view_changed\"},"
                                 "{\"name\": \"session_resume\"},");
    strbuf_add_string(&body, "0]}");
    take(body.data, body.len, &got);
    const char *end = strstr(got.data, "rejected");
    assert_non_null(end);
    assert_string_equal(
        end, "rejected invalid_sample 1 (\"\")\n"
             "rejected too_many_samples 9000 (session_resume_total)\n"
             "session_resume_total: the push has more points than "
             "limits.samples_per_push, 1000; push fewer or raise the limit\n");
    assert_int_equal(end - got.data,
                     1000 * strlen("session_resume_total counter 1\n"));
    strbuf_free(&body);
    strbuf_free(&got);
}

/* Attributes beyond the first 128 are ignored. */
static void attributes_beyond_128_are_ignored(void **state) {
    static const struct {
        int before;
        const char *want;
    } rows[] = {
        {127, "add_to_cart_total counter app=shop cart_size= sku=new:Z 1\n"},
        {128, "add_to_cart_total counter app=shop cart_size= sku=new: 1\n"}};
    (void)state;
    for (size_t row = 0; row < COUNT(rows); row++) {
        struct strbuf body = {.len = 0};
        struct strbuf got = {.len = 0};
        strbuf_add_string(&body, "{\"meta\": {\"app\": {\"name\": \"shop\"}}, "
                                 "\"events\": [{\"name\": \"add_to_cart\", "
                                 "\"attributes\": {");
        for (int i = 0; i < rows[row].before; i++)
            strbuf_printf(&body, "\"x%d\": \"1\",", i);
        strbuf_add_string(&body, "\"sku\": \"Z\"}}]}");
        take(body.data, body.len, &got);
        assert_string_equal(got.data, rows[row].want);
        strbuf_free(&body);
        strbuf_free(&got);
    }
}

int main(void) {
    static struct CMUnitTest tests[200] = {
        cmocka_unit_test(events_do_not_count_towards_the_limit),
        cmocka_unit_test(attributes_beyond_128_are_ignored)};
    const size_t room = COUNT(tests);
    size_t count = 2;
    count = corpus_add("tests/data/faro/ok", taken, tests, count, room);
    count = corpus_add("tests/data/faro/ok", truncated_body_is_refused, tests,
                       count, room);
    count =
        corpus_add("tests/data/faro/spans", taken_by_spans, tests, count, room);
    count = corpus_add("tests/data/faro/bad", refused, tests, count, room);
    return _cmocka_run_group_tests("ingest_faro", tests, count, load_settings,
                                   release_settings);
}

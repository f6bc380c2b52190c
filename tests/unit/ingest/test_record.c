/* The browser batch: tests/data/record/ok are accepted with exactly the samples
 * beside them; tests/data/record/bad are refused with exactly the error beside
 * them. The allowlist is tests/data/record/families.d. */
#include "ingest/record.h"

#include "base/json_scan.h"
#include "base/number.h"
#include "corpus.h"
#include "endpoints/telemetry.h"
#include "guard.h"
#include "registry_fixture.h"

static const struct limits limits = {.samples_per_push = 5,
                                     .observations_per_sample = 4,
                                     .label_value_bytes = 12};

static struct registry registry;
static const struct record_sender *sender;

static int load_registry(void **state) {
    (void)state;
    registry_load(&registry, "tests/data/record/families.d/families.json");
    return telemetry_register(&registry);
}

static int free_registry(void **state) {
    (void)state;
    registry_free(&registry);
    return 0;
}

static void dump_number(double value, struct strbuf *out) {
    char number[NUMBER_SIZE];
    (void)number_format(value, number);
    strbuf_printf(out, " %s", number);
}

static void dump_sample(const struct sample *sample, struct strbuf *out) {
    const struct family *family = sample->family;
    strbuf_add_string(out, family->name);
    for (size_t i = 0; i < family->label_count; i++) {
        const struct label_rule *rule = &family->labels[i];
        uint32_t value = sample->values[i];
        if (value != VALUE_NONE)
            strbuf_printf(out, " %s=\"%s\"", rule->name,
                          rule->values.values[value].text);
        else
            strbuf_printf(out, " %s=\"%.*s\" (new)", rule->name,
                          (int)sample->texts[i].value_len,
                          sample->texts[i].value);
    }
    if (family->type == METRIC_HISTOGRAM)
        for (size_t i = 0; i < sample->observation_count; i++)
            dump_number(sample->observations[i], out);
    else
        dump_number(sample->value, out);
    strbuf_add_char(out, '\n');
}

static void dump_batch(const struct batch *batch, struct strbuf *out) {
    if (batch->has_id) {
        strbuf_add_string(out, "batch ");
        for (size_t i = 0; i < sizeof(batch->id); i++)
            strbuf_printf(out, "%02x", batch->id[i]);
        strbuf_add_char(out, '\n');
    }
    for (size_t i = 0; i < batch->count; i++)
        dump_sample(&batch->samples[i], out);
    for (int i = 0; i < REJECT_REASONS; i++)
        if (batch->rejected[i] > 0)
            strbuf_printf(out, "rejected %s %zu\n",
                          reject_reason_name((enum reject_reason)i),
                          batch->rejected[i]);
}

/* Parses a copy whose end borders on unreadable memory. */
static int parse(const char *text, size_t len, struct batch *batch,
                 struct err *err) {
    return ingest_record(guard_place(text, len), len, &registry, &limits,
                         sender, batch, err);
}

static void test_ok(void **state) {
    struct strbuf text = corpus_read(*state);
    struct strbuf dump = {0};
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    if (parse(text.data, text.len, &batch, &err) != 0)
        fail_msg("%u:%u: %s", err.line, err.column, err.message);
    dump_batch(&batch, &dump);
    corpus_expect(*state, ".out", &dump);
    batch_free(&batch);
    strbuf_free(&dump);
    strbuf_free(&text);
}

/* A truncated batch is refused. */
static void test_truncated_batch_is_refused(void **state) {
    struct strbuf text = corpus_read(*state);
    struct batch batch = {.count = 0};
    while (text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]))
        text.len--;
    for (size_t len = 0; len < text.len; len++) {
        struct err err = {.code = ERR_NONE};
        if (parse(text.data, len, &batch, &err) != -1)
            fail_msg("accepted: %.*s", (int)len, text.data);
        assert_int_equal(err.code, ERR_SYNTAX);
        assert_true(err.line > 0 && err.column > 0);
        assert_int_equal(batch.count, 0);
        assert_int_equal(batch_rejected(&batch), 0);
        batch_reset(&batch);
    }
    batch_free(&batch);
    strbuf_free(&text);
}

static void test_bad(void **state) {
    struct strbuf text = corpus_read(*state);
    struct strbuf message = {0};
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    assert_int_equal(parse(text.data, text.len, &batch, &err), -1);
    if (err.line > 0)
        strbuf_printf(&message, "%u:%u: ", err.line, err.column);
    strbuf_printf(&message, "%s\n", err.message);
    if (err.line > 0)
        assert_int_equal(err.code, ERR_SYNTAX);
    else
        assert_int_equal(err.code, strncmp(err.message, "batch:", 6) == 0
                                       ? ERR_BATCH_ID
                                       : ERR_VALUE);
    corpus_expect(*state, ".err", &message);
    batch_free(&batch);
    strbuf_free(&message);
    strbuf_free(&text);
}

/* Deeper than the stack of a recursive parser. */
static void test_deep_nesting_is_refused(void **state) {
    enum { DEPTH = 1000000 };
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    char *text = malloc(DEPTH);
    (void)state;
    assert_non_null(text);
    memset(text, '[', DEPTH);
    assert_int_equal(parse(text, DEPTH, &batch, &err), -1);
    assert_int_equal(err.code, ERR_SYNTAX);
    assert_int_equal(err.column, JSON_DEPTH_MAX + 1);
    for (size_t i = 0; i + 4 < DEPTH; i += 5)
        memcpy(text + i, "{\"a\":", 5);
    assert_int_equal(parse(text, DEPTH, &batch, &err), -1);
    assert_int_equal(err.code, ERR_SYNTAX);
    free(text);
    batch_free(&batch);
}

/* Samples up to the limit are accepted, the rest are rejected and counted. */
static void test_samples_beyond_the_limit_are_rejected(void **state) {
    enum { SAMPLES = 10000 };
    static const char sample[] = ",{\"metricName\":\"plain\","
                                 "\"metricType\":\"counter\",\"inc\":1}";
    struct strbuf text = {0};
    struct strbuf dump = {0};
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    (void)state;
    strbuf_add_char(&text, '[');
    for (int i = 0; i < SAMPLES; i++)
        strbuf_add_string(&text, i > 0 ? sample : sample + 1);
    strbuf_add_char(&text, ']');
    assert_int_equal(parse(text.data, text.len, &batch, &err), 0);
    dump_batch(&batch, &dump);
    assert_string_equal(dump.data, "plain 1\nplain 1\nplain 1\nplain 1\n"
                                   "plain 1\nrejected too_many_samples 9995\n");
    batch_free(&batch);
    strbuf_free(&dump);
    strbuf_free(&text);
}

/* A reused batch has nothing of the previous push. */
static void test_reset_empties_the_batch(void **state) {
    static const char first[] =
        "{\"batch\":\"0190b3c4-5d6e-7f80-9a1b-2c3d4e5f6071\",\"metrics\":["
        "{\"metricName\":\"plain\",\"metricType\":\"counter\",\"inc\":1},1]}";
    static const char second[] =
        "[{\"metricName\":\"plain\",\"metricType\":\"counter\",\"inc\":2}]";
    struct strbuf dump = {0};
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    (void)state;
    assert_int_equal(parse(first, strlen(first), &batch, &err), 0);
    batch_reset(&batch);
    assert_int_equal(parse(second, strlen(second), &batch, &err), 0);
    dump_batch(&batch, &dump);
    assert_string_equal(dump.data, "plain 2\n");
    batch_free(&batch);
    strbuf_free(&dump);
}

/* Only programs may push families that are reserved for programs. */
static void test_only_programs_push_reserved_families(void **state) {
    static const char body[] =
        "[{\"metricName\":\"shop_jobs_total\",\"metricType\":\"counter\","
        "\"inc\":1},{\"metricName\":\"shop_age\",\"metricType\":\"gauge\","
        "\"value\":11},{\"metricName\":\"plain\",\"metricType\":\"counter\","
        "\"inc\":2}]";
    static const char *shop[] = {"x*", "shop_jobs_*", NULL};
    static const char *others[] = {"plain", NULL};
    static const struct string_list shop_list = {shop, 2};
    static const struct string_list other_list = {others, 1};
    static const struct {
        struct record_sender sender;
        const char *want;
    } cases[] = {
        {{false, NULL}, "plain 2\nrejected programs_only 2\n"},
        {{true, NULL}, "shop_jobs_total 1\nplain 2\nrejected out_of_range 1\n"},
        {{true, &shop_list},
         "shop_jobs_total 1\nplain 2\nrejected forbidden 1\n"},
        {{true, &other_list}, "plain 2\nrejected forbidden 2\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct strbuf dump = {0};
        struct batch batch = {.count = 0};
        struct err err = {.code = ERR_NONE};
        sender = &cases[i].sender;
        assert_int_equal(parse(body, strlen(body), &batch, &err), 0);
        dump_batch(&batch, &dump);
        assert_string_equal(dump.data, cases[i].want);
        batch_free(&batch);
        strbuf_free(&dump);
    }
    sender = NULL;
}

int main(void) {
    static struct CMUnitTest tests[200] = {
        cmocka_unit_test(test_deep_nesting_is_refused),
        cmocka_unit_test(test_samples_beyond_the_limit_are_rejected),
        cmocka_unit_test(test_reset_empties_the_batch),
        cmocka_unit_test(test_only_programs_push_reserved_families),
    };
    const size_t room = sizeof(tests) / sizeof(tests[0]);
    size_t count = 4;
    count = corpus_add("tests/data/record/ok", test_ok, tests, count, room);
    count = corpus_add("tests/data/record/ok", test_truncated_batch_is_refused,
                       tests, count, room);
    count = corpus_add("tests/data/record/bad", test_bad, tests, count, room);
    return _cmocka_run_group_tests("ingest_record", tests, count, load_registry,
                                   free_registry);
}

/* The parser of text expositions at its limits, with many series, and with
 * files of real clients: tests/data/text/ok. */
#include "corpus.h"
#include "metrics/histogram.h"
#include "text_fixture.h"

static int parse(const struct strbuf *text, enum text_format format,
                 struct pushed *pushed, struct err *err) {
    assert_false(text->failed);
    return ingest_text(text->data, text->len, format, pushed, err);
}

/* Returns "accepted" or the error. */
static void expect(const char *name, const struct strbuf *text,
                   enum text_format format, const char *want) {
    struct strbuf out = {0};
    dump_exposition(text->data, text->len, format, &out);
    bool refused = strncmp(out.data ? out.data : "", "limit ", 6) == 0 ||
                   strncmp(out.data ? out.data : "", "syntax ", 7) == 0 ||
                   strncmp(out.data ? out.data : "", "value ", 6) == 0;
    check_text(name, refused ? out.data : "accepted", want);
    strbuf_free(&out);
}

static void repeat(struct strbuf *out, const char *text, size_t count) {
    for (size_t i = 0; i < count; i++)
        strbuf_add_string(out, text);
}

/* Checks a text with a repeated part: accepted with `most` repetitions, refused
 * with one more. */
static void check_limit(const char *name, enum text_format format,
                        const char *front, const char *part, const char *behind,
                        size_t most, const char *want) {
    for (size_t more = 0; more < 2; more++) {
        struct strbuf text = {0};
        strbuf_add_string(&text, front);
        repeat(&text, part, most + more);
        strbuf_add_string(&text, behind);
        expect(name, &text, format, more ? want : "accepted");
        strbuf_free(&text);
    }
}

static void names(void **state) {
    (void)state;
    check_limit(
        "a name", TEXT_PROMETHEUS, "", "n", " 1\n", 200,
        "limit 1:1: a metric name has 201 bytes, must have at most 200");
    check_limit(
        "a name in TYPE", TEXT_PROMETHEUS, "x 1\n# TYPE ", "n", " gauge\n", 200,
        "limit 2:8: a metric name has 201 bytes, must have at most 200");
    check_limit(
        "the name of a counter with its _total", TEXT_OPENMETRICS,
        "# HELP x some\n# TYPE ", "n", " counter\n# EOF\n", 194,
        "limit 2:8: a metric name has 201 bytes, must have at most 200");
    check_limit(
        "the name of an info with its _info", TEXT_OPENMETRICS, "# TYPE ", "n",
        " info\n# EOF\n", 195,
        "limit 1:8: a metric name has 201 bytes, must have at most 200");
    check_limit("a label name", TEXT_PROMETHEUS, "x{a=\"b\",", "n",
                "=\"1\"} 1\n", 200,
                "limit 1:9: a label name has 201 bytes, must have at most 200");
}

/* The limit excludes the suffixes of a histogram's samples. */
static void name_limit_excludes_suffixes(void **state) {
    struct strbuf text = {0};
    (void)state;
    strbuf_add_string(&text, "# TYPE ");
    repeat(&text, "n", 200);
    strbuf_add_string(&text, " histogram\n");
    repeat(&text, "n", 200);
    strbuf_add_string(&text, "_count 1\n");
    expect("_count", &text, TEXT_PROMETHEUS, "accepted");
    strbuf_free(&text);
}

static void labels(void **state) {
    (void)state;
    for (int count = PUSHED_LABELS_MAX; count <= PUSHED_LABELS_MAX + 1;
         count++) {
        struct strbuf text = {0};
        strbuf_add_string(&text, "# TYPE x histogram\nx_bucket{");
        for (int i = 1; i < count; i++)
            strbuf_printf(&text, "l%02d=\"\",", i);
        strbuf_add_string(&text, "le=\"+Inf\"} 1\n");
        expect("labels", &text, TEXT_PROMETHEUS,
               count > PUSHED_LABELS_MAX
                   ? "limit 2:458: a series has more than 64 "
                     "labels, must have at most 32"
                   : "accepted");
        strbuf_free(&text);
    }
}

static void bounds(void **state) {
    (void)state;
    for (int count = HISTOGRAM_BOUNDS_MAX; count <= HISTOGRAM_BOUNDS_MAX + 1;
         count++) {
        struct strbuf text = {0};
        strbuf_add_string(&text, "# TYPE x histogram\n");
        for (int i = 1; i <= count; i++)
            strbuf_printf(&text, "x_bucket{le=\"%d\"} %d\n", i, i);
        strbuf_printf(&text, "x_bucket{le=\"+Inf\"} %d\n", count);
        expect("bounds", &text, TEXT_PROMETHEUS,
               count > HISTOGRAM_BOUNDS_MAX
                   ? "limit 202:10: a series has more than 200 bounds, must "
                     "have at most 200"
                   : "accepted");
        strbuf_free(&text);
    }
}

static void quantiles(void **state) {
    (void)state;
    for (int count = HISTOGRAM_BOUNDS_MAX; count <= HISTOGRAM_BOUNDS_MAX + 1;
         count++) {
        struct strbuf text = {0};
        strbuf_add_string(&text, "# TYPE x summary\n");
        for (int i = 1; i <= count; i++)
            strbuf_printf(&text, "x{quantile=\"0.%03d\"} %d\n", i, i);
        expect("quantiles", &text, TEXT_PROMETHEUS,
               count > HISTOGRAM_BOUNDS_MAX
                   ? "limit 202:3: a series has more than 200 quantiles, must "
                     "have at most 200"
                   : "accepted");
        strbuf_free(&text);
    }
}

static void numbers(void **state) {
    (void)state;
    check_limit("a value", TEXT_PROMETHEUS, "x ", "0", "\n", NUMBER_TEXT_MAX,
                "limit 1:3: the value has more than 500 bytes");
}

/* The limit counts characters, not bytes; an escape is one. */
static void exemplar_limit_counts_characters(void **state) {
    static const char want[] = "limit 2:11: the labels of an exemplar have "
                               "more than 128 characters";
    (void)state;
    check_limit("values", TEXT_OPENMETRICS,
                "# TYPE x counter\nx_total 1 # {a=\"", "b",
                "\",cd=\"e\"} 1\n# EOF\n", 124, want);
    check_limit("values of many bytes", TEXT_OPENMETRICS,
                "# TYPE x counter\nx_total 1 # {a=\"", "\xf0\x9f\x98\x80",
                "\"} 1\n# EOF\n", 127, want);
    check_limit("escapes", TEXT_OPENMETRICS,
                "# TYPE x counter\nx_total 1 # {a=\"", "\\n", "\"} 1\n# EOF\n",
                127, want);
    check_limit("names", TEXT_OPENMETRICS, "# TYPE x counter\nx_total 1 # {",
                "a", "=\"\"} 1\n# EOF\n", 128, want);
}

/* Memory */

static void nothing_at_all(void **state) {
    struct pushed pushed = {0};
    struct err err = {.code = ERR_NONE};
    (void)state;
    assert_int_equal(ingest_text(NULL, 0, TEXT_PROMETHEUS, &pushed, &err), 0);
    assert_int_equal(pushed_count(&pushed), 0);
    assert_int_equal(ingest_text(NULL, 0, TEXT_OPENMETRICS, &pushed, &err), -1);
    assert_int_equal(err.code, ERR_SYNTAX);
    pushed_free(&pushed);
}

/* The byte before the text is not read; the sanitizer watches the heap. */
static void byte_before_the_text_is_not_read(void **state) {
    struct pushed pushed = {0};
    struct err err = {.code = ERR_NONE};
    char *text = malloc(1);
    (void)state;
    assert_non_null(text);
    text[0] = '\n';
    assert_int_equal(ingest_text(text, 1, TEXT_PROMETHEUS, &pushed, &err), 0);
    free(text);
    pushed_free(&pushed);
}

/* Bounds are stored once, values stay in the text. */
static void bounds_are_stored_once(void **state) {
    static const char text[] = "# TYPE h histogram\n"
                               "h_bucket{a=\"one\",le=\"1\"} 1\n"
                               "h_count{a=\"one\"} 1\n"
                               "h_bucket{a=\"t\\\\o\",le=\"1.0\"} 1\n"
                               "h_count{a=\"t\\\\o\"} 1\n";
    struct pushed pushed = {0};
    struct err err = {.code = ERR_NONE};
    (void)state;
    assert_int_equal(
        ingest_text(text, sizeof(text) - 1, TEXT_PROMETHEUS, &pushed, &err), 0);
    const struct pushed_series *series = pushed.families[0].series;
    assert_ptr_equal(series[0].bounds, series[1].bounds);
    assert_ptr_equal(series[0].labels[0].name, series[1].labels[0].name);
    assert_ptr_equal(series[0].labels[0].value, strstr(text, "one"));
    const char *copy = series[1].labels[0].value;
    assert_true(copy < text || copy > text + sizeof(text));
    pushed_free(&pushed);
}

/* A struct pushed is reused for many pushes, also after failures. */
static void pushed_is_reusable(void **state) {
    static const char *const texts[] = {
        "# TYPE h histogram\nh_count{a=\"1\"} 1\nx{b=\"2\"} 1\n",
        "# TYPE h gauge\nh{a=\"1\"} 1\nh{a=\"1\"} 1\n", "h{b=\"2\"} 3\n"};
    struct pushed pushed = {0};
    struct err err = {.code = ERR_NONE};
    struct strbuf out = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        pushed_reset(&pushed);
        int result = ingest_text(texts[i], strlen(texts[i]), TEXT_PROMETHEUS,
                                 &pushed, &err);
        assert_int_equal(result, i == 1 ? -1 : 0);
    }
    dump_pushed(&pushed, &out);
    assert_string_equal(out.data, "untyped h @1\n {b=2} 3 @1\n");
    strbuf_free(&out);
    pushed_free(&pushed);
}

/* Many series */

enum { SERIES = 5000, PER_SERIES = 4 };

/* Writes the labels of series i in one of their orders, with empty ones. */
static void write_labels(uint64_t *random, int i, struct strbuf *out) {
    int order[PER_SERIES] = {0, 1, 2, 3};
    for (int k = PER_SERIES - 1; k > 0; k--) {
        int other = (int)(check_random(random) % (uint64_t)(k + 1));
        int kept = order[k];
        order[k] = order[other];
        order[other] = kept;
    }
    for (int k = 0; k < PER_SERIES; k++) {
        static const int divisors[PER_SERIES] = {1, 10, 100, 1000};
        strbuf_printf(out, "label_%d=\"%d\",empty_%d=\"\",", order[k],
                      i / divisors[order[k]] % 10, k);
    }
}

/* The order of labels does not matter, and a repeated series is found among
 * many. */
static void order_of_labels_does_not_matter(void **state) {
    uint64_t random = 5;
    struct strbuf text = {0};
    struct pushed pushed = {0};
    struct err err = {.code = ERR_NONE};
    char want[80];
    (void)state;
    for (int i = 0; i < SERIES; i++) {
        strbuf_add_string(&text, "x{");
        write_labels(&random, i, &text);
        strbuf_printf(&text, "} %d\n", i);
    }
    if (parse(&text, TEXT_PROMETHEUS, &pushed, &err) != 0)
        fail_msg("%u:%u: %s", err.line, err.column, err.message);
    assert_int_equal(pushed.families[0].count, SERIES);
    for (int i = 0; i < SERIES; i++)
        assert_true(pushed.families[0].series[i].value == i);
    size_t len = text.len;
    for (int i = 0; i < SERIES; i += 97) {
        text.len = len;
        strbuf_add_string(&text, "x{");
        write_labels(&random, i, &text);
        strbuf_add_string(&text, "} 1\n");
        pushed_reset(&pushed);
        assert_int_equal(parse(&text, TEXT_PROMETHEUS, &pushed, &err), -1);
        (void)snprintf(want, sizeof(want),
                       "this series is repeated, first on line %d", i + 1);
        assert_string_equal(err.message, want);
        assert_int_equal(err.line, SERIES + 1);
    }
    pushed_free(&pushed);
    strbuf_free(&text);
}

/* Two samples of each family with all others between them. */
static void many_families(void **state) {
    struct strbuf text = {0};
    struct pushed pushed = {0};
    struct err err = {.code = ERR_NONE};
    (void)state;
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < 2000; i++)
            strbuf_printf(&text, "family_%d{a=\"%d\"} %d\n", i, k, i + k);
    if (parse(&text, TEXT_PROMETHEUS, &pushed, &err) != 0)
        fail_msg("%u:%u: %s", err.line, err.column, err.message);
    assert_int_equal(pushed_count(&pushed), 2000);
    for (int i = 0; i < 2000; i++) {
        assert_int_equal(pushed.families[i].count, 2);
        assert_true(pushed.families[i].series[1].value == i + 1);
    }
    pushed_free(&pushed);
    strbuf_free(&text);
}

/* Of real clients */

static enum text_format format_of(const char *path) {
    return strstr(path, "openmetrics") ? TEXT_OPENMETRICS : TEXT_PROMETHEUS;
}

static void client(void **state) {
    struct strbuf text = corpus_read(*state);
    struct strbuf out = {0};
    dump_exposition(text.data, text.len, format_of(*state), &out);
    corpus_expect(*state, ".out", &out);
    strbuf_free(&out);
    strbuf_free(&text);
}

/* A truncated OpenMetrics text is refused. In 0.0.4, the request must detect
 * it. */
static void truncated_text_is_refused(void **state) {
    struct strbuf text = corpus_read(*state);
    struct pushed pushed = {0};
    enum text_format format = format_of(*state);
    while (text.len > 0 && strchr("\r\n", text.data[text.len - 1]))
        text.len--;
    for (size_t len = 0; len < text.len; len++) {
        struct err err = {.code = ERR_NONE};
        pushed_reset(&pushed);
        if (ingest_text(guard_place(text.data, len), len, format, &pushed,
                        &err) == 0)
            assert_int_equal(format, TEXT_PROMETHEUS);
        else
            assert_true(err.line > 0 && err.column > 0);
    }
    pushed_free(&pushed);
    strbuf_free(&text);
}

int main(void) {
    static const char directory[] = "tests/data/text/ok";
    static struct CMUnitTest tests[100] = {
        cmocka_unit_test(names),
        cmocka_unit_test(name_limit_excludes_suffixes),
        cmocka_unit_test(labels),
        cmocka_unit_test(bounds),
        cmocka_unit_test(quantiles),
        cmocka_unit_test(numbers),
        cmocka_unit_test(exemplar_limit_counts_characters),
        cmocka_unit_test(nothing_at_all),
        cmocka_unit_test(bounds_are_stored_once),
        cmocka_unit_test(byte_before_the_text_is_not_read),
        cmocka_unit_test(pushed_is_reusable),
        cmocka_unit_test(order_of_labels_does_not_matter),
        cmocka_unit_test(many_families),
    };
    size_t count = 13;
    count = corpus_add(directory, client, tests, count, COUNT(tests));
    count = corpus_add(directory, truncated_text_is_refused, tests, count,
                       COUNT(tests));
    return _cmocka_run_group_tests("ingest_text", tests, count, NULL, NULL);
}

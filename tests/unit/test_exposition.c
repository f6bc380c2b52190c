/* Families and series as text. tests/data/exposition has the whole output in
 * both formats. */
#include "exposition.h"

#include <math.h>

#include "corpus.h"
#include "guard.h"

#define SERIES_MAX 12

/* A family and its series, as the store has them. */
struct scene {
    struct family family;
    struct series series[SERIES_MAX]; /* up to one without labels */
};

static double bounds[] = {-1, 0, 0.001, 0.5, 1, 1e6, 1e21};
static double one_bound[] = {2};

#define AT(seconds) .created_at = (seconds)

static const struct scene scenes[] = {
    {{.name = "a_counter_total",
      .help = "Named with _total.",
      .unit = "",
      .type = METRIC_COUNTER},
     {{.labels = "{}", .value = 0, AT(1700000000)}}},
    {{.name = "b_counter",
      .help = "Named without.",
      .unit = "",
      .type = METRIC_COUNTER},
     {{.labels = "{\"a\":\"1\"}", .value = 1, AT(1700000000)},
      {.labels = "{\"a\":\"2\",\"b\":\"\"}", .value = 0.1, AT(1)},
      {.labels = "{\"a\":\"no birth\"}", .value = 9007199254740992.0}}},
    {{.name = "c_bytes_total",
      .help = "The unit stands before _total.",
      .unit = "bytes",
      .type = METRIC_COUNTER},
     {{.labels = "{}", .value = 1e21, AT(1700000000)}}},
    {{.name = "d_escapes",
      .help = "a \"quote\", a \\ and\na second line, \t and é",
      .unit = "",
      .type = METRIC_GAUGE},
     {{.labels = "{\"l\":\"a \\\"quote\\\"\"}", .value = 1},
      {.labels = "{\"l\":\"a \\\\ and \\\\n\"}", .value = 2},
      {.labels = "{\"l\":\"two\\nlines\"}", .value = 3},
      {.labels = "{\"l\":\"\\u0009\\u001f\"}", .value = 4},
      {.labels = "{\"l\":\"{é},=#\"}", .value = 5}}},
    {{.name = "e_numbers", .help = "", .unit = "", .type = METRIC_GAUGE},
     {{.labels = "{\"n\":\"zero\"}", .value = -0.0, AT(1700000000)},
      {.labels = "{\"n\":\"tenth\"}", .value = -0.1},
      {.labels = "{\"n\":\"third\"}", .value = 1.0 / 3},
      {.labels = "{\"n\":\"million\"}", .value = 1e6},
      {.labels = "{\"n\":\"large\"}", .value = 123456789012345680.0},
      {.labels = "{\"n\":\"largest\"}", .value = 1.7976931348623157e308},
      {.labels = "{\"n\":\"least\"}", .value = 5e-324},
      {.labels = "{\"n\":\"nan\"}", .value = NAN},
      {.labels = "{\"n\":\"infinite\"}", .value = INFINITY},
      {.labels = "{\"n\":\"minus\"}", .value = -INFINITY}}},
    {{.name = "f_seconds",
      .help = "All bounds.",
      .unit = "seconds",
      .type = METRIC_HISTOGRAM,
      .bounds = bounds,
      .bound_count = 7},
     {{.labels = "{}",
       .sum = -12.5,
       .buckets = "[1,0,2,0,3,0,0,4]",
       AT(1700000000)},
      {.labels = "{\"le_\":\"x\",\"m\":\"\\\"\"}",
       .sum = 0,
       .buckets = "[0,0,0,0,0,0,0,0]"}}},
    {{.name = "g_sizes",
      .help = "One bound, counts as large as they may be.",
      .unit = "",
      .type = METRIC_HISTOGRAM,
      .bounds = one_bound,
      .bound_count = 1},
     {{.labels = "{\"l\":\"v\"}",
       .sum = 1e300,
       .buckets = "[9007199254740993,4611686018427387904]",
       AT(1700000000)}}},
    {{.name = "h_without_series",
      .help = "Known, but not there yet.",
      .unit = "",
      .type = METRIC_GAUGE},
     {{0}}},
    {{.name = "i_calls_seconds",
      .help = "Sum and count.",
      .unit = "seconds",
      .type = METRIC_SUMMARY},
     {{.labels = "{}", .sum = 0, .count = 0, AT(1700000000)},
      {.labels = "{\"l\":\"below zero\"}",
       .sum = -0.5,
       .count = 3,
       AT(1700000000)},
      {.labels = "{\"l\":\"large\"}",
       .sum = 1e100,
       .count = 9223372036854775807U}}},
    {{.name = "j_untyped", .help = "", .unit = "", .type = METRIC_UNTYPED},
     {{.labels = "{}", .value = 1.5, AT(1700000000)},
      {.labels = "{\"n\":\"nan\"}", .value = NAN},
      {.labels = "{\"n\":\"minus\"}", .value = -INFINITY}}},
    {{.name = "k_open_total",
      .help = "A gauge with the name of a counter.",
      .unit = "seconds",
      .type = METRIC_GAUGE,
      .open = true},
     {{.labels = "{\"a\":\"\\\"le\\\":\"}", .value = 1}}},
    {{.name = "k_open_total_bytes_total",
      .help = "Its unit is kept.",
      .unit = "bytes",
      .type = METRIC_COUNTER,
      .open = true},
     {{.labels = "{}", .value = 2, AT(1700000000)}}},
    {{.name = "l_bucket",
      .help = "not UTF-8: \xff",
      .unit = "bucket\nx 1",
      .type = METRIC_UNTYPED,
      .open = true},
     {{.labels = "{\"job\":\"x\"}", .value = 3}}},
    {{.name = "m",
      .help = "The unit is all of the name, or longer.",
      .unit = "m",
      .type = METRIC_GAUGE,
      .open = true},
     {{.labels = "{}", .value = 4}}},
    {{.name = "n_no_bounds",
      .help = "All in +Inf.",
      .unit = "",
      .type = METRIC_HISTOGRAM,
      .open = true},
     {{.labels = "{\"a\":\"\\\"le\\\":\",\"le_\":\"\",\"ole\":\"\"}",
       .sum = -1,
       .buckets = "[3]",
       AT(1700000000)}}},
    {{.name = "o_summary",
      .help = "Of a push.",
      .unit = "",
      .type = METRIC_SUMMARY,
      .open = true},
     {{.labels = "{\"a\":\"\\\"quantile\\\":\"}",
       .sum = 1,
       .count = 1,
       AT(1700000000)}}},
};

/* Rows that somebody has edited: not exposed, and the others are. */
static const struct scene damaged_labels = {
    {.name = "x", .help = "h", .unit = "", .type = METRIC_COUNTER},
    {{.labels = ""},
     {.labels = "{"},
     {.labels = "null"},
     {.labels = "[]"},
     {.labels = "{\"a\":1}"},
     {.labels = "{\"a\":\"1\"}x"},
     {.labels = "{\"a\":\"1\",}"},
     {.labels = "{\"1a\":\"1\"}"},
     {.labels = "{\"a\":\"\xff\"}"},
     {.labels = "{\"a\":\"\n\"}"},
     {.labels = "{\"a\": \"1\"}"}}};
static const struct scene damaged_buckets = {
    {.name = "x",
     .help = "h",
     .unit = "",
     .type = METRIC_HISTOGRAM,
     .bounds = one_bound,
     .bound_count = 1},
    {{.labels = "{}"}, /* NULL in the database */
     {.labels = "{}", .buckets = ""},
     {.labels = "{}", .buckets = "[]"},
     {.labels = "{}", .buckets = "[1]"},
     {.labels = "{}", .buckets = "[1,2,3]"},
     {.labels = "{}", .buckets = "[1,-2]"},
     {.labels = "{}", .buckets = "[1,2.0]"},
     {.labels = "{}", .buckets = "[1,null]"},
     {.labels = "{}", .buckets = "[1,2"},
     {.labels = "{}", .buckets = "[1,2]]"},
     {.labels = "{}", .buckets = "[1,99999999999999999999]"}}};

/* Labels that the format has for itself in these types. */
static const struct scene clashing[] = {
    {{.name = "x",
      .help = "h",
      .unit = "",
      .type = METRIC_HISTOGRAM,
      .bounds = one_bound,
      .bound_count = 1,
      .open = true},
     {{.labels = "{\"le\":\"1\"}", .buckets = "[0,0]"},
      {.labels = "{\"a\":\",\",\"le\":\"1\"}", .buckets = "[0,0]"}}},
    {{.name = "x",
      .help = "h",
      .unit = "",
      .type = METRIC_SUMMARY,
      .open = true},
     {{.labels = "{\"quantile\":\"x\"}"},
      {.labels = "{\"a\":\"\",\"quantile\":\"0.5\",\"z\":\"\"}"}}},
};

/* Texts are not NUL-terminated by promise: copies end where memory does. */
static int write_series(struct exposition *exposition,
                        const struct family *family,
                        const struct series *literal) {
    struct series series = *literal;
    char labels[200];
    series.labels_len = strlen(literal->labels);
    memcpy(labels, literal->labels, series.labels_len + 1);
    series.labels = labels;
    if (!literal->buckets) {
        series.labels = guard_place(labels, series.labels_len);
        return exposition_series(exposition, family, &series);
    }
    series.buckets_len = strlen(literal->buckets);
    series.buckets = guard_place(literal->buckets, series.buckets_len);
    return exposition_series(exposition, family, &series);
}

static void write_scene(struct exposition *exposition,
                        const struct scene *scene) {
    exposition_family(exposition, &scene->family);
    for (size_t i = 0; i < SERIES_MAX && scene->series[i].labels; i++)
        assert_int_equal(
            write_series(exposition, &scene->family, &scene->series[i]), 0);
}

static void check_format(enum exposition_format format, const char *suffix) {
    struct strbuf out = {0};
    struct exposition exposition = {.format = format, .out = &out};
    for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
        write_scene(&exposition, &scenes[i]);
    exposition_end(&exposition);
    assert_false(out.failed);
    corpus_expect("tests/data/exposition/all.c", suffix, &out);
    exposition_free(&exposition);
    strbuf_free(&out);
}

static void test_text(void **state) {
    (void)state;
    check_format(EXPOSITION_TEXT, ".text");
}

static void test_openmetrics(void **state) {
    (void)state;
    check_format(EXPOSITION_OPENMETRICS, ".openmetrics");
}

static void check_damaged(const struct scene *scene, size_t want,
                          enum exposition_format format) {
    struct strbuf out = {0};
    struct exposition exposition = {.format = format, .out = &out};
    size_t count = 0;
    exposition_family(&exposition, &scene->family);
    size_t before = out.len;
    for (; count < SERIES_MAX && scene->series[count].labels; count++) {
        const struct series *series = &scene->series[count];
        if (write_series(&exposition, &scene->family, series) != -1 ||
            out.len != before)
            fail_msg("exposed: %s %s", series->labels,
                     series->buckets ? series->buckets : "");
    }
    assert_int_equal(count, want);
    struct series good = {.labels = "{}", .buckets = "[0,0]"};
    assert_int_equal(write_series(&exposition, &scene->family, &good), 0);
    assert_true(out.len > before);
    assert_false(out.failed);
    exposition_free(&exposition);
    strbuf_free(&out);
}

static void test_damaged(void **state) {
    (void)state;
    check_damaged(&damaged_labels, 11, EXPOSITION_TEXT);
    check_damaged(&damaged_labels, 11, EXPOSITION_OPENMETRICS);
    check_damaged(&damaged_buckets, 11, EXPOSITION_TEXT);
    check_damaged(&damaged_buckets, 11, EXPOSITION_OPENMETRICS);
    for (size_t i = 0; i < 2; i++) {
        check_damaged(&clashing[i], 2, EXPOSITION_TEXT);
        check_damaged(&clashing[i], 2, EXPOSITION_OPENMETRICS);
    }
}

/* A column of the row is NULL. */
static void test_no_labels(void **state) {
    struct strbuf out = {0};
    struct exposition exposition = {.format = EXPOSITION_TEXT, .out = &out};
    struct series series = {.value = 1};
    (void)state;
    assert_int_equal(exposition_series(&exposition, &scenes[0].family, &series),
                     -1);
    assert_int_equal(out.len, 0);
    exposition_free(&exposition);
    strbuf_free(&out);
}

static void test_content_types(void **state) {
    (void)state;
    assert_string_equal(exposition_content_type(EXPOSITION_TEXT),
                        "text/plain; version=0.0.4; charset=utf-8");
    assert_string_equal(
        exposition_content_type(EXPOSITION_OPENMETRICS),
        "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert_string_equal(exposition_content_type(EXPOSITION_JSON),
                        "application/json");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_openmetrics),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_no_labels),
        cmocka_unit_test(test_content_types),
    };
    return cmocka_run_group_tests_name("exposition", tests, NULL, NULL);
}

/* exposition_scenes: families and their series, in the form of the store, for
 * the tests of each exposition format. */
#ifndef TALLYMAN_TESTS_EXPOSITION_SCENES_H
#define TALLYMAN_TESTS_EXPOSITION_SCENES_H

#include <math.h>

#include "guard.h"
#include "metrics/registry.h"
#include "metrics/series.h"

#define SERIES_MAX 12

/* A family and its series, in the form of the store. */
struct scene {
    struct family family;
    struct series series[SERIES_MAX]; /* ends at one without labels */
};

static double bounds[] = {-1, 0, 0.001, 0.5, 1, 1e6, 1e21};
static double one_bound[] = {2};

#define AT(seconds) .created_at = (seconds)

#define TRACE "{\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\"}"
#define CHARACTERS_8 "\xc3\xa9\xe2\x98\x83xxxx\\\\\\\"" /* é☃xxxx\" */
#define CHARACTERS_64                                                          \
    CHARACTERS_8 CHARACTERS_8 CHARACTERS_8 CHARACTERS_8 CHARACTERS_8           \
        CHARACTERS_8 CHARACTERS_8 CHARACTERS_8
#define CHARACTERS_120                                                         \
    CHARACTERS_64 CHARACTERS_8 CHARACTERS_8 CHARACTERS_8 CHARACTERS_8          \
        CHARACTERS_8 CHARACTERS_8 CHARACTERS_8
#define EXEMPLAR(text, ...)                                                    \
    { .labels = (text), .labels_len = sizeof(text) - 1, __VA_ARGS__ }

/* Unordered; below the first bound, on a bound, above all bounds. */
static const struct exemplar exemplars_of_buckets[] = {
    EXEMPLAR(TRACE, .value = 2e21, .time = 1700000000.5),
    EXEMPLAR("{\"span_id\":\"00f067aa0ba902b7\",\"trace_id\":\"\\\"\\\\\\n\"}",
             .value = 0.001, .time = 1700000000.1234567),
    EXEMPLAR("{\"later\":\"one of the bucket\"}", .value = 0.0005),
    EXEMPLAR("{}", .value = -3),
};
/* Only the last of these is shown. */
static const struct exemplar exemplars_refused[] = {
    EXEMPLAR(TRACE, .value = NAN),
    EXEMPLAR(TRACE, .value = INFINITY),
    EXEMPLAR("{\"b\":\"\",\"a\":\"\"}", .value = 1),
    EXEMPLAR("{\"eight_x\":\"" CHARACTERS_120 "xx\"}", .value = 1),
    {.value = 1},
    EXEMPLAR("{\"eight__\":\"" CHARACTERS_120 "x\"}", .value = 0.25,
             .time = 1e300),
};
#define EXEMPLARS(list)                                                        \
    .exemplars = (list), .exemplar_count = sizeof(list) / sizeof((list)[0])

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
    {{.name = "o_taken_seconds",
      .help = "Has the name that a counter gives up.",
      .unit = "",
      .type = METRIC_GAUGE},
     {{.labels = "{}", .value = 1}}},
    {{.name = "o_taken_seconds_total",
      .help = "Its name without _total is taken, and its unit with it.",
      .unit = "seconds",
      .type = METRIC_COUNTER},
     {{.labels = "{\"a\":\"1\"}", .value = 2, AT(1700000000)}}},
    {{.name = "p_fell_seconds",
      .help = "A sum below zero without negative bounds.",
      .unit = "seconds",
      .type = METRIC_HISTOGRAM,
      .bounds = one_bound,
      .bound_count = 1},
     {{.labels = "{\"a\":\"fell\"}",
       .sum = -0.25,
       .buckets = "[1,0]",
       AT(1700000000)},
      {.labels = "{\"a\":\"zero\"}", .sum = -0.0, .buckets = "[1,0]"}}},
    {{.name = "q_summary",
      .help = "Of a push.",
      .unit = "",
      .type = METRIC_SUMMARY,
      .open = true},
     {{.labels = "{\"a\":\"\\\"quantile\\\":\"}",
       .sum = 1,
       .count = 1,
       AT(1700000000)}}},
    {{.name = "r_seconds",
      .help = "With exemplars.",
      .unit = "seconds",
      .type = METRIC_HISTOGRAM,
      .bounds = bounds,
      .bound_count = 7,
      .exemplars = true},
     {{.labels = "{}",
       .buckets = "[1,0,2,0,3,0,0,4]",
       EXEMPLARS(exemplars_of_buckets)},
      {.labels = "{\"a\":\"none\"}", .buckets = "[1,0,2,0,3,0,0,4]"},
      {.labels = "{\"a\":\"one\"}",
       .buckets = "[1,0,2,0,3,0,0,4]",
       EXEMPLARS(exemplars_refused)}}},
    {{.name = "s_seconds",
      .help = "Without.",
      .unit = "",
      .type = METRIC_HISTOGRAM,
      .bounds = one_bound,
      .bound_count = 1},
     {{.labels = "{}", .buckets = "[1,1]", EXEMPLARS(exemplars_of_buckets)}}},
    {{.name = "t_total",
      .help = "With exemplars.",
      .unit = "",
      .type = METRIC_COUNTER,
      .exemplars = true},
     {{.labels = "{}", .value = 1, EXEMPLARS(exemplars_refused)},
      {.labels = "{\"a\":\"first\"}",
       .value = 3,
       AT(1700000000),
       EXEMPLARS(exemplars_of_buckets)}}},
    {{.name = "u_counter",
      .help = "Without _total there are none in OpenMetrics.",
      .unit = "",
      .type = METRIC_COUNTER,
      .exemplars = true},
     {{.labels = "{}", .value = 3, EXEMPLARS(exemplars_of_buckets)}}},
};

/* Rows edited by hand are omitted, the others are exposed. */
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

/* Labels that the format reserves in these types. */
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

/* Texts need not be NUL-terminated: makes series a copy of literal whose texts
 * end at unreadable memory. labels has room for them. */
static inline void scene_place(const struct series *literal,
                               struct series *series, char labels[200]) {
    *series = *literal;
    series->labels_len = strlen(literal->labels);
    memcpy(labels, literal->labels, series->labels_len + 1);
    series->labels = labels;
    if (!literal->buckets) {
        series->labels = guard_place(labels, series->labels_len);
        return;
    }
    series->buckets_len = strlen(literal->buckets);
    series->buckets = guard_place(literal->buckets, series->buckets_len);
}

#endif

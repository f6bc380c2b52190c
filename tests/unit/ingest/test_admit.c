/* Admission of text pushes: complete batches of samples as text, and every
 * refusal except those of labels. */
#include "admit_fixture.h"
#include "ingest/builder.h"

#define HISTOGRAM(name, bounds)                                                \
    "# TYPE " name " histogram\n" bounds name "_sum 2.5\n" name "_count 3\n"
#define TOOK                                                                   \
    "took_seconds_bucket{le=\"0.5\"} 1\ntook_seconds_bucket{le=\"1\"} 3\n"     \
    "took_seconds_bucket{le=\"+Inf\"} 3\n"

static const struct row rows[] = {
    {.name = "nothing", .body = "", .want = "", .refusal = -1},
    {.name = "a body without a type takes that of the file",
     .body = "bare 2\ndepth -1\n",
     .want = "bare counter 2\ndepth gauge -1\n",
     .refusal = -1},
    {.name = "a histogram",
     .body = HISTOGRAM("took_seconds", TOOK),
     .want = "took_seconds histogram count 3 sum 2.5 buckets 1,2,0\n",
     .refusal = -1},
    {.name = "a cumulative family: the path names the process",
     .path = {"instance", "i1", "job", "web"},
     .body = "lived_total 7\n",
     .want = "lived_total counter job=web pusher "
             "{\"instance\":\"i1\",\"job\":\"web\"} 7\n",
     .refusal = -1},
    {.name = "dropped families, except listed ones",
     .body = "go_goroutines 3\ngo_memory{a=\"b\"} 1\ngo_memory{a=\"c\"} 1\n"
             "go_threads 5\n",
     .want = "go_threads gauge 5\n",
     .refusal = -1,
     .dropped = 3},
    {.name = "open families",
     .open = true,
     .path = {"job", "j"},
     .body = "# TYPE a_total counter\na_total{z=\"1\",b=\"2\"} 3\n# TYPE s "
             "summary\ns{quantile=\"0.5\"} 1\ns_sum 4\ns_count 2\nu NaN\n",
     .want = "open a_total counter{\"b\":\"2\",\"job\":\"j\",\"z\":\"1\"} 3\n"
             "open s summary{\"job\":\"j\"} count 2 sum 4\n"
             "open u untyped{\"job\":\"j\"} NaN\n",
     .refusal = -1},
    {.name = "an open histogram of several series",
     .open = true,
     .body = "# TYPE h histogram\nh_bucket{a=\"1\",le=\"1\"} 1\n"
             "h_bucket{a=\"1\",le=\"+Inf\"} 2\nh_sum{a=\"1\"} 3\n"
             "h_bucket{a=\"2\",le=\"1\"} 0\nh_bucket{a=\"2\",le=\"+Inf\"} 1\n"
             "h_sum{a=\"2\"} 5\n",
     .want = "open h histogram{\"a\":\"1\"} count 2 sum 3 buckets 1,1\n"
             "open h histogram{\"a\":\"2\"} count 1 sum 5 buckets 0,1\n",
     .refusal = -1},
    {.name = "births are not gauges",
     .open = true,
     .body = "# TYPE n_total counter\nn_total 1\n# TYPE n_created gauge\n"
             "n_created 1.7e9\n# TYPE alone_created gauge\nalone_created 1\n",
     .want = "open n_total counter{} 1\n",
     .refusal = -1,
     .dropped = 2},
    {.name = "births beside a gauge of that name",
     .open = true,
     .body = "# TYPE n gauge\nn 2\n# TYPE n_total counter\nn_total 1\n"
             "# TYPE n_created gauge\nn_created 1.7e9\n",
     .want = "open n gauge{} 2\nopen n_total counter{} 1\n",
     .refusal = -1,
     .dropped = 1},
    {.name = "two counters of one name in OpenMetrics",
     .open = true,
     .body = "# TYPE bare counter\nbare 1\n# TYPE bare_total counter\n"
             "bare_total 2\n",
     .want = "bare counter 1\nopen bare_total counter{} 2\n",
     .refusal = -1},
    {.name = "a gauge histogram is left out and counted",
     .open = true,
     .body = "# TYPE gh gaugehistogram\ngh_bucket{a=\"1\",le=\"1\"} 1\n"
             "gh_gcount{a=\"1\"} 2\ngh_gcount{a=\"2\"} 2\nbare 1\n",
     .want = "bare counter 1\n",
     .refusal = -1,
     .unsupported = 2},
    {.name = "the labels of the path are a group",
     .open = true,
     .now = 1700000000.25,
     .path = {"job", "j"},
     .body = "u 1\nu{instance=\"i\"} 2\n",
     .want = "open u untyped{\"job\":\"j\"} 1\n"
             "open u untyped{\"instance\":\"i\",\"job\":\"j\"} 2\n"
             "group {\"job\":\"j\"} 1700000000.25\n",
     .refusal = -1},
    {.name = "an empty list of labels is no group",
     .now = 1700000000.25,
     .body = "bare 1\n",
     .want = "bare counter 1\n",
     .refusal = -1},
    {.name = "only the responder sets the push times of a group",
     .open = true,
     .now = 17,
     .path = {"job", "j"},
     .body = "push_time_seconds 1\npush_failure_time_seconds 1\n"
             "# TYPE push_time_seconds_total counter\n"
             "push_time_seconds_total 1\npush_time_secondsx 1\n",
     .want = "open push_time_secondsx untyped{\"job\":\"j\"} 1\n"
             "group {\"job\":\"j\"} 17\n",
     .refusal = -1,
     .dropped = 3},
    {.name = "unknown family",
     .body = "bare 1\n\nnew{a=\"b\"} 1\n",
     .want = "line 3: new is not in the allowlist; list it in a file of "
             "`metrics` or set `open_families` to true",
     .refusal = REJECT_UNKNOWN_FAMILY},
    {.name = "forbidden",
     .permitted = "jobs_*",
     .body = "bare 1\n",
     .want = "line 1: bare is not among the families that this token may push",
     .refusal = REJECT_FORBIDDEN},
    {.name = "other type",
     .body = "# TYPE bare gauge\nbare 1\n",
     .want = "line 1: bare: pushed as gauge, but its file lists it as counter",
     .refusal = REJECT_TYPE_MISMATCH},
    {.name = "an untyped sample is not a histogram",
     .body = "took_seconds 1\n",
     .want =
         "line 1: took_seconds: pushed as untyped, but its file lists it as "
         "histogram",
     .refusal = REJECT_TYPE_MISMATCH},
    {.name = "other bounds",
     .body = HISTOGRAM("took_seconds", "took_seconds_bucket{le=\"0.5\"} 1\n"
                                       "took_seconds_bucket{le=\"2\"} 3\n"),
     .want = "line 2: took_seconds: pushed with the bounds 0.5, 2; its file "
             "lists 0.5, 1",
     .refusal = REJECT_BOUNDS_MISMATCH},
    {.name = "other bounds within a push",
     .open = true,
     .body = "# TYPE h histogram\nh_bucket{a=\"1\",le=\"1\"} 1\n"
             "h_bucket{a=\"1\",le=\"+Inf\"} 2\n"
             "h_bucket{a=\"2\",le=\"+Inf\"} 1\n",
     .want = "line 4: h: pushed with the bounds none; another series of the "
             "push has 1",
     .refusal = REJECT_BOUNDS_MISMATCH},
    {.name = "a sum that falls",
     .open = true,
     .body = "# TYPE s summary\ns_sum{a=\"1\"} 0\ns_count{a=\"1\"} 1\n"
             "s_sum{a=\"2\"} -0.5\ns_count{a=\"2\"} 1\n",
     .want = "line 4: s: the sum of a summary is -0.5, must not be below 0, "
             "because Prometheus reads a falling sum as a restart; push a "
             "histogram with negative bounds",
     .refusal = REJECT_NEGATIVE_VALUE},
    {.name = "negative where the file says counter",
     .body = "bare -1\n",
     .want = "line 1: bare: the value of a counter is -1, must be between 0 "
             "and 1e+100",
     .refusal = REJECT_NEGATIVE_VALUE},
    {.name = "NaN where the file says counter",
     .body = "bare NaN\n",
     .want = "line 1: bare: the value of a counter is nan, must be between 0 "
             "and 1e+100",
     .refusal = REJECT_INVALID_VALUE},
    {.name = "a gauge in its range",
     .body = "share 0\n",
     .want = "share gauge 0\n",
     .refusal = -1},
    {.name = "a gauge above its range",
     .body = "bare 1\n# TYPE share gauge\nshare 1.25\n",
     .want = "line 3: share: the value is 1.25, must be between 0 and 1, the "
             "`min` and `max` of its file",
     .refusal = REJECT_OUT_OF_RANGE},
    {.name = "without a type as well",
     .body = "share -Inf\n",
     .want = "line 1: share: the value is -inf, must be between 0 and 1, the "
             "`min` and `max` of its file",
     .refusal = REJECT_OUT_OF_RANGE},
    {.name = "NaN is in no range",
     .body = "share NaN\n",
     .want = "line 1: share: the value is nan, must be between 0 and 1, the "
             "`min` and `max` of its file",
     .refusal = REJECT_OUT_OF_RANGE},
    {.name = "too many observations for a total",
     .body = "# TYPE took_seconds histogram\n"
             "took_seconds_bucket{le=\"0.5\"} 0\n"
             "took_seconds_bucket{le=\"1\"} 0\n"
             "took_seconds_count 1099511627777\n",
     .want = "line 2: took_seconds: the count is 1099511627777, must be at "
             "most 1099511627776",
     .refusal = REJECT_INVALID_VALUE},
    {.name = "a sum of NaN",
     .open = true,
     .body = "# TYPE s summary\ns_sum NaN\n",
     .want = "line 2: s: the sum is nan, must be between -1e+100 and 1e+100",
     .refusal = REJECT_INVALID_VALUE},
    {.name = "an infinite sum",
     .open = true,
     .body = "# TYPE h histogram\nh_count 1\nh_sum -Inf\n",
     .want = "line 2: h: the sum is -inf, must be between -1e+100 and 1e+100",
     .refusal = REJECT_INVALID_VALUE},
    {.name = "an infinite counter",
     .open = true,
     .body = "# TYPE c_total counter\nc_total +Inf\n",
     .want = "line 2: c_total: the value of a counter is inf, must be between "
             "0 and 1e+100",
     .refusal = REJECT_INVALID_VALUE},
    {.name = "a counter of -0",
     .body = "# TYPE bare counter\nbare -0\n",
     .want = "bare counter 0\n",
     .refusal = -1},
    {.name = "-0 is 0",
     .open = true,
     .body = "# TYPE h histogram\nh_bucket{a=\"1\",le=\"-0\"} "
             "1\nh_count{a=\"1\"} 1\n"
             "h_bucket{a=\"2\",le=\"0\"} 1\nh_count{a=\"2\"} 1\n",
     .want = "open h histogram{\"a\":\"1\"} count 1 sum 0 buckets 1,0\n"
             "open h histogram{\"a\":\"2\"} count 1 sum 0 buckets 1,0\n",
     .refusal = -1},
    {.name = "reserved",
     .open = true,
     .body = "tallyman_pushes_total 1\n",
     .want = "line 1: tallyman_pushes_total is reserved for Tallyman, must "
             "have another name",
     .refusal = REJECT_NAME_COLLISION},
    {.name = "reserved for sessions",
     .open = true,
     .sessions = true,
     .body = "grafana_analytics_up 1\n",
     .want = "line 1: grafana_analytics_up is reserved for Grafana sessions, "
             "must have another name unless `sessions.enabled` is false",
     .refusal = REJECT_NAME_COLLISION},
    {.name = "accepted while sessions are not counted",
     .open = true,
     .body = "grafana_analytics_up 1\n",
     .want = "open grafana_analytics_up untyped{} 1\n",
     .refusal = -1},
    {.name = "families of the browser client are not reserved",
     .open = true,
     .body = "tallyman_client_x 1\n",
     .want = "open tallyman_client_x untyped{} 1\n",
     .refusal = -1},
};

static void test_rows(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check_row(&rows[i]);
}

static int admit_openmetrics(const char *body, const char *permitted,
                             struct strbuf *got) {
    const char *patterns[] = {permitted, NULL};
    const struct string_list list = {patterns, 1};
    const struct admission admission = {.config = &config,
                                        .families = permitted ? &list : NULL};
    struct pushed pushed = {.room = 0};
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    config.open_families = false;
    assert_int_equal(
        ingest_text(body, strlen(body), TEXT_OPENMETRICS, &pushed, &err), 0);
    int result = admit(&pushed, &admission, &batch, &err);
    for (size_t i = 0; result == 0 && i < batch.count; i++)
        write_sample(got, &batch.samples[i]);
    if (result != 0)
        strbuf_add_string(got, err.message);
    batch_free(&batch);
    pushed_free(&pushed);
    return result;
}

/* OpenMetrics removes _total from a counter's name and adds it back. A token
 * permits the listed family. */
static void test_counter_listed_without_total(void **state) {
    static const struct {
        const char *body;
        const char *permitted;
        int result;
        const char *want;
    } cases[] = {
        {"# TYPE bare counter\nbare_total 4\n# EOF\n", NULL, 0,
         "bare counter 4\n"},
        {"# TYPE bare counter\nbare_total 4\n# EOF\n", "bare", 0,
         "bare counter 4\n"},
        {"# TYPE bare counter\nbare_total 4\n# EOF\n", "*_total", -1,
         "line 1: bare is not among the families that this token may push"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct strbuf got = {.len = 0};
        check_number(cases[i].want,
                     admit_openmetrics(cases[i].body, cases[i].permitted, &got),
                     cases[i].result);
        check_text(cases[i].want, got.data, cases[i].want);
        strbuf_free(&got);
    }
}

/* Counters with and without _total, which only 0.0.4 can have in one push. */
static void test_counter_pushed_twice(void **state) {
    const struct row row = {
        .name = "twice",
        .body = "# TYPE bare counter\nbare 1\n# TYPE bare_total counter\n"
                "bare_total 2\n",
        .want = "line 3: bare_total is not in the allowlist; list it in a file "
                "of `metrics` or set `open_families` to true",
        .refusal = REJECT_UNKNOWN_FAMILY};
    (void)state;
    check_row(&row);
}

/* HELP is stored up to a limit, in whole characters. */
static void test_long_help_is_cut(void **state) {
    struct strbuf body = {0};
    struct pushed pushed = {.room = 0};
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    const struct admission admission = {.config = &config};
    (void)state;
    strbuf_add_string(&body, "# HELP u ");
    for (int i = 0; i < 999; i++)
        strbuf_add_char(&body, 'x');
    strbuf_add_string(&body, "\xc3\xa9y\nu 1\n");
    config.open_families = true;
    assert_int_equal(
        ingest_text(body.data, body.len, TEXT_PROMETHEUS, &pushed, &err), 0);
    assert_int_equal(admit(&pushed, &admission, &batch, &err), 0);
    assert_int_equal(strlen(batch.samples[0].family->help), 999);
    batch_free(&batch);
    pushed_free(&pushed);
    strbuf_free(&body);
}

/* In a format without lines, the message has the labels of the series. */
static void test_without_lines(void **state) {
    struct pushed pushed = {.room = 0};
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    struct builder builder = {.out = &pushed, .err = &err};
    const struct admission admission = {.config = &config};
    (void)state;
    config.open_families = true;
    assert_int_equal(builder_family(&builder, "c", 1, "_total"), 0);
    assert_int_equal(builder_type(&builder, METRIC_COUNTER, false), 0);
    builder_begin(&builder);
    assert_int_equal(builder_label(&builder, "b", 1, "2\n", 2), 0);
    assert_int_equal(builder_label(&builder, "empty", 5, "", 0), 0);
    assert_int_equal(builder_label(&builder, "a", 1, "\"1", 2), 0);
    assert_int_equal(builder_series(&builder), 0);
    assert_int_equal(builder_value(&builder, -1), 0);
    assert_int_equal(builder_end(&builder), 0);
    builder_free(&builder);
    assert_int_equal(admit(&pushed, &admission, &batch, &err), -1);
    assert_int_equal(batch.refusal, REJECT_NEGATIVE_VALUE);
    assert_string_equal(err.message,
                        "c_total{a=\"\\\"1\",b=\"2\\n\"}: the value of a "
                        "counter is -1, must be between 0 and 1e+100");
    batch_free(&batch);
    pushed_free(&pushed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_rows),
        TEST(test_counter_listed_without_total),
        TEST(test_counter_pushed_twice),
        TEST(test_long_help_is_cut),
        TEST(test_without_lines),
    };
    return cmocka_run_group_tests_name("admit", tests, NULL, NULL);
}

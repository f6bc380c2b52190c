/* Accepted texts in OpenMetrics 1.0, their samples, and refused exemplars. */
#include "text_fixture.h"

static void accepted(void **state) {
    static const struct text_case cases[] = {
        {"only the end", BYTES("# EOF"), ""},
        {"the end and LF", BYTES("# EOF\n"), ""},
        {"the end and CRLF", BYTES("# EOF\r\n"), ""},
        {"CRLF",
         BYTES("# TYPE x gauge\r\n"
               "x 1\r\n"
               "# EOF\r\n"),
         "gauge x @1\n"
         " {} 1 @2\n"},
        {"a counter",
         BYTES("# HELP x some\n"
               "# TYPE x counter\n"
               "x_total 1\n"
               "x_created 1.7e9\n"
               "x_total{a=\"1\"} 2.5\n"
               "# EOF\n"),
         "counter x_total (some) @1\n"
         " {} 1 @3\n"
         " {a=1} 2.5 @5\n"},
        {"_created before _total",
         BYTES("# TYPE x counter\n"
               "x_created{a=\"1\",b=\"2\"} 1.7e9\n"
               "x_total{b=\"2\",a=\"1\"} 1\n"
               "# EOF\n"),
         "counter x_total @1\n"
         " {a=1,b=2} 1 @3\n"},
        {"an exemplar",
         BYTES("# TYPE x counter\n"
               "x_total{a=\"1\"} 1 # {trace=\"abc\",b=\"\"} 0.5 1.7e9\n"
               "x_total{a=\"2\"} 1 # {} -1\n"
               "x_total 3 # {a=\"\\\"} #\"} NaN 1\n"
               "# EOF\n"),
         "counter x_total @1\n"
         " {a=1} 1 # {\"b\":\"\",\"trace\":\"abc\"} 0.5 1700000000 @2\n"
         " {a=2} 1 # {} -1 0 @3\n"
         " {} 3 @4\n"},
        {"exemplars of buckets, and one beyond its bucket",
         BYTES("# TYPE x histogram\n"
               "x_bucket{le=\"1\"} 1 # {trace_id=\"a\\n\"} 1\n"
               "x_bucket{le=\"2\"} 1 # {trace_id=\"b\"} 2.5\n"
               "x_bucket{le=\"3\"} 2 # {trace_id=\"c\"} 2.75 1.5\n"
               "x_bucket{le=\"+Inf\"} 3 # {trace_id=\"d\"} 9\n"
               "# EOF\n"),
         "histogram x @1\n"
         " {} sum 0 count 3 1:1 2:0 3:1 +Inf:1"
         " # {\"trace_id\":\"a\\n\"} 1 0"
         " # {\"trace_id\":\"c\"} 2.75 1.5"
         " # {\"trace_id\":\"d\"} 9 0 @2\n"},
        {"a gauge and an unknown",
         BYTES("# TYPE x gauge\n"
               "x NaN\n"
               "# TYPE y unknown\n"
               "y +Inf\n"
               "# EOF\n"),
         "gauge x @1\n"
         " {} NaN @2\n"
         "untyped y @3\n"
         " {} +Inf @4\n"},
        {"samples without a description",
         BYTES("x 1\n"
               "x{a=\"1\"} 2\n"
               "y_total 3\n"
               "# EOF\n"),
         "untyped x @1\n"
         " {} 1 @1\n"
         " {a=1} 2 @2\n"
         "untyped y_total @3\n"
         " {} 3 @3\n"},
        {"an undeclared family and one with a suffix",
         BYTES("x 1\n"
               "x_sum 2\n"
               "x_sum_count 3\n"
               "# EOF\n"),
         "untyped x @1\n"
         " {} 1 @1\n"
         "untyped x_sum @2\n"
         " {} 2 @2\n"
         "untyped x_sum_count @3\n"
         " {} 3 @3\n"},
        {"an info",
         BYTES("# TYPE x info\n"
               "x_info{version=\"1.0\"} 1\n"
               "x_info{version=\"2.0\"} 1.0\n"
               "# EOF\n"),
         "gauge x_info @1\n"
         " {version=1.0} 1 @2\n"
         " {version=2.0} 1 @3\n"},
        {"a stateset",
         BYTES("# TYPE x stateset\n"
               "x{x=\"on\"} 1\n"
               "x{x=\"off\",a=\"b\"} 0\n"
               "# EOF\n"),
         "gauge x @1\n"
         " {x=on} 1 @2\n"
         " {x=off,a=b} 0 @3\n"},
        {"a histogram",
         BYTES("# TYPE h histogram\n"
               "h_bucket{a=\"1\",le=\"0.5\"} 1 # {t=\"1\"} 0.25\n"
               "h_bucket{a=\"1\",le=\"+Inf\"} 3\n"
               "h_count{a=\"1\"} 3\n"
               "h_sum{a=\"1\"} 9\n"
               "h_created{a=\"1\"} 1.7e9\n"
               "h_bucket{a=\"2\",le=\"+Inf\"} 0\n"
               "# EOF\n"),
         "histogram h @1\n"
         " {a=1} sum 9 count 3 0.5:1 +Inf:2 # {\"t\":\"1\"} 0.25 0 @2\n"
         " {a=2} sum 0 count 0 +Inf:0 @7\n"},
        {"buckets in any order, and quantiles",
         BYTES("# TYPE h histogram\n"
               "h{quantile=\"0.5\"} 1\n"
               "h_bucket{le=\"+INF\"} 3\n"
               "h_bucket{le=\"2.0\"} 2\n"
               "h_bucket{le=\"1.0\"} 1\n"
               "h{quantile=\"0.9\"} 1\n"
               "h_count 3\n"
               "# EOF\n"),
         "histogram h @1\n"
         " {} sum 0 count 3 1:1 2:1 +Inf:1 @3\n"},
        {"a gauge histogram",
         BYTES("# TYPE h gaugehistogram\n"
               "# HELP h Sizes now.\n"
               "h_bucket{le=\"0.5\"} 1 # {t=\"1\"} 0.25\n"
               "h_bucket{le=\"+Inf\"} 3\n"
               "h_gcount 3\n"
               "h_gsum -1\n"
               "# TYPE g gauge\n"
               "g 1\n"
               "# EOF\n"),
         "unsupported h (Sizes now.) @1\n"
         " {} 0 @6\n"
         "gauge g @7\n"
         " {} 1 @8\n"},
        {"_created before buckets",
         BYTES("# TYPE h histogram\n"
               "h_created 1\n"
               "h_bucket{le=\"+Inf\"} 3\n"
               "# EOF\n"),
         "histogram h @1\n"
         " {} sum 0 count 3 +Inf:3 @2\n"},
        {"a summary",
         BYTES("# TYPE s summary\n"
               "s{quantile=\"0.99\"} 2\n"
               "s_sum 3\n"
               "s_count 4\n"
               "s_created 5\n"
               "# EOF\n"),
         "summary s @1\n"
         " {} sum 3 count 4 @2\n"},
        {"a unit",
         BYTES("# TYPE x_seconds counter\n"
               "# UNIT x_seconds seconds\n"
               "x_seconds_total 1\n"
               "# UNIT y_bytes bytes\n"
               "y_bytes 2\n"
               "# UNIT z \n"
               "# TYPE z gauge\n"
               "# EOF\n"),
         "counter x_seconds_total in seconds @1\n"
         " {} 1 @3\n"
         "untyped y_bytes in bytes @4\n"
         " {} 2 @5\n"
         "gauge z @6\n"},
        {"descriptions in any order",
         BYTES("# UNIT x_m m\n"
               "# HELP x_m some\n"
               "# TYPE x_m gauge\n"
               "x_m 1\n"
               "# HELP y some\n"
               "y 2\n"
               "# EOF\n"),
         "gauge x_m (some) in m @1\n"
         " {} 1 @4\n"
         "untyped y (some) @5\n"
         " {} 2 @6\n"},
        {"escapes in a help text",
         BYTES("# HELP x a\\\"b\\\\c\\nd\\te \"bare\"\n"
               "x 1\n"
               "# EOF\n"),
         "untyped x (a\"b\\c\\nd\\te \"bare\") @1\n"
         " {} 1 @2\n"},
        {"an empty help text",
         BYTES("# HELP x \n"
               "x 1\n"
               "# EOF\n"),
         "untyped x @1\n"
         " {} 1 @2\n"},
        {"escapes in a label value",
         BYTES("x{a=\"\\\"\\\\\\n\\t\\ä\"} 1\n"
               "# EOF\n"),
         "untyped x @1\n"
         " {a=\"\\\\n\\t\\ä} 1 @1\n"},
        {"families without samples",
         BYTES("# TYPE x counter\n"
               "# HELP y some\n"
               "# TYPE z_z info\n"
               "# EOF\n"),
         "counter x_total @1\n"
         "untyped y (some) @2\n"
         "gauge z_z_info @3\n"},
        {"numbers",
         BYTES("x{n=\"1\"} 1.\n"
               "x{n=\"2\"} -.5e-1\n"
               "x{n=\"3\"} +inf\n"
               "x{n=\"4\"} -Infinity\n"
               "x{n=\"5\"} NAN\n"
               "x{n=\"6\"} 007E+2\n"
               "# EOF\n"),
         "untyped x @1\n"
         " {n=1} 1 @1\n"
         " {n=2} -0.05 @2\n"
         " {n=3} +Inf @3\n"
         " {n=4} -Inf @4\n"
         " {n=5} NaN @5\n"
         " {n=6} 700 @6\n"},
        {"a family that begins as another",
         BYTES("# TYPE x counter\n"
               "x_total 1\n"
               "# TYPE xy counter\n"
               "xy_total 2\n"
               "# TYPE x_y counter\n"
               "x_y_total 3\n"
               "# EOF\n"),
         "counter x_total @1\n"
         " {} 1 @2\n"
         "counter xy_total @3\n"
         " {} 2 @4\n"
         "counter x_y_total @5\n"
         " {} 3 @6\n"},
        {"no labels in braces",
         BYTES("x{} 1\n"
               "# EOF\n"),
         "untyped x @1\n"
         " {} 1 @1\n"},
    };
    (void)state;
    check_cases(cases, COUNT(cases), TEXT_OPENMETRICS);
}

static void exemplars(void **state) {
    static const struct text_case cases[] = {
        {"an exemplar without a blank",
         BYTES("# TYPE x counter\n"
               "x_total 1 #{a=\"b\"} 1\n"
               "# EOF\n"),
         "syntax 2:12: expected a space after the # of an exemplar"},
        {"an exemplar without labels",
         BYTES("# TYPE x counter\n"
               "x_total 1 # 1\n"
               "# EOF\n"),
         "syntax 2:13: expected { with the labels of an exemplar"},
        {"an exemplar without a value",
         BYTES("# TYPE x counter\n"
               "x_total 1 # {a=\"b\"}\n"
               "# EOF\n"),
         "syntax 2:20: expected a space after the labels of an exemplar"},
        {"an exemplar without a number",
         BYTES("# TYPE x counter\n"
               "x_total 1 # {a=\"b\"} c\n"
               "# EOF\n"),
         "syntax 2:21: the value of an exemplar \"c\" is not a number"},
        {"an exemplar with a word for a time",
         BYTES("# TYPE x counter\n"
               "x_total 1 # {a=\"b\"} 1 c\n"
               "# EOF\n"),
         "syntax 2:23: the time of an exemplar \"c\" is not a number"},
        {"an exemplar with an infinite time",
         BYTES("# TYPE x counter\n"
               "x_total 1 # {a=\"b\"} 1 Inf\n"
               "# EOF\n"),
         "value 2:23: the time of an exemplar must be finite"},
        {"an exemplar with two times",
         BYTES("# TYPE x counter\n"
               "x_total 1 # {a=\"b\"} 1 2 3\n"
               "# EOF\n"),
         "syntax 2:24: expected the line's end after the exemplar"},
        {"an exemplar and a tab",
         BYTES("# TYPE x counter\n"
               "x_total 1 # {a=\"b\"} 1\t2\n"
               "# EOF\n"),
         "syntax 2:22: expected a space after the value of an exemplar"},
        {"an exemplar with wrong labels",
         BYTES("# TYPE x counter\n"
               "x_total 1 # {a=\"b\",a=\"c\"} 1\n"
               "# EOF\n"),
         "value 2:20: the label \"a\" is repeated, must appear once"},
        {"a timestamp and an exemplar",
         BYTES("# TYPE x counter\n"
               "x_total 1 1.5 # {} 1\n"
               "# EOF\n"),
         "value 2:11: the sample has a timestamp, must not have one in a push"},
        {"an exemplar of a gauge",
         BYTES("# TYPE x gauge\n"
               "x 1 # {a=\"b\"} 1\n"
               "# EOF\n"),
         "value 2:5: unexpected exemplar: only the _total of a counter and the "
         "buckets of a histogram may have one"},
        {"an exemplar of _created",
         BYTES("# TYPE x counter\n"
               "x_created 1 # {a=\"b\"} 1\n"
               "# EOF\n"),
         "value 2:13: unexpected exemplar: only the _total of a counter and "
         "the buckets of a histogram may have one"},
        {"an exemplar of _count",
         BYTES("# TYPE x histogram\n"
               "x_count 1 # {a=\"b\"} 1\n"
               "# EOF\n"),
         "value 2:11: unexpected exemplar: only the _total of a counter and "
         "the buckets of a histogram may have one"},
        {"an exemplar of a quantile",
         BYTES("# TYPE x summary\n"
               "x{quantile=\"1\"} 1 # {a=\"b\"} 1\n"
               "# EOF\n"),
         "value 2:19: unexpected exemplar: only the _total of a counter and "
         "the buckets of a histogram may have one"},
    };
    (void)state;
    check_cases(cases, COUNT(cases), TEXT_OPENMETRICS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted),
        cmocka_unit_test(exemplars),
    };
    return cmocka_run_group_tests_name("ingest_openmetrics", tests, NULL, NULL);
}

/* Accepted families in exposition format 0.0.4, with their samples. */
#include "text_fixture.h"

static void families(void **state) {
    static const struct text_case cases[] = {
        {"a histogram",
         BYTES("# HELP h some\n"
               "# TYPE h histogram\n"
               "h_bucket{le=\"0.1\"} 1\n"
               "h_bucket{le=\"1\"} 3\n"
               "h_bucket{le=\"+Inf\"} 4\n"
               "h_sum 5.5\n"
               "h_count 4\n"),
         "histogram h (some) @1\n"
         " {} sum 5.5 count 4 0.1:1 1:2 +Inf:1 @3\n"},
        {"a histogram of one bucket",
         BYTES("# TYPE h histogram\n"
               "h_bucket{le=\"+Inf\"} 4\n"),
         "histogram h @1\n"
         " {} sum 0 count 4 +Inf:4 @2\n"},
        {"a histogram with only its count",
         BYTES("# TYPE h histogram\n"
               "h_count 4\n"),
         "histogram h @1\n"
         " {} sum 0 count 4 +Inf:4 @2\n"},
        {"a histogram without +Inf",
         BYTES("# TYPE h histogram\n"
               "h_bucket{le=\"1\"} 3\n"
               "h_count 4\n"),
         "histogram h @1\n"
         " {} sum 0 count 4 1:3 +Inf:1 @2\n"},
        {"count and sum before the buckets",
         BYTES("# TYPE h histogram\n"
               "h_sum 1\n"
               "h_count 4\n"
               "h_bucket{le=\"1\"} 3\n"
               "h_bucket{le=\"Inf\"} 4\n"),
         "histogram h @1\n"
         " {} sum 1 count 4 1:3 +Inf:1 @2\n"},
        {"buckets in any order",
         BYTES("# TYPE h histogram\n"
               "h_bucket{le=\"+Inf\"} 9\n"
               "h_bucket{le=\"10\"} 7\n"
               "h_bucket{a=\"1\",le=\"2\"} 1\n"
               "h_bucket{le=\"-1\"} 1\n"
               "h_bucket{a=\"1\",le=\"1\"} 0\n"
               "h_bucket{le=\"2\"} 4\n"
               "h_bucket{le=\"0.5\"} 4\n"
               "h_count{a=\"1\"} 1\n"),
         "histogram h @1\n"
         " {} sum 0 count 9 -1:1 0.5:3 2:0 10:3 +Inf:2 @2\n"
         " {a=1} sum 0 count 1 1:0 2:1 +Inf:0 @4\n"},
        {"more buckets than the first capacity, in descending order",
         BYTES("# TYPE h histogram\n"
               "h_bucket{le=\"+INF\"} 20\n"
               "h_bucket{le=\"18\"} 18\nh_bucket{le=\"17\"} 17\n"
               "h_bucket{le=\"16\"} 16\nh_bucket{le=\"15\"} 15\n"
               "h_bucket{le=\"14\"} 14\nh_bucket{le=\"13\"} 13\n"
               "h_bucket{le=\"12\"} 12\nh_bucket{le=\"11\"} 11\n"
               "h_bucket{le=\"10\"} 10\nh_bucket{le=\"9\"} 9\n"
               "h_bucket{le=\"8\"} 8\nh_bucket{le=\"7\"} 7\n"
               "h_bucket{le=\"6\"} 6\nh_bucket{le=\"5\"} 5\n"
               "h_bucket{le=\"4\"} 4\nh_bucket{le=\"3\"} 3\n"
               "h_bucket{le=\"2\"} 2\nh_bucket{le=\"1\"} 1\n"),
         "histogram h @1\n"
         " {} sum 0 count 20 1:1 2:1 3:1 4:1 5:1 6:1 7:1 8:1 9:1 10:1 11:1 "
         "12:1 13:1 14:1 15:1 16:1 17:1 18:1 +Inf:2 @2\n"},
        {"+Inf in any case",
         BYTES("# TYPE h histogram\n"
               "h_bucket{a=\"1\",le=\"+inf\"} 4\n"
               "h_bucket{a=\"2\",le=\"+INF\"} 4\n"
               "h_bucket{a=\"3\",le=\"inf\"} 4\n"
               "h_bucket{a=\"4\",le=\"Infinity\"} 4\n"
               "# TYPE g gauge\n"
               "g{a=\"1\"} +inf\n"
               "g{a=\"2\"} INF\n"
               "g{a=\"3\"} -iNf\n"),
         "histogram h @1\n"
         " {a=1} sum 0 count 4 +Inf:4 @2\n"
         " {a=2} sum 0 count 4 +Inf:4 @3\n"
         " {a=3} sum 0 count 4 +Inf:4 @4\n"
         " {a=4} sum 0 count 4 +Inf:4 @5\n"
         "gauge g @6\n"
         " {a=1} +Inf @7\n"
         " {a=2} +Inf @8\n"
         " {a=3} -Inf @9\n"},
        {"quantiles of a histogram, as Micrometer writes them",
         BYTES("# TYPE h histogram\n"
               "h{a=\"1\",quantile=\"0.5\",} 0.25\n"
               "h{a=\"1\",quantile=\"0.9\",} NaN\n"
               "h_bucket{a=\"1\",le=\"1\",} 3\n"
               "h_bucket{a=\"1\",le=\"+Inf\",} 4\n"
               "h_count{a=\"1\",} 4\n"
               "h{a=\"1\",quantile=\"0.5\",} 0.25\n"
               "h{a=\"2\",quantile=\"x\",} 1\n"
               "h_sum{a=\"1\",} 5\n"),
         "histogram h @1\n"
         " {a=1} sum 5 count 4 1:3 +Inf:1 @4\n"},
        {"a gauge histogram is only counted",
         BYTES("# TYPE h gauge_histogram\n"
               "h_bucket{a=\"1\",le=\"1\"} 3\n"
               "h_bucket{a=\"1\",le=\"+Inf\"} 4\n"
               "h_sum{a=\"1\"} 4\n"
               "h_count{a=\"1\"} 4\n"
               "h_bucket{a=\"2\",le=\"+Inf\"} 0\n"
               "# TYPE i gaugehistogram\n"
               "i_gcount 1\n"
               "# TYPE j gaugehistogram\n"
               "k 1\n"),
         "unsupported h @1\n"
         " {a=1} 0 @5\n"
         " {a=2} 0 @6\n"
         "unsupported i @7\n"
         " {} 0 @8\n"
         "unsupported j @9\n"
         "untyped k @10\n"
         " {} 1 @10\n"},
        {"a histogram of zeros",
         BYTES("# TYPE h histogram\n"
               "h_bucket{le=\"1\"} 0\n"
               "h_bucket{le=\"+Inf\"} 0\n"
               "h_sum 0\n"
               "h_count 0\n"),
         "histogram h @1\n"
         " {} sum 0 count 0 1:0 +Inf:0 @2\n"},
        {"histograms whose lines alternate",
         BYTES("# TYPE h histogram\n"
               "h_bucket{a=\"1\",le=\"1\"} 1\n"
               "h_bucket{a=\"2\",le=\"1\"} 2\n"
               "h_bucket{a=\"1\",le=\"2\"} 3\n"
               "h_bucket{a=\"2\",le=\"2\"} 4\n"
               "h_count{a=\"2\"} 4\n"
               "h_count{a=\"1\"} 5\n"
               "h_sum{a=\"1\"} 6\n"),
         "histogram h @1\n"
         " {a=1} sum 6 count 5 1:1 2:2 +Inf:2 @2\n"
         " {a=2} sum 0 count 4 1:2 2:2 +Inf:0 @3\n"},
        {"le anywhere among the labels",
         BYTES("# TYPE h histogram\n"
               "h_bucket{le=\"1\",a=\"1\",b=\"2\"} 1\n"
               "h_bucket{b=\"2\",le=\"2\",a=\"1\"} 2\n"
               "h_bucket{a=\"1\",b=\"2\",le=\"+Inf\"} 3\n"
               "h_count{b=\"2\",a=\"1\"} 3\n"),
         "histogram h @1\n"
         " {a=1,b=2} sum 0 count 3 1:1 2:1 +Inf:1 @2\n"},
        {"bounds in all spellings",
         BYTES("# TYPE h histogram\n"
               "h_bucket{le=\"-1e1\"} 1\n"
               "h_bucket{le=\"-0.5\"} 1\n"
               "h_bucket{le=\"0\"} 2\n"
               "h_bucket{le=\"0x1p0\"} 2\n"
               "h_bucket{le=\"1.50\"} 3\n"
               "h_bucket{le=\"+INFINITY\"} 3\n"
               "h_sum -4\n"),
         "histogram h @1\n"
         " {} sum -4 count 3 -10:1 -0.5:0 0:1 1:0 1.5:1 +Inf:0 @2\n"},
        {"counts in all spellings",
         BYTES("# TYPE h histogram\n"
               "h_bucket{le=\"1\"} 3.0\n"
               "h_bucket{le=\"2\"} 3e0\n"
               "h_bucket{le=\"+Inf\"} 9007199254740991\n"),
         "histogram h @1\n"
         " {} sum 0 count 9007199254740991 1:3 2:0 +Inf:9007199254740988 @2\n"},
        {"histograms with other bounds",
         BYTES("# TYPE h histogram\n"
               "h_bucket{a=\"1\",le=\"1\"} 1\n"
               "h_count{a=\"1\"} 1\n"
               "h_bucket{a=\"2\",le=\"2\"} 1\n"
               "h_count{a=\"2\"} 1\n"
               "h_bucket{a=\"3\",le=\"2\"} 1\n"
               "h_bucket{a=\"3\",le=\"3\"} 2\n"
               "h_count{a=\"3\"} 5\n"),
         "histogram h @1\n"
         " {a=1} sum 0 count 1 1:1 +Inf:0 @2\n"
         " {a=2} sum 0 count 1 2:1 +Inf:0 @4\n"
         " {a=3} sum 0 count 5 2:1 3:1 +Inf:3 @6\n"},
        {"more bounds than the first guess",
         BYTES("# TYPE h histogram\n"
               "h_bucket{le=\"0\"} 0\n"
               "h_bucket{le=\"1\"} 1\n"
               "h_bucket{le=\"2\"} 2\n"
               "h_bucket{le=\"3\"} 3\n"
               "h_bucket{le=\"4\"} 4\n"
               "h_bucket{le=\"5\"} 5\n"
               "h_bucket{le=\"6\"} 6\n"
               "h_bucket{le=\"7\"} 7\n"
               "h_bucket{le=\"8\"} 8\n"
               "h_bucket{le=\"9\"} 9\n"
               "h_bucket{le=\"10\"} 10\n"
               "h_bucket{le=\"11\"} 11\n"
               "h_bucket{le=\"12\"} 12\n"
               "h_bucket{le=\"13\"} 13\n"
               "h_bucket{le=\"14\"} 14\n"
               "h_bucket{le=\"15\"} 15\n"
               "h_bucket{le=\"16\"} 16\n"
               "h_bucket{le=\"17\"} 17\n"
               "h_count 20\n"),
         "histogram h @1\n"
         " {} sum 0 count 20 0:0 1:1 2:1 3:1 4:1 5:1 6:1 7:1 8:1 9:1 10:1 11:1 "
         "12:1 13:1 14:1 15:1 16:1 17:1 +Inf:3 @2\n"},
        {"a summary",
         BYTES("# TYPE s summary\n"
               "s{quantile=\"0\"} 1\n"
               "s{quantile=\"0.5\"} NaN\n"
               "s{quantile=\"1\"} +Inf\n"
               "s_sum 5.5\n"
               "s_count 4\n"),
         "summary s @1\n"
         " {} sum 5.5 count 4 @2\n"},
        {"a summary of quantiles",
         BYTES("# TYPE s summary\n"
               "s{a=\"1\",quantile=\"0.5\"} 1\n"),
         "summary s @1\n"
         " {a=1} sum 0 count 0 @2\n"},
        {"a summary of a count and one of a sum",
         BYTES("# TYPE s summary\n"
               "s_count{a=\"1\"} 3\n"
               "s_sum{a=\"2\"} -1.5\n"),
         "summary s @1\n"
         " {a=1} sum 0 count 3 @2\n"
         " {a=2} sum -1.5 count 0 @3\n"},
        {"summaries whose lines alternate",
         BYTES("# TYPE s summary\n"
               "s{a=\"1\",quantile=\"0.5\"} 1\n"
               "s{a=\"2\",quantile=\"0.5\"} 1\n"
               "s_sum{a=\"1\"} 1\n"
               "s_sum{a=\"2\"} 2\n"
               "s_count{a=\"1\"} 3\n"
               "s_count{a=\"2\"} 4\n"),
         "summary s @1\n"
         " {a=1} sum 1 count 3 @2\n"
         " {a=2} sum 2 count 4 @3\n"},
        {"suffixes without a family",
         BYTES("x_sum 1\n"
               "x_count 2\n"
               "x_bucket{le=\"1\"} 3\n"
               "_sum 4\n"),
         "untyped x_sum @1\n"
         " {} 1 @1\n"
         "untyped x_count @2\n"
         " {} 2 @2\n"
         "untyped x_bucket @3\n"
         " {le=1} 3 @3\n"
         "untyped _sum @4\n"
         " {} 4 @4\n"},
        {"suffixes of another type",
         BYTES("# TYPE s summary\n"
               "s_bucket{le=\"1\"} 1\n"
               "s_total 2\n"
               "# TYPE g gauge\n"
               "g_count 3\n"
               "g 4\n"
               "# TYPE h histogram\n"
               "h_total 5\n"
               "h_created 6\n"),
         "summary s @1\n"
         "untyped s_bucket @2\n"
         " {le=1} 1 @2\n"
         "untyped s_total @3\n"
         " {} 2 @3\n"
         "gauge g @4\n"
         " {} 4 @6\n"
         "untyped g_count @5\n"
         " {} 3 @5\n"
         "histogram h @7\n"
         "untyped h_total @8\n"
         " {} 5 @8\n"
         "untyped h_created @9\n"
         " {} 6 @9\n"},
        {"a _created gauge",
         BYTES("# TYPE x_total counter\n"
               "x_total 1\n"
               "# TYPE x_created gauge\n"
               "x_created 1.7e9\n"),
         "counter x_total @1\n"
         " {} 1 @2\n"
         "gauge x_created @3\n"
         " {} 1700000000 @4\n"},
    };
    (void)state;
    check_cases(cases, COUNT(cases), TEXT_PROMETHEUS);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(families)};
    return cmocka_run_group_tests_name("ingest_text_families", tests, NULL,
                                       NULL);
}

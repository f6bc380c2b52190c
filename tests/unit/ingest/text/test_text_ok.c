/* What is accepted in exposition format 0.0.4, with all that is made of it. */
#include "text_fixture.h"

static void lines(void **state) {
    static const struct text_case cases[] = {
        {"nothing", BYTES(""), ""},
        {"blank lines",
         BYTES("\n"
               " \t\n"
               "\r\n"
               "\n"),
         ""},
        {"a sample alone", BYTES("x 1\n"),
         "untyped x @1\n"
         " {} 1 @1\n"},
        {"no last line end", BYTES("x 1"),
         "untyped x @1\n"
         " {} 1 @1\n"},
        {"an empty last line",
         BYTES("x 1\n"
               "\n"),
         "untyped x @1\n"
         " {} 1 @1\n"},
        {"CRLF",
         BYTES("# HELP x some\r\n"
               "# TYPE x gauge\r\n"
               "x 1\r\n"
               "x{a=\"b\"} 2\r\n"),
         "gauge x (some) @1\n"
         " {} 1 @3\n"
         " {a=b} 2 @4\n"},
        {"CRLF and no last line end",
         BYTES("# TYPE x gauge\r\n"
               "x{a=\"b\"} 2"),
         "gauge x @1\n"
         " {a=b} 2 @2\n"},
        {"CRLF and LF",
         BYTES("# TYPE x gauge\r\n"
               "x{a=\"b\"} 2\n"
               "y 1\r\n"),
         "gauge x @1\n"
         " {a=b} 2 @2\n"
         "untyped y @3\n"
         " {} 1 @3\n"},
        {"blanks around all tokens",
         BYTES(" \t# \tHELP\t x \tsome \t text\t\n"
               "\t #\tTYPE \tx\t gauge \t\n"
               " \tx \t{ a = \"b\" ,\tc\t=\t\"d\" , }\t 1 \t\n"),
         "gauge x (some \t text\t) @1\n"
         " {a=b,c=d} 1 @3\n"},
        {"blanks only where tokens merge",
         BYTES("#HELP x some\n"
               "#TYPE x gauge\n"
               "x{a=\"b\",c=\"d\"}1\n"),
         "gauge x (some) @1\n"
         " {a=b,c=d} 1 @3\n"},
        {"a trailing comma", BYTES("x{a=\"b\",} 1\n"),
         "untyped x @1\n"
         " {a=b} 1 @1\n"},
        {"no labels in braces",
         BYTES("x{} 1\n"
               "y{ }2\n"
               "z {} 3\n"),
         "untyped x @1\n"
         " {} 1 @1\n"
         "untyped y @2\n"
         " {} 2 @2\n"
         "untyped z @3\n"
         " {} 3 @3\n"},
        {"comments",
         BYTES("# a comment\n"
               "#\n"
               "# \n"
               "#!\n"
               "  # x 1\n"
               "# HELPX x y\n"
               "# HELPless\n"
               "# TYPEx\n"
               "# \"x\" 1\n"
               "x 1\n"
               "# EOF\n"
               "y 2\n"),
         "untyped x @10\n"
         " {} 1 @10\n"
         "untyped y @12\n"
         " {} 2 @12\n"},
        {"UNIT is a comment",
         BYTES("# UNIT x_seconds parsecs\n"
               "x_seconds 1\n"),
         "untyped x_seconds @2\n"
         " {} 1 @2\n"},
        {"a help text",
         BYTES("# HELP x Two  blanks, \"quotes\", # and \\\\ and\\na line.\n"
               "x 1\n"),
         "untyped x (Two  blanks, \"quotes\", # and \\ and\\na line.) @1\n"
         " {} 1 @2\n"},
        {"escapes at the end of a help text",
         BYTES("# HELP x \\\\\\n\n"
               "# HELP y a\\\\n\n"
               "x 1\n"
               "y 1\n"),
         "untyped x (\\\\n) @1\n"
         " {} 1 @3\n"
         "untyped y (a\\n) @2\n"
         " {} 1 @4\n"},
        {"no help text",
         BYTES("# HELP x\n"
               "# HELP y \n"
               "x 1\n"
               "y 1\n"),
         "untyped x @1\n"
         " {} 1 @3\n"
         "untyped y @2\n"
         " {} 1 @4\n"},
        {"HELP behind samples",
         BYTES("# TYPE x gauge\n"
               "x 1\n"
               "# HELP x late\n"),
         "gauge x (late) @1\n"
         " {} 1 @2\n"},
        {"TYPE before HELP",
         BYTES("# TYPE x gauge\n"
               "# HELP x some\n"
               "x 1\n"),
         "gauge x (some) @1\n"
         " {} 1 @3\n"},
        {"types in any case",
         BYTES("# TYPE a COUNTER\n"
               "a 1\n"
               "# TYPE b Gauge\n"
               "b 1\n"
               "# TYPE c unTyped\n"
               "c 1\n"),
         "counter a @1\n"
         " {} 1 @2\n"
         "gauge b @3\n"
         " {} 1 @4\n"
         "untyped c @5\n"
         " {} 1 @6\n"},
        {"a family without samples",
         BYTES("# HELP x some\n"
               "# TYPE x counter\n"
               "# TYPE y histogram\n"
               "# TYPE z summary\n"),
         "counter x (some) @1\n"
         "histogram y @3\n"
         "summary z @4\n"},
        {"families in pieces",
         BYTES("# TYPE x counter\n"
               "# HELP y the y\n"
               "x{a=\"1\"} 1\n"
               "y 2\n"
               "x{a=\"2\"} 3\n"
               "# TYPE z gauge\n"
               "# HELP x the x\n"
               "z 1\n"
               "x{a=\"3\"} 4\n"),
         "counter x (the x) @1\n"
         " {a=1} 1 @3\n"
         " {a=2} 3 @5\n"
         " {a=3} 4 @9\n"
         "untyped y (the y) @2\n"
         " {} 2 @4\n"
         "gauge z @6\n"
         " {} 1 @8\n"},
        {"a counter keeps its name",
         BYTES("# TYPE x counter\n"
               "x 1\n"
               "# TYPE y_total counter\n"
               "y_total 2\n"),
         "counter x @1\n"
         " {} 1 @2\n"
         "counter y_total @3\n"
         " {} 2 @4\n"},
        {"names",
         BYTES("_ 1\n"
               ": 2\n"
               "a:b_9 3\n"
               "ABCxyz_09:{A_z09=\"1\",_=\"2\"} 4\n"),
         "untyped _ @1\n"
         " {} 1 @1\n"
         "untyped : @2\n"
         " {} 2 @2\n"
         "untyped a:b_9 @3\n"
         " {} 3 @3\n"
         "untyped ABCxyz_09: @4\n"
         " {A_z09=1,_=2} 4 @4\n"},
        {"label values",
         BYTES("x{a=\"{},= # '\",b=\"a\\\\b\\\"c\\nd\",c=\"\\\\\",d=\"\tä😀\"} "
               "1\n"),
         "untyped x @1\n"
         " {a={},= # ',b=a\\b\"c\\nd,c=\\,d=\tä😀} 1 @1\n"},
        {"a carriage return in a label value", BYTES("x{a=\"b\rc\"} 1\n"),
         "untyped x @1\n"
         " {a=b\\rc} 1 @1\n"},
        {"long label values",
         BYTES("x{a=\"01234567\\\"9\",b=\"0123456\\\"89\",c="
               "\"012345678901234\\\\\",d=\"0123456789012345\"} 1\n"),
         "untyped x @1\n"
         " {a=01234567\"9,b=0123456\"89,c=012345678901234\\,d=0123456789012345}"
         " 1 @1\n"},
        {"empty label values",
         BYTES("x{a=\"\",b=\"1\",c=\"\"} 1\n"
               "x{a=\"\"} 2\n"),
         "untyped x @1\n"
         " {b=1} 1 @1\n"
         " {} 2 @2\n"},
        {"labels in another order",
         BYTES("x{a=\"1\",b=\"2\"} 1\n"
               "x{b=\"1\",a=\"2\"} 2\n"
               "x{c=\"3\",b=\"2\"} 3\n"),
         "untyped x @1\n"
         " {a=1,b=2} 1 @1\n"
         " {b=1,a=2} 2 @2\n"
         " {c=3,b=2} 3 @3\n"},
        {"one label more and one less",
         BYTES("x{a=\"1\"} 1\n"
               "x{a=\"1\",b=\"2\"} 2\n"
               "x 3\n"),
         "untyped x @1\n"
         " {a=1} 1 @1\n"
         " {a=1,b=2} 2 @2\n"
         " {} 3 @3\n"},
        {"a label that begins as another",
         BYTES("x{ab=\"1\",a=\"2\"} 1\n"
               "x{a=\"1\",ab=\"2\"} 2\n"
               "x{abc=\"1\"} 3\n"),
         "untyped x @1\n"
         " {ab=1,a=2} 1 @1\n"
         " {a=1,ab=2} 2 @2\n"
         " {abc=1} 3 @3\n"},
        {"le and quantile of a gauge",
         BYTES("# TYPE x gauge\n"
               "x{le=\"1\",quantile=\"no\"} 1\n"),
         "gauge x @1\n"
         " {le=1,quantile=no} 1 @2\n"},
        {"a gauge of NaN and of Inf",
         BYTES("# TYPE x gauge\n"
               "x{a=\"1\"} NaN\n"
               "x{a=\"2\"} -Inf\n"),
         "gauge x @1\n"
         " {a=1} NaN @2\n"
         " {a=2} -Inf @3\n"},
    };
    (void)state;
    check_cases(cases, COUNT(cases), TEXT_PROMETHEUS);
}

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
        {"a histogram of nothing but its count",
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
        {"more buckets than there was room for, from the last one on",
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
        {"quantiles of a histogram, as Micrometer has them",
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
        {"a gauge histogram is counted, no more",
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
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(families),
    };
    return cmocka_run_group_tests_name("ingest_text_ok", tests, NULL, NULL);
}

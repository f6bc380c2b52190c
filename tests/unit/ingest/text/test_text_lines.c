/* Accepted lines in exposition format 0.0.4, with their samples. */
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
        {"HELP after samples",
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

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines)};
    return cmocka_run_group_tests_name("ingest_text_lines", tests, NULL, NULL);
}

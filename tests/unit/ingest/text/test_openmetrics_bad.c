/* Refused texts in OpenMetrics 1.0, with the exact error. */
#include "text_fixture.h"

static void syntax(void **state) {
    static const struct text_case cases[] = {
        {"NUL at the end", BYTES("# EOF\000"),
         "syntax 1:6: unexpected NUL byte"},
        {"nothing", BYTES(""),
         "syntax 1:1: expected # EOF, the text is not complete"},
        {"no EOF", BYTES("x 1\n"),
         "syntax 2:1: expected # EOF, the text is not complete"},
        {"no EOF but a comment", BYTES("# eof\n"),
         "syntax 1:1: expected \"# HELP\", \"# TYPE\", \"# UNIT\" or \"# "
         "EOF\": OpenMetrics does not permit comments"},
        {"half of EOF", BYTES("# EO"),
         "syntax 1:1: expected \"# HELP\", \"# TYPE\", \"# UNIT\" or \"# "
         "EOF\": OpenMetrics does not permit comments"},
        {"a blank after EOF", BYTES("# EOF \n"),
         "syntax 1:1: expected \"# HELP\", \"# TYPE\", \"# UNIT\" or \"# "
         "EOF\": OpenMetrics does not permit comments"},
        {"no blank in EOF", BYTES("#EOF\n"),
         "syntax 1:1: expected \"# HELP\", \"# TYPE\", \"# UNIT\" or \"# "
         "EOF\": OpenMetrics does not permit comments"},
        {"two blanks in EOF", BYTES("#  EOF\n"),
         "syntax 1:1: expected \"# HELP\", \"# TYPE\", \"# UNIT\" or \"# "
         "EOF\": OpenMetrics does not permit comments"},
        {"a sample after EOF",
         BYTES("# EOF\n"
               "x 1\n"),
         "syntax 2:1: expected nothing after # EOF"},
        {"an empty line after EOF",
         BYTES("# EOF\n"
               "\n"),
         "syntax 2:1: expected nothing after # EOF"},
        {"two EOF",
         BYTES("# EOF\n"
               "# EOF\n"),
         "syntax 2:1: expected nothing after # EOF"},
        {"EOF with more letters", BYTES("# EOFx\n"),
         "syntax 1:1: expected \"# HELP\", \"# TYPE\", \"# UNIT\" or \"# "
         "EOF\": OpenMetrics does not permit comments"},
        {"a blank line",
         BYTES("x 1\n"
               "\n"
               "# EOF\n"),
         "syntax 2:1: unexpected blank line: OpenMetrics does not permit blank "
         "lines"},
        {"an empty line with CRLF",
         BYTES("\r\n"
               "# EOF\n"),
         "syntax 1:1: unexpected blank line: OpenMetrics does not permit blank "
         "lines"},
        {"a line of blanks",
         BYTES("  \n"
               "# EOF\n"),
         "syntax 1:1: expected a metric name"},
        {"a comment",
         BYTES("# a comment\n"
               "# EOF\n"),
         "syntax 1:1: expected \"# HELP\", \"# TYPE\", \"# UNIT\" or \"# "
         "EOF\": OpenMetrics does not permit comments"},
        {"an empty comment",
         BYTES("#\n"
               "# EOF\n"),
         "syntax 1:1: expected \"# HELP\", \"# TYPE\", \"# UNIT\" or \"# "
         "EOF\": OpenMetrics does not permit comments"},
        {"HELP without its blank",
         BYTES("#HELP x some\n"
               "# EOF\n"),
         "syntax 1:1: expected \"# HELP\", \"# TYPE\", \"# UNIT\" or \"# "
         "EOF\": OpenMetrics does not permit comments"},
        {"TYPE with two blanks",
         BYTES("#  TYPE x gauge\n"
               "# EOF\n"),
         "syntax 1:1: expected \"# HELP\", \"# TYPE\", \"# UNIT\" or \"# "
         "EOF\": OpenMetrics does not permit comments"},
        {"two blanks after TYPE",
         BYTES("# TYPE  x gauge\n"
               "# EOF\n"),
         "syntax 1:8: expected a metric name"},
        {"two blanks before the type",
         BYTES("# TYPE x  gauge\n"
               "# EOF\n"),
         "syntax 1:10: expected the type"},
        {"a tab before the type",
         BYTES("# TYPE x\tgauge\n"
               "# EOF\n"),
         "syntax 1:9: expected a space after the name"},
        {"a blank after the type",
         BYTES("# TYPE x gauge \n"
               "# EOF\n"),
         "syntax 1:15: expected the line's end after the type"},
        {"no blank after the name of HELP",
         BYTES("# HELP x\n"
               "# EOF\n"),
         "syntax 1:9: expected a space after the name"},
        {"a blank line start",
         BYTES(" x 1\n"
               "# EOF\n"),
         "syntax 1:1: expected a metric name"},
        {"a tab before a value",
         BYTES("x\t1\n"
               "# EOF\n"),
         "syntax 1:2: expected a space after the name"},
        {"two blanks before a value",
         BYTES("x  1\n"
               "# EOF\n"),
         "syntax 1:3: expected the value"},
        {"a blank after a value",
         BYTES("x 1 \n"
               "# EOF\n"),
         "syntax 1:4: expected the line's end after the value"},
        {"a tab after a value",
         BYTES("x 1\t# {} 1\n"
               "# EOF\n"),
         "syntax 1:4: expected the line's end after the value"},
        {"no blank after labels",
         BYTES("x{a=\"b\"}1\n"
               "# EOF\n"),
         "syntax 1:9: expected a space after the labels"},
        {"a blank before labels",
         BYTES("x {a=\"b\"} 1\n"
               "# EOF\n"),
         "syntax 1:3: the value \"{a=\"b\"}\" is not a number"},
        {"a blank in labels",
         BYTES("x{a=\"b\", c=\"d\"} 1\n"
               "# EOF\n"),
         "syntax 1:9: expected the name of a label"},
        {"a blank before =",
         BYTES("x{a =\"b\"} 1\n"
               "# EOF\n"),
         "syntax 1:4: expected = after the label \"a\""},
        {"a blank after =",
         BYTES("x{a= \"b\"} 1\n"
               "# EOF\n"),
         "syntax 1:5: expected the value of the label \"a\" in double quotes"},
        {"a blank before }",
         BYTES("x{a=\"b\" } 1\n"
               "# EOF\n"),
         "syntax 1:8: expected , or } after the label \"a\""},
        {"a blank in empty labels",
         BYTES("x{ } 1\n"
               "# EOF\n"),
         "syntax 1:3: expected the name of a label"},
        {"a trailing comma",
         BYTES("x{a=\"b\",} 1\n"
               "# EOF\n"),
         "syntax 1:9: expected the name of a label"},
        {"hexadecimal",
         BYTES("x 0x1p4\n"
               "# EOF\n"),
         "syntax 1:3: the value \"0x1p4\" is not a number"},
        {"a name in quotes",
         BYTES("{\"my.metric\"} 1\n"
               "# EOF\n"),
         "syntax 1:2: names in quotes (version 1.0.0 of the text format) are "
         "not supported"},
        {"a backslash at the end of a help text",
         BYTES("# HELP x a\\\n"
               "# EOF\n"),
         "syntax 1:11: expected \\\\, \\\" or \\n"},
        {"UNIT with two words",
         BYTES("# UNIT x_m m s\n"
               "# EOF\n"),
         "syntax 1:13: expected the line's end after the unit"},
        {"UNIT without a blank",
         BYTES("# UNIT x\n"
               "# EOF\n"),
         "syntax 1:9: expected a space after the name"},
    };
    (void)state;
    check_cases(cases, COUNT(cases), TEXT_OPENMETRICS);
}

static void values(void **state) {
    static const struct text_case cases[] = {
        {"a timestamp in OpenMetrics",
         BYTES("x 1 1700000000.123\n"
               "# EOF\n"),
         "value 1:5: the sample has a timestamp, must not have one in a push"},
        {"a gauge histogram with the suffixes of a histogram",
         BYTES("# TYPE x gaugehistogram\n"
               "x_bucket{le=\"+Inf\"} 1\n"
               "x_count 1\n"
               "# EOF\n"),
         "value 3:1: \"x_count\" is not a sample of the gaugehistogram \"x\", "
         "must end with _bucket, _gsum or _gcount"},
        {"untyped in OpenMetrics",
         BYTES("# TYPE x untyped\n"
               "# EOF\n"),
         "value 1:10: \"untyped\" is not a type, must be counter, gauge, "
         "histogram, summary, info, stateset, gaugehistogram or unknown"},
        {"a type in capitals",
         BYTES("# TYPE x Gauge\n"
               "# EOF\n"),
         "value 1:10: \"Gauge\" is not a type, must be counter, gauge, "
         "histogram, "
         "summary, info, stateset, gaugehistogram or unknown"},
        {"a counter without _total",
         BYTES("# TYPE x counter\n"
               "x 1\n"
               "# EOF\n"),
         "value 2:1: \"x\" is not a sample of the counter \"x\", must end with "
         "_total or _created"},
        {"a counter with _total in its name",
         BYTES("# TYPE x_total counter\n"
               "x_total 1\n"
               "# EOF\n"),
         "value 2:1: \"x_total\" is not a sample of the counter \"x_total\", "
         "must "
         "end with _total or _created"},
        {"a sum of a counter",
         BYTES("# TYPE x counter\n"
               "x_sum 1\n"
               "# EOF\n"),
         "value 2:1: \"x_sum\" is not a sample of the counter \"x\", must end "
         "with _total or _created"},
        {"a total of a gauge",
         BYTES("# TYPE x gauge\n"
               "x_total 1\n"
               "# EOF\n"),
         "value 2:1: \"x_total\" is not a sample of the gauge \"x\", must have "
         "its name"},
        {"_created of a gauge",
         BYTES("# TYPE x gauge\n"
               "x 1\n"
               "x_created 1\n"
               "# EOF\n"),
         "value 3:1: \"x_created\" is not a sample of the gauge \"x\", must "
         "have "
         "its name"},
        {"_info of an unknown",
         BYTES("# TYPE x unknown\n"
               "x_info 1\n"
               "# EOF\n"),
         "value 2:1: \"x_info\" is not a sample of the unknown \"x\", must "
         "have "
         "its name"},
        {"an info without _info",
         BYTES("# TYPE x info\n"
               "x 1\n"
               "# EOF\n"),
         "value 2:1: \"x\" is not a sample of the info \"x\", must end with "
         "_info"},
        {"a stateset with a suffix",
         BYTES("# TYPE x stateset\n"
               "x_info 1\n"
               "# EOF\n"),
         "value 2:1: \"x_info\" is not a sample of the stateset \"x\", must "
         "have "
         "its name"},
        {"_total of a histogram",
         BYTES("# TYPE x histogram\n"
               "x_total 1\n"
               "# EOF\n"),
         "value 2:1: \"x_total\" is not a sample of the histogram \"x\", must "
         "end "
         "with _bucket, _sum or _count"},
        {"a bucket of a summary",
         BYTES("# TYPE x summary\n"
               "x_bucket{le=\"1\"} 1\n"
               "# EOF\n"),
         "value 2:1: \"x_bucket\" is not a sample of the summary \"x\", must "
         "have "
         "its name or end with _sum or _count"},
        {"_gcount of a histogram",
         BYTES("# TYPE x histogram\n"
               "x_gcount 1\n"
               "# EOF\n"),
         "value 2:1: \"x_gcount\" is not a sample of the histogram \"x\", must "
         "end with _bucket, _sum or _count"},
        {"an info that is not 1",
         BYTES("# TYPE x info\n"
               "x_info{a=\"b\"} 2\n"
               "# EOF\n"),
         "value 2:15: the value of an info is \"2\", must be 1"},
        {"a state that is not 0 or 1",
         BYTES("# TYPE x stateset\n"
               "x{x=\"a\"} 0.5\n"
               "# EOF\n"),
         "value 2:10: the value of a state is \"0.5\", must be 0 or 1"},
        {"a state without its label",
         BYTES("# TYPE x stateset\n"
               "x{a=\"x\"} 1\n"
               "# EOF\n"),
         "value 2:1: the label \"x\" with the name of a state is missing"},
        {"a state with an empty label",
         BYTES("# TYPE x stateset\n"
               "x{x=\"\"} 1\n"
               "# EOF\n"),
         "value 2:1: the label \"x\" with the name of a state is missing"},
        {"_created alone",
         BYTES("# TYPE x counter\n"
               "x_total{a=\"1\"} 1\n"
               "x_created{a=\"2\"} 1\n"
               "# EOF\n"),
         "value 3:1: this series of \"x_total\" has only a _created sample"},
        {"_created of a histogram alone",
         BYTES("# TYPE x histogram\n"
               "x_created 1\n"
               "# EOF\n"),
         "value 2:1: this series of \"x\" has only a _created sample"},
        {"_created repeated",
         BYTES("# TYPE x counter\n"
               "x_created 1\n"
               "x_created 1\n"
               "x_total 1\n"
               "# EOF\n"),
         "value 3:1: the _created of this series is repeated, first on line 2"},
        {"_created of NaN",
         BYTES("# TYPE x counter\n"
               "x_total 1\n"
               "x_created NaN\n"
               "# EOF\n"),
         "value 3:11: the value of a _created is \"NaN\", must be finite"},
        {"a repeated _total",
         BYTES("# TYPE x counter\n"
               "x_total 1\n"
               "x_total 1\n"
               "# EOF\n"),
         "value 3:1: this series is repeated, first on line 2"},
        {"a unit that is missing from the name",
         BYTES("# UNIT x_seconds meters\n"
               "# EOF\n"),
         "value 1:18: the name \"x_seconds\" must end with its unit, "
         "\"_meters\""},
        {"a unit without its underscore",
         BYTES("# UNIT abseconds seconds\n"
               "# EOF\n"),
         "value 1:18: the name \"abseconds\" must end with its unit, "
         "\"_seconds\""},
        {"a name that is its unit",
         BYTES("# UNIT seconds seconds\n"
               "# EOF\n"),
         "value 1:16: the name \"seconds\" must end with its unit, "
         "\"_seconds\""},
        {"a second UNIT",
         BYTES("# UNIT x_s s\n"
               "# UNIT x_s s\n"
               "# EOF\n"),
         "value 2:8: a second UNIT line of \"x_s\", the first is on line 1"},
        {"an info with a unit",
         BYTES("# TYPE x_s info\n"
               "# UNIT x_s s\n"
               "x_s_info 1\n"
               "# EOF\n"),
         "value 1:8: the info \"x_s\" must not have a unit"},
        {"a stateset with a unit",
         BYTES("# UNIT x_s s\n"
               "# TYPE x_s stateset\n"
               "# EOF\n"),
         "value 1:8: the stateset \"x_s\" must not have a unit"},
        {"a second TYPE in OpenMetrics",
         BYTES("# TYPE x gauge\n"
               "# TYPE x gauge\n"
               "# EOF\n"),
         "value 2:8: a second TYPE line of \"x\", the first is on line 1"},
        {"TYPE after a sample in OpenMetrics",
         BYTES("# HELP x some\n"
               "x 1\n"
               "# TYPE x gauge\n"
               "# EOF\n"),
         "value 3:8: \"x\" must be described before its first sample, on line "
         "2"},
        {"HELP after a sample",
         BYTES("# TYPE x counter\n"
               "x_total 1\n"
               "# HELP x some\n"
               "# EOF\n"),
         "value 3:8: \"x\" must be described before its first sample, on line "
         "2"},
        {"a family that comes again",
         BYTES("# TYPE x gauge\n"
               "x 1\n"
               "# TYPE y gauge\n"
               "y 1\n"
               "# TYPE x gauge\n"
               "# EOF\n"),
         "value 5:8: \"x\" belongs to the family \"x\" of line 1, which has "
         "ended: its lines must be together"},
        {"samples of a family that has ended",
         BYTES("# TYPE x counter\n"
               "x_total 1\n"
               "y 1\n"
               "x_total{a=\"b\"} 1\n"
               "# EOF\n"),
         "value 4:1: \"x_total\" belongs to the family \"x\" of line 1, which "
         "has ended: its lines must be together"},
        {"a sample of a family without samples",
         BYTES("# TYPE x gauge\n"
               "# TYPE y gauge\n"
               "x 1\n"
               "# EOF\n"),
         "value 3:1: \"x\" belongs to the family \"x\" of line 1, which has "
         "ended: its lines must be together"},
        {"a name that is claimed",
         BYTES("# TYPE x counter\n"
               "x_total 1\n"
               "# TYPE x_total gauge\n"
               "# EOF\n"),
         "value 3:8: \"x_total\" belongs to the family \"x\" of line 1, which "
         "has ended: its lines must be together"},
        {"a name that is claimed by an info",
         BYTES("# TYPE x info\n"
               "x_info 1\n"
               "# TYPE x_info gauge\n"
               "# EOF\n"),
         "value 3:8: \"x_info\" belongs to the family \"x\" of line 1, which "
         "has ended: its lines must be together"},
        {"a family that claims another",
         BYTES("x_total 1\n"
               "# TYPE x counter\n"
               "y 1\n"
               "# EOF\n"),
         "value 2:8: the counter \"x\" has samples \"x_total\", which is also "
         "a family, on line 1"},
        {"a family that claims another at the end",
         BYTES("x_bucket 1\n"
               "# TYPE x histogram\n"
               "# EOF\n"),
         "value 2:8: the histogram \"x\" has samples \"x_bucket\", which is "
         "also a family, on line 1"},
        {"a second family of the same name",
         BYTES("# TYPE x counter\n"
               "x_total 1\n"
               "# TYPE x info\n"
               "# EOF\n"),
         "value 3:8: \"x\" must be described before its first sample, on line "
         "2"},
        {"lines of a series apart",
         BYTES("# TYPE h histogram\n"
               "h_bucket{a=\"1\",le=\"+Inf\"} 1\n"
               "h_bucket{a=\"2\",le=\"+Inf\"} 1\n"
               "h_count{a=\"1\"} 1\n"
               "# EOF\n"),
         "value 4:1: earlier lines of this series precede another series, must "
         "be together"},
        {"_created apart",
         BYTES("# TYPE x counter\n"
               "x_total{a=\"1\"} 1\n"
               "x_total{a=\"2\"} 1\n"
               "x_created{a=\"1\"} 1\n"
               "# EOF\n"),
         "value 4:1: earlier lines of this series precede another series, must "
         "be together"},
        {"_total apart",
         BYTES("# TYPE x counter\n"
               "x_created{a=\"1\"} 1\n"
               "x_total{a=\"2\"} 1\n"
               "x_total{a=\"1\"} 1\n"
               "# EOF\n"),
         "value 4:1: earlier lines of this series precede another series, must "
         "be together"},
        {"a series repeated later",
         BYTES("x{a=\"1\"} 1\n"
               "x{a=\"2\"} 1\n"
               "x{a=\"1\"} 1\n"
               "# EOF\n"),
         "value 3:1: this series is repeated, first on line 1"},
    };
    (void)state;
    check_cases(cases, COUNT(cases), TEXT_OPENMETRICS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syntax),
        cmocka_unit_test(values),
    };
    return cmocka_run_group_tests_name("ingest_openmetrics_bad", tests, NULL,
                                       NULL);
}

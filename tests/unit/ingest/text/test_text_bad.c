/* Refused texts in exposition format 0.0.4, with the exact error. */
#include "text_fixture.h"

static void bytes(void **state) {
    static const struct text_case cases[] = {
        {"NUL",
         BYTES("x 1\n"
               "y\000 1\n"),
         "syntax 2:2: unexpected NUL byte"},
        {"NUL in a comment", BYTES("# \000\n"),
         "syntax 1:3: unexpected NUL byte"},
        {"NUL in a label value", BYTES("x{a=\"b\000\"} 1\n"),
         "syntax 1:7: unexpected NUL byte"},
        {"not UTF-8 in a comment", BYTES("# \377\n"),
         "syntax 1:3: malformed UTF-8"},
        {"not UTF-8 in a label value",
         BYTES("x 1\n"
               "x{a=\"b\303\"} 1\n"),
         "syntax 2:7: malformed UTF-8"},
        {"not UTF-8 in a help text", BYTES("# HELP x \355\240\200\n"),
         "syntax 1:10: malformed UTF-8"},
        {"UTF-8 cut at the end", BYTES("# \303"),
         "syntax 1:3: malformed UTF-8"},
        {"NUL before bytes that are not UTF-8", BYTES("\000\377"),
         "syntax 1:1: unexpected NUL byte"},
        {"bytes that are not UTF-8 before NUL", BYTES("\377\000"),
         "syntax 1:1: malformed UTF-8"},
        {"a byte order mark", BYTES("\357\273\277x 1\n"),
         "syntax 1:1: expected a metric name"},
        {"UTF-16",
         BYTES("x\000 \0001\000\n"
               "\000"),
         "syntax 1:2: unexpected NUL byte"},
    };
    (void)state;
    check_cases(cases, COUNT(cases), TEXT_PROMETHEUS);
}

static void syntax(void **state) {
    static const struct text_case cases[] = {
        {"a name alone", BYTES("x\n"),
         "syntax 1:2: expected a space after the name"},
        {"a name and a blank", BYTES("x \n"), "syntax 1:3: expected the value"},
        {"no name", BYTES("{a=\"b\"} 1\n"),
         "syntax 1:1: expected a metric name"},
        {"a number", BYTES("1 2\n"), "syntax 1:1: expected a metric name"},
        {"a name that begins with a digit", BYTES("1x 2\n"),
         "syntax 1:1: expected a metric name"},
        {"an invalid letter in a name", BYTES("x-y 1\n"),
         "syntax 1:2: expected a space after the name"},
        {"a letter outside ASCII", BYTES("xä 1\n"),
         "syntax 1:2: expected a space after the name"},
        {"a name outside ASCII", BYTES(" ä 1\n"),
         "syntax 1:2: expected a metric name"},
        {"a carriage return for a line end", BYTES("x 1\ry 2\n"),
         "syntax 1:3: the value \"1?y\" is not a number"},
        {"a carriage return at the end", BYTES("x 1\r"),
         "syntax 1:3: the value \"1?\" is not a number"},
        {"a name in quotes", BYTES("{\"my.metric\"} 1\n"),
         "syntax 1:2: names in quotes (version 1.0.0 of the text format) are "
         "not supported"},
        {"a name in quotes and labels", BYTES("{ \"my.metric\",a=\"b\"} 1\n"),
         "syntax 1:3: names in quotes (version 1.0.0 of the text format) are "
         "not supported"},
        {"a name in quotes without braces", BYTES("\"x\" 1\n"),
         "syntax 1:1: names in quotes (version 1.0.0 of the text format) are "
         "not supported"},
        {"a label name in quotes", BYTES("x{\"my.label\"=\"b\"} 1\n"),
         "syntax 1:3: names in quotes (version 1.0.0 of the text format) are "
         "not supported"},
        {"the second label name in quotes",
         BYTES("x{a=\"b\", \"c\"=\"d\"} 1\n"),
         "syntax 1:10: names in quotes (version 1.0.0 of the text format) are "
         "not supported"},
        {"TYPE of a name in quotes", BYTES("# TYPE \"my.metric\" gauge\n"),
         "syntax 1:8: names in quotes (version 1.0.0 of the text format) are "
         "not supported"},
        {"HELP of a name in quotes", BYTES("# HELP \"my.metric\" some\n"),
         "syntax 1:8: names in quotes (version 1.0.0 of the text format) are "
         "not supported"},
        {"unterminated labels", BYTES("x{a=\"b\"\n"),
         "syntax 1:8: expected , or } after the label \"a\""},
        {"labels and nothing", BYTES("x{\n"),
         "syntax 1:3: expected the name of a label"},
        {"labels and a value", BYTES("x{ 1\n"),
         "syntax 1:4: expected the name of a label"},
        {"a comma alone", BYTES("x{,} 1\n"),
         "syntax 1:3: expected the name of a label"},
        {"a comma first", BYTES("x{,a=\"b\"} 1\n"),
         "syntax 1:3: expected the name of a label"},
        {"two commas", BYTES("x{a=\"b\",,c=\"d\"} 1\n"),
         "syntax 1:9: expected the name of a label"},
        {"no comma", BYTES("x{a=\"b\" c=\"d\"} 1\n"),
         "syntax 1:9: expected , or } after the label \"a\""},
        {"a label without a value", BYTES("x{a} 1\n"),
         "syntax 1:4: expected = after the label \"a\""},
        {"a label and =", BYTES("x{a=} 1\n"),
         "syntax 1:5: expected the value of the label \"a\" in double quotes"},
        {"a label and = at the end", BYTES("x{a=\n"),
         "syntax 1:5: expected the value of the label \"a\" in double quotes"},
        {"a label value without quotes", BYTES("x{a=b} 1\n"),
         "syntax 1:5: expected the value of the label \"a\" in double quotes"},
        {"a label value in single quotes", BYTES("x{a='b'} 1\n"),
         "syntax 1:5: expected the value of the label \"a\" in double quotes"},
        {"an unterminated label value", BYTES("x{a=\"b} 1\n"),
         "syntax 1:5: the value of the label \"a\" has no closing quote on its "
         "line"},
        {"a label value over two lines",
         BYTES("x{a=\"b\n"
               "c\"} 1\n"),
         "syntax 1:5: the value of the label \"a\" has no closing quote on its "
         "line"},
        {"a backslash before the closing quote", BYTES("x{a=\"b\\\"} 1\n"),
         "syntax 1:5: the value of the label \"a\" has no closing quote on its "
         "line"},
        {"a backslash at the end", BYTES("x{a=\"b\\"),
         "syntax 1:5: the value of the label \"a\" has no closing quote on its "
         "line"},
        {"an unknown escape", BYTES("x{a=\"b\\tc\"} 1\n"),
         "syntax 1:7: expected \\\\, \\\" or \\n"},
        {"an unknown escape after others", BYTES("x{a=\"\\n\\\\\\x\"} 1\n"),
         "syntax 1:10: expected \\\\, \\\" or \\n"},
        {"a label name with a colon", BYTES("x{a:b=\"c\"} 1\n"),
         "syntax 1:3: expected the name of a label"},
        {"a label name that begins with a digit", BYTES("x{1a=\"c\"} 1\n"),
         "syntax 1:3: expected the name of a label"},
        {"a blank in a label name", BYTES("x{a b=\"c\"} 1\n"),
         "syntax 1:5: expected = after the label \"a\""},
        {"a label name with a dash", BYTES("x{a=\"1\",b-c=\"d\"} 1\n"),
         "syntax 1:10: expected = after the label \"b\""},
        {"no value after labels", BYTES("x{a=\"b\"}\n"),
         "syntax 1:9: expected the value"},
        {"text after the value", BYTES("x 1 abc\n"),
         "syntax 1:4: expected the line's end after the value"},
        {"a second sample on the line", BYTES("x 1 y 2\n"),
         "syntax 1:4: expected the line's end after the value"},
        {"an exemplar in 0.0.4", BYTES("x_total 1 # {a=\"b\"} 1\n"),
         "syntax 1:10: expected the line's end after the value"},
        {"a comment after the value", BYTES("x 1 # one\n"),
         "syntax 1:4: expected the line's end after the value"},
        {"a word for a value", BYTES("x one\n"),
         "syntax 1:3: the value \"one\" is not a number"},
        {"an underscore in a value", BYTES("x 1_000\n"),
         "syntax 1:3: the value \"1_000\" is not a number"},
        {"a comma in a value", BYTES("x 1,5\n"),
         "syntax 1:3: the value \"1,5\" is not a number"},
        {"a value in quotes", BYTES("x \"1\"\n"),
         "syntax 1:3: the value \"\"1\"\" is not a number"},
        {"a long word for a value",
         BYTES("x "
               "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
               "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\n"),
         "syntax 1:3: the value "
         "\"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
         "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\" is not a number"},
        {"a word that is truncated within a character",
         BYTES("x yääääääääääääääääääääääääääääääääääääääääääääääääääääää\n"),
         "syntax 1:3: the value "
         "\"yäääääääääääääääääääääääääääääääääääääääääääääääää?\" is not a "
         "number"},
        {"HELP alone", BYTES("# HELP\n"),
         "syntax 1:7: expected a space after the keyword"},
        {"HELP and a blank", BYTES("# HELP \n"),
         "syntax 1:8: expected a metric name"},
        {"HELP of an invalid name", BYTES("# HELP 1x some\n"),
         "syntax 1:8: expected a metric name"},
        {"an unknown escape in a help text", BYTES("# HELP x a\\tb\n"),
         "syntax 1:11: expected \\\\ or \\n"},
        {"a quote escaped in a help text of 0.0.4", BYTES("# HELP x a\\\"b\n"),
         "syntax 1:11: expected \\\\ or \\n"},
        {"a backslash at the end of a help text", BYTES("# HELP x a\\\n"),
         "syntax 1:11: expected \\\\ or \\n"},
        {"a name with a dash in HELP", BYTES("# HELP x-y some\n"),
         "syntax 1:9: expected a space after the name"},
        {"TYPE alone", BYTES("# TYPE\n"),
         "syntax 1:7: expected a space after the keyword"},
        {"TYPE without a type", BYTES("# TYPE x\n"),
         "syntax 1:9: expected a space after the name"},
        {"TYPE without a type but a blank", BYTES("# TYPE x \n"),
         "syntax 1:10: expected the type"},
        {"two types", BYTES("# TYPE x gauge counter\n"),
         "syntax 1:16: expected the line's end after the type"},
    };
    (void)state;
    check_cases(cases, COUNT(cases), TEXT_PROMETHEUS);
}

static void values(void **state) {
    static const struct text_case cases[] = {
        {"a timestamp",
         BYTES("# TYPE x gauge\n"
               "x 1\n"
               "x{a=\"bcdefghi\"} 1.25 1700000000000\n"),
         "value 3:22: the sample has a timestamp, must not have one in a push"},
        {"a negative timestamp", BYTES("x 1 -5\n"),
         "value 1:5: the sample has a timestamp, must not have one in a push"},
        {"a value too large", BYTES("x 1e400\n"),
         "value 1:3: the value \"1e400\" is beyond what a double can hold"},
        {"a value far too large", BYTES("x -1e999999999999\n"),
         "value 1:3: the value \"-1e999999999999\" is beyond what a double can "
         "hold"},
        {"a hexadecimal value too large", BYTES("x 0x1p1024\n"),
         "value 1:3: the value \"0x1p1024\" is beyond what a double can hold"},
        {"a reserved label", BYTES("x{__name__=\"y\"} 1\n"),
         "value 1:3: \"__name__\" is not a label name, must be letters, digits "
         "and _, and not begin with a digit or __"},
        {"a label of two underscores", BYTES("x{a=\"1\",__=\"y\"} 1\n"),
         "value 1:9: \"__\" is not a label name, must be letters, digits and "
         "_, and not begin with a digit or __"},
        {"a repeated label", BYTES("x{a=\"1\",b=\"2\",a=\"1\"} 1\n"),
         "value 1:15: the label \"a\" is repeated, must appear once"},
        {"a repeated label whose value is empty",
         BYTES("x{a=\"\",a=\"1\"} 1\n"),
         "value 1:8: the label \"a\" is repeated, must appear once"},
        {"an unknown type", BYTES("# TYPE x meter\n"),
         "value 1:10: \"meter\" is not a type, must be counter, gauge, "
         "histogram, "
         "summary or untyped"},
        {"a type of OpenMetrics", BYTES("# TYPE x info\n"),
         "value 1:10: \"info\" is not a type, must be counter, gauge, "
         "histogram, "
         "summary or untyped"},
        {"unknown in 0.0.4", BYTES("# TYPE x unknown\n"),
         "value 1:10: \"unknown\" is not a type, must be counter, gauge, "
         "histogram, summary or untyped"},
        {"a gauge histogram with another suffix",
         BYTES("# TYPE x gaugehistogram\n"
               "x_bucket{le=\"1\"} 1\n"
               "x 1\n"),
         "value 3:1: \"x\" is not a sample of the gaugehistogram \"x\", must "
         "end "
         "with _bucket, _gsum or _gcount"},
        {"a name of a gauge histogram",
         BYTES("# TYPE x_gsum gauge\n"
               "# TYPE x gaugehistogram\n"),
         "value 2:8: the gaugehistogram \"x\" has samples \"x_gsum\", which is "
         "also a family, on line 1"},
        {"a second TYPE",
         BYTES("# TYPE x gauge\n"
               "# TYPE x gauge\n"),
         "value 2:8: a second TYPE line of \"x\", the first is on line 1"},
        {"a second HELP",
         BYTES("# HELP x some\n"
               "x 1\n"
               " # HELP x some\n"),
         "value 3:9: a second HELP line of \"x\", the first is on line 1"},
        {"TYPE after a sample",
         BYTES("x 1\n"
               "# TYPE x gauge\n"),
         "value 2:8: the TYPE line of \"x\" must be before its first sample, "
         "on line 1"},
        {"TYPE after a bucket",
         BYTES("h_bucket{le=\"1\"} 1\n"
               "# TYPE h histogram\n"),
         "value 2:8: the histogram \"h\" has samples \"h_bucket\", which is "
         "also a family, on line 1"},
        {"TYPE that claims a family",
         BYTES("# HELP s_sum some\n"
               "# HELP s some\n"
               "# TYPE s summary\n"),
         "value 2:8: the summary \"s\" has samples \"s_sum\", which is also a "
         "family, on line 1"},
        {"TYPE of a name that is claimed",
         BYTES("# TYPE h histogram\n"
               "# TYPE h_count counter\n"),
         "value 2:8: \"h_count\" belongs to the histogram \"h\" of line 1"},
        {"HELP of a name that is claimed",
         BYTES("# TYPE h histogram\n"
               "h_count 1\n"
               "# HELP h_bucket some\n"),
         "value 3:8: \"h_bucket\" belongs to the histogram \"h\" of line 1"},
        {"a repeated sample",
         BYTES("x 1\n"
               "x 1\n"),
         "value 2:1: this series is repeated, first on line 1"},
        {"a repeated series",
         BYTES("x{a=\"1\",b=\"2\"} 1\n"
               "y 1\n"
               "x{a=\"2\",b=\"2\"} 1\n"
               " x{b=\"2\",a=\"1\"} 3\n"),
         "value 4:2: this series is repeated, first on line 1"},
        {"a series repeated with an empty label",
         BYTES("x{a=\"1\"} 1\n"
               "x{b=\"\",a=\"1\"} 1\n"),
         "value 2:1: this series is repeated, first on line 1"},
        {"a histogram without a suffix",
         BYTES("# TYPE h histogram\n"
               "h 1\n"),
         "value 2:1: \"h\" is not a sample of the histogram \"h\", must end "
         "with "
         "_bucket, _sum or _count"},
        {"a bucket without le",
         BYTES("# TYPE h histogram\n"
               "h_bucket 1\n"),
         "value 2:1: the label le is missing"},
        {"a bucket with an empty le",
         BYTES("# TYPE h histogram\n"
               "h_bucket{le=\"\"} 1\n"),
         "value 2:10: the label le is \"\", must be a number"},
        {"a bucket whose le is not a number",
         BYTES("# TYPE h histogram\n"
               "h_bucket{a=\"b\",le=\"one\"} 1\n"),
         "value 2:16: the label le is \"one\", must be a number"},
        {"a bucket whose le is NaN",
         BYTES("# TYPE h histogram\n"
               "h_bucket{le=\"NaN\"} 1\n"),
         "value 2:10: the label le is \"NaN\", must be a number"},
        {"a bucket whose le is -Inf",
         BYTES("# TYPE h histogram\n"
               "h_bucket{le=\"-Inf\"} 1\n"),
         "value 2:10: the upper bound of a bucket is -Inf, must be a number "
         "above -Inf"},
        {"a bucket whose le is too large",
         BYTES("# TYPE h histogram\n"
               "h_bucket{le=\"1e999\"} 1\n"),
         "value 2:10: the label le is \"1e999\", must be a number"},
        {"le on _sum",
         BYTES("# TYPE h histogram\n"
               "h_sum{a=\"b\",le=\"1\"} 1\n"),
         "value 2:13: the label le is only for buckets"},
        {"le on _count",
         BYTES("# TYPE h histogram\n"
               "h_count{le=\"1\"} 1\n"),
         "value 2:9: the label le is only for buckets"},
        {"a smaller bound that counts more",
         BYTES("# TYPE h histogram\n"
               "h_bucket{le=\"2\"} 1\n"
               "h_bucket{le=\"1\"} 2\n"
               "h_count 2\n"),
         "value 3:18: the bucket 1 has the count 2, must have at most that of "
         "the bucket after it, 1"},
        {"a bound after +Inf that counts more",
         BYTES("# TYPE h histogram\n"
               "h_bucket{le=\"+Inf\"} 1\n"
               "h_bucket{le=\"1\"} 2\n"),
         "value 3:18: the bucket 1 has the count 2, must have at most that of "
         "the series, 1"},
        {"a bound between that counts less",
         BYTES("# TYPE h histogram\n"
               "h_bucket{le=\"3\"} 5\n"
               "h_bucket{le=\"1\"} 2\n"
               "h_bucket{le=\"2\"} 1\n"),
         "value 4:18: the bucket 2 has the count 1, must have at least that of "
         "the bucket before it, 2"},
        {"a bound repeated out of order",
         BYTES("# TYPE h histogram\n"
               "h_bucket{le=\"3\"} 5\n"
               "h_bucket{le=\"1\"} 2\n"
               "h_bucket{le=\"3e0\"} 5\n"),
         "value 4:10: this series repeats the bucket 3, must have it once"},
        {"le repeated",
         BYTES("# TYPE h histogram\n"
               "h_bucket{a=\"1\",le=\"1\"} 1\n"
               "h_bucket{le=\"1.0\",a=\"1\"} 1\n"),
         "value 3:10: this series repeats the bucket 1, must have it once"},
        {"+Inf repeated",
         BYTES("# TYPE h histogram\n"
               "h_bucket{le=\"+Inf\"} 1\n"
               "h_bucket{le=\"Inf\"} 1\n"),
         "value 3:10: this series repeats the bucket +Inf, must have it once"},
        {"counts that fall",
         BYTES("# TYPE h histogram\n"
               "h_bucket{le=\"1\"} 2\n"
               "h_bucket{le=\"2\"} 1\n"),
         "value 3:18: the bucket 2 has the count 1, must have at least that of "
         "the bucket before it, 2"},
        {"+Inf that falls",
         BYTES("# TYPE h histogram\n"
               "h_bucket{le=\"1\"} 2\n"
               "h_bucket{le=\"+Inf\"} 1\n"),
         "value 3:21: the bucket +Inf has the count 1, must have at least that "
         "of the bucket before it, 2"},
        {"_count less than a bucket",
         BYTES("# TYPE h histogram\n"
               "x 1\n"
               "h_bucket{le=\"1\"} 2\n"
               "h_count 1\n"),
         "value 4:9: the count of the series is 1, must be at least that of "
         "the "
         "bucket 1, 2"},
        {"neither +Inf nor _count",
         BYTES("# TYPE h histogram\n"
               "h_count{a=\"1\"} 2\n"
               "h_bucket{a=\"2\",le=\"1\"} 2\n"
               "h_sum{a=\"2\"} 2\n"),
         "value 3:1: this series of the histogram \"h\" has neither a bucket "
         "+Inf nor a _count"},
        {"_sum alone",
         BYTES("# TYPE h histogram\n"
               "h_sum 2\n"),
         "value 2:1: this series of the histogram \"h\" has neither a bucket "
         "+Inf nor a _count"},
        {"_count unlike +Inf",
         BYTES("# TYPE h histogram\n"
               "h_bucket{le=\"+Inf\"} 2\n"
               "h_count 3\n"),
         "value 3:9: the count of the series is 3, must be that of the bucket "
         "+Inf, "
         "2"},
        {"+Inf unlike _count",
         BYTES("# TYPE h histogram\n"
               "h_count 3\n"
               "h_bucket{le=\"+Inf\"} 2\n"),
         "value 3:21: the bucket +Inf has the count 2, must have that of the "
         "series, 3"},
        {"_count repeated",
         BYTES("# TYPE h histogram\n"
               "h_count 3\n"
               "h_count 3\n"),
         "value 3:1: a second _count of this series, the first is on line 2"},
        {"_sum repeated",
         BYTES("# TYPE h histogram\n"
               "h_sum 3\n"
               "h_count 3\n"
               " h_sum 3\n"),
         "value 4:2: a second _sum of this series, the first is on line 2"},
        {"a count with a fraction",
         BYTES("# TYPE h histogram\n"
               "h_count 1.5\n"),
         "value 2:9: the count is 1.5, must be a whole number from 0 to below "
         "2^53"},
        {"a negative count",
         BYTES("# TYPE h histogram\n"
               "h_count -1\n"),
         "value 2:9: the count is -1, must be a whole number from 0 to below "
         "2^53"},
        {"a count of NaN",
         BYTES("# TYPE h histogram\n"
               "h_bucket{le=\"1\"} NaN\n"),
         "value 2:18: the count of a bucket is NaN, must be a whole number "
         "from 0 to below 2^53"},
        {"a count of 2^53",
         BYTES("# TYPE h histogram\n"
               "h_count 9007199254740992\n"),
         "value 2:9: the count is 9007199254740992, must be a whole number "
         "from 0 to below 2^53"},
        {"a quantile without its label",
         BYTES("# TYPE s summary\n"
               "s 1\n"),
         "value 2:1: the label quantile is missing"},
        {"a quantile that is not a number",
         BYTES("# TYPE s summary\n"
               "s{quantile=\"half\"} 1\n"),
         "value 2:3: the label quantile is \"half\", must be a number"},
        {"a quantile above 1",
         BYTES("# TYPE s summary\n"
               "s{quantile=\"1.01\"} 1\n"),
         "value 2:3: the label quantile is \"1.01\", must be from 0 to 1"},
        {"a quantile below 0",
         BYTES("# TYPE s summary\n"
               "s{quantile=\"-0.5\"} 1\n"),
         "value 2:3: the label quantile is \"-0.5\", must be from 0 to 1"},
        {"a quantile of NaN",
         BYTES("# TYPE s summary\n"
               "s{quantile=\"nan\"} 1\n"),
         "value 2:3: the label quantile is \"nan\", must be a number"},
        {"a quantile repeated",
         BYTES("# TYPE s summary\n"
               "s{quantile=\"0.5\"} 1\n"
               "s{quantile=\"0.9\"} 1\n"
               "s{quantile=\"5e-1\"} 1\n"),
         "value 4:3: this series repeats the quantile 0.5, must have it once"},
        {"a quantile on _sum",
         BYTES("# TYPE s summary\n"
               "s_sum{quantile=\"0.5\"} 1\n"),
         "value 2:7: the label quantile is only for quantiles"},
        {"a summary's _count repeated",
         BYTES("# TYPE s summary\n"
               "s_count 1\n"
               "s_count 1\n"),
         "value 3:1: a second _count of this series, the first is on line 2"},
        {"a summary's _sum repeated",
         BYTES("# TYPE s summary\n"
               "s_sum 1\n"
               "s_sum 1\n"),
         "value 3:1: a second _sum of this series, the first is on line 2"},
        {"a summary's _count with a fraction",
         BYTES("# TYPE s summary\n"
               "s_count 0.5\n"),
         "value 2:9: the count is 0.5, must be a whole number from 0 to below "
         "2^53"},
    };
    (void)state;
    check_cases(cases, COUNT(cases), TEXT_PROMETHEUS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes),
        cmocka_unit_test(syntax),
        cmocka_unit_test(values),
    };
    return cmocka_run_group_tests_name("ingest_text_bad", tests, NULL, NULL);
}

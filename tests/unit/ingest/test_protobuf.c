#include "protobuf_notation.h"

static const struct {
    const char *name;
    const char *input;
    const char *want;
} accepted[] = {
    {"nothing", "", ""},
    {"no metric", "{1'm' 2'Help.' 3=1}", "gauge m \"Help.\" \n"},
    {"a missing type is a counter", "{1'm' 4{3{1~2}}}",
     "counter m \"\" \n  {} 2\n"},
    {"unit", "{1'm' 3=1 5'seconds'}", "gauge m \"\" seconds\n"},
    {"help that is not ASCII, in lines", "{1'm' 2'\xc3\xa9%0a\\'}",
     "counter m \"\xc3\xa9\n\\\" \n"},
    {"labels in any order",
     "{1'm' 4{1{1'b' 2'2'} 1{1'a' 2'1'} 1{1'C' 2'3'} 3{1~1}}}",
     "counter m \"\" \n  {\"b\":\"2\",\"a\":\"1\",\"C\":\"3\"} 1\n"},
    {"an empty label value is omitted",
     "{1'm' 4{1{1'b' 2''} 1{1'a' 2'1'} 1{1'c'} 3{1~1}}}",
     "counter m \"\" \n  {\"a\":\"1\"} 1\n"},
    {"le and quantile of other types",
     "{1'm' 3=1 4{1{1'le' 2'1'} 1{1'quantile' 2'1'} 2{1~1}}}",
     "gauge m \"\" \n  {\"le\":\"1\",\"quantile\":\"1\"} 1\n"},
    {"names with every character", "{1':aZ_09' 4{1{1'_aZ_09' 2'%01'} 3{1~1}}}",
     "counter :aZ_09 \"\" \n  {\"_aZ_09\":\"\\u0001\"} 1\n"},
    {"missing values are 0",
     "{1'c' 4{3{}}} {1'g' 3=1 4{2{}}} {1'u' 3=3 4{5{}}} "
     "{1's' 3=2 4{4{}}} {1'h' 3=4 4{7{}}}",
     "counter c \"\" \n  {} 0\n"
     "gauge g \"\" \n  {} 0\n"
     "untyped u \"\" \n  {} 0\n"
     "summary s \"\" \n  {} count 0 sum 0\n"
     "histogram h \"\" \n  {} count 0 sum 0 +Inf:0\n"},
    {"gauges and untyped of any value",
     "{1'g' 3=1 4{1{1'a' 2'1'} 2{1~nan}} 4{1{1'a' 2'2'} 2{1~-inf}}} "
     "{1'u' 3=3 4{1{1'a' 2'1'} 5{1~nan}} 4{1{1'a' 2'2'} 5{1~inf}}}",
     "gauge g \"\" \n  {\"a\":\"1\"} NaN\n  {\"a\":\"2\"} -Inf\n"
     "untyped u \"\" \n  {\"a\":\"1\"} NaN\n  {\"a\":\"2\"} +Inf\n"},
    {"summary without its quantiles",
     "{1's' 3=2 4{4{1=3 2~-4.5 3{1~0.5 2~1} 3{1~0.9 2~2}}}}",
     "summary s \"\" \n  {} count 3 sum -4.5\n"},
    {"histogram with +Inf",
     "{1'h' 3=4 4{7{1=5 2~7 3{1=1 2~-1} 3{1=1 2~0} 3{1=4 2~2.5} "
     "3{1=5 2~inf}}}}",
     "histogram h \"\" \n  {} count 5 sum 7 -1:1 0:0 2.5:3 +Inf:1\n"},
    {"buckets in any order",
     "{1'h' 3=4 4{7{1=5 2~7 3{1=5 2~inf} 3{1=4 2~2.5} 3{1=1 2~-1} "
     "3{1=3 2~0} 3{1=3 2~1}}}}",
     "histogram h \"\" \n  {} count 5 sum 7 -1:1 0:2 1:0 2.5:1 +Inf:1\n"},
    {"+Inf twice", "{1'm' 3=4 4{7{1=2 3{1=2 2~inf} 3{1=2 2~inf}}}}",
     "histogram m \"\" \n  {} count 2 sum 0 +Inf:2\n"},
    {"gauge histograms are only counted",
     "{1'm' 3=5 4{1{1'a' 2'1'} 7{1=1}} 4{1{1'a' 2'2'} 7{1=1}}} "
     "{1'm' 3=5 4{7{}}}",
     "unsupported m \"\" \n  {\"a\":\"1\"} 0\n  {\"a\":\"2\"} 0\n  {} "
     "0\n"},
    {"histogram without +Inf", "{1'h' 3=4 4{7{1=5 2~7 3{1=4 2~1}}}}",
     "histogram h \"\" \n  {} count 5 sum 7 1:4 +Inf:1\n"},
    {"histogram with +Inf only", "{1'h' 3=4 4{7{1=5 2~7 3{1=5 2~inf}}}}",
     "histogram h \"\" \n  {} count 5 sum 7 +Inf:5\n"},
    {"a missing bound is 0", "{1'h' 3=4 4{7{1=5 2~7 3{1=4}}}}",
     "histogram h \"\" \n  {} count 5 sum 7 0:4 +Inf:1\n"},
    {"a bound of -0 is 0", "{1'h' 3=4 4{7{1=5 2~7 3{1=4 2~-0}}}}",
     "histogram h \"\" \n  {} count 5 sum 7 0:4 +Inf:1\n"},
    {"whole counts as doubles",
     "{1'h' 3=4 4{7{1=9 4~5 2~7 3{1=9 2~1 4~2} 3{1=4 2~2 4~0}}}}",
     "histogram h \"\" \n  {} count 5 sum 7 1:2 2:2 +Inf:1\n"},
    {"the largest count", "{1's' 3=2 4{4{1=9007199254740991 2~1}}}",
     "summary s \"\" \n  {} count 9007199254740991 sum 1\n"},
    {"classic and native",
     "{1'h' 3=4 4{7{1=5 2~7 3{1=4 2~1} 5=6 6~0.1 7=1 9{1=1 2=1} 9{2=2} "
     "10=2 12{1=1} 13=2}}}",
     "histogram h \"\" \n  {} count 5 sum 7 1:4 +Inf:1\n"},
    {"exemplars and unknown fields",
     "{1'm' 99=7 4{3{1~2 2{1{1'trace' 2'x'} 1{1'a' 2'y'} 2~1 3{1=17 "
     "2=500000000}}} 77'x'} 98{1=1}}",
     "counter m \"\" \n  {} 2 # {\"a\":\"y\",\"trace\":\"x\"} 1 17.5\n"},
    {"exemplars of buckets, and one beyond its bucket",
     "{1'h' 3=4 4{7{1=5 3{1=1 2~1 3{1{1't' 2'a'} 2~1}} 3{1=2 2~2 3{2~3}} "
     "3{1=5 2~inf 3{2~9}}}}}",
     "histogram h \"\" \n  {} count 5 sum 0 1:1 2:1 +Inf:3 # "
     "{\"t\":\"a\"} 1 0 # {} 9 0\n"},
    {"invalid exemplars",
     "{1'm' 4{3{1~2 2{1{1'' 2'x'}}}} 4{1{1'l' 2'1'} 3{1~2 2{1{1'a' 2'%ff'}}}} "
     "4{1{1'l' 2'2'} 3{1~2 2{1{1'a' 2'%00'}}}} 4{1{1'l' 2'3'} 3{1~2 2{1{1'a'} "
     "1{1'a'}}}} 4{1{1'l' 2'4'} 3{1~2 2{2~nan}}}}",
     "counter m \"\" \n  {} 2\n  {\"l\":\"1\"} 2\n  {\"l\":\"2\"} 2\n"
     "  {\"l\":\"3\"} 2\n  {\"l\":\"4\"} 2\n"},
    {"the last value of a repeated field", "{1'x' 1'm' 4{3{1~1 1~2}}}",
     "counter m \"\" \n  {} 2\n"},
    {"parts of a value are merged", "{1's' 3=2 4{4{1=3} 4{2~2}}}",
     "summary s \"\" \n  {} count 3 sum 2\n"},
    {"a family in parts",
     "{1'm' 4{1{1'a' 2'1'} 3{1~1}}} {1'n' 3=1 4{2{1~5}}} "
     "{1'm' 2'First.' 3=0 4{1{1'a' 2'2'} 3{1~2}}} {1'm' 2'Second.'}",
     "counter m \"First.\" \n  {\"a\":\"1\"} 1\n  {\"a\":\"2\"} 2\n"
     "gauge n \"\" \n  {} 5\n"},
    {"the same labels in two families",
     "{1'm' 4{1{1'a' 2'1'} 3{1~1}}} {1'n' 4{1{1'a' 2'1'} 3{1~1}}}",
     "counter m \"\" \n  {\"a\":\"1\"} 1\ncounter n \"\" \n  {\"a\":\"1\"} "
     "1\n"},
};

static void accepts(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(accepted); i++)
        check_accepted(accepted[i].name, accepted[i].input, accepted[i].want);
}

#define E10 "%c3%a9%c3%a9%c3%a9%c3%a9%c3%a9%c3%a9%c3%a9%c3%a9%c3%a9%c3%a9"
#define E100 E10 E10 E10 E10 E10 E10 E10 E10 E10 E10
#define A100                                                                   \
    "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"                       \
    "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"

static const struct {
    const char *name;
    const char *input;
    enum err_code code;
    const char *want;
} refused[] = {
    /* Families */
    {"no name", "{3=1}", ERR_VALUE,
     "the message at byte 0: \"\" is not a metric name, must be letters, "
     "digits, _ and :, and not begin with a digit or __"},
    {"empty name", "{1''}", ERR_VALUE,
     "the message at byte 0: \"\" is not a metric name, must be letters, "
     "digits, _ and :, and not begin with a digit or __"},
    {"name with a dash", "{1'a-b'}", ERR_VALUE,
     "the message at byte 0: \"a-b\" is not a metric name, must be letters, "
     "digits, _ and :, and not begin with a digit or __"},
    {"name with a space after it", "{1'a '}", ERR_VALUE,
     "the message at byte 0: \"a \" is not a metric name, must be letters, "
     "digits, _ and :, and not begin with a digit or __"},
    {"name that begins with a digit", "{1'0a'}", ERR_VALUE,
     "the message at byte 0: \"0a\" is not a metric name, must be letters, "
     "digits, _ and :, and not begin with a digit or __"},
    {"name that begins with __", "{1'__a'}", ERR_VALUE,
     "the message at byte 0: \"__a\" is not a metric name, must be letters, "
     "digits, _ and :, and not begin with a digit or __"},
    {"name with NUL", "{1'a%00b'}", ERR_VALUE,
     "the message at byte 0: \"a...\" is not a metric name, must be letters, "
     "digits, _ and :, and not begin with a digit or __"},
    {"name that is not UTF-8", "{1'a%c3'}", ERR_VALUE,
     "the message at byte 0: \"a...\" is not a metric name, must be letters, "
     "digits, _ and :, and not begin with a digit or __"},
    {"name that is not ASCII", "{1'm%c3%a9%0a'}", ERR_VALUE,
     "the message at byte 0: \"m\xc3\xa9...\" is not a metric name, must be "
     "letters, digits, _ and :, and not begin with a digit or __"},
    {"long name", "{1'" A100 A100 "a'}", ERR_LIMIT,
     "the message at byte 0: a metric name has 201 bytes, must have at most "
     "200"},
    {"help with NUL", "{1'm' 2'a%00'}", ERR_VALUE,
     "m: the help is not text, must be UTF-8 without NUL"},
    {"help that is not UTF-8", "{1'm' 2'%ff'}", ERR_VALUE,
     "m: the help is not text, must be UTF-8 without NUL"},
    {"help with a surrogate", "{1'm' 2'%ed%a0%80'}", ERR_VALUE,
     "m: the help is not text, must be UTF-8 without NUL"},
    {"unit with NUL", "{1'm' 5'a%00'}", ERR_VALUE,
     "m: the unit is not text, must be UTF-8 without NUL"},
    {"gauge histogram, then a gauge", "{1'm' 3=5 4{7{1=1}}} {1'm' 3=1}",
     ERR_VALUE,
     "m: the message at byte 12 has the type gauge, must have gauge histogram "
     "as before"},
    {"gauge, then a gauge histogram", "{1'm' 3=1} {1'm' 3=5}", ERR_VALUE,
     "m: the message at byte 6 has the type gauge histogram, must have gauge "
     "as before"},
    {"gauge histogram with a timestamp", "{1'm' 3=5 4{7{1=1} 6=1}}", ERR_VALUE,
     "m: it has a timestamp, must not have one in a push"},
    {"unknown type", "{1'm' 3=6}", ERR_VALUE,
     "m: the type is 6, must be 0 (counter), 1 (gauge), 2 (summary), 3 "
     "(untyped) or 4 (histogram)"},
    {"negative type", "{1'm' 3=18446744073709551615}", ERR_VALUE,
     "m: the type is -1, must be 0 (counter), 1 (gauge), 2 (summary), 3 "
     "(untyped) or 4 (histogram)"},
    {"another type than before", "{1'm' 4{3{1~1}}} {1'm' 3=1 4{2{1~1}}}",
     ERR_VALUE,
     "m: the message at byte 17 has the type gauge, must have counter as "
     "before"},
    {"another type, without series", "{1'm' 3=4} {1'm'}", ERR_VALUE,
     "m: the message at byte 6 has the type counter, must have histogram as "
     "before"},
    {"the second message", "{1'm' 4{3{1~1}}} {1'n-'}", ERR_VALUE,
     "the message at byte 17: \"n-\" is not a metric name, must be letters, "
     "digits, _ and :, and not begin with a digit or __"},
    /* Labels */
    {"label without a name", "{1'm' 4{1{2'x'} 3{1~1}}}", ERR_VALUE,
     "m, metric 1: \"\" is not a label name, must be letters, digits and _, "
     "and not begin with a digit or __"},
    {"label with a colon", "{1'm' 4{1{1'a:b' 2'x'} 3{1~1}}}", ERR_VALUE,
     "m, metric 1: \"a:b\" is not a label name, must be letters, digits and _, "
     "and not begin with a digit or __"},
    {"label that begins with a digit", "{1'm' 4{1{1'0' 2'x'} 3{1~1}}}",
     ERR_VALUE,
     "m, metric 1: \"0\" is not a label name, must be letters, digits and _, "
     "and not begin with a digit or __"},
    {"label that begins with __", "{1'm' 4{1{1'__name__' 2'x'} 3{1~1}}}",
     ERR_VALUE,
     "m, metric 1: \"__name__\" is not a label name, must be letters, digits "
     "and _, and not begin with a digit or __"},
    {"label with NUL in its name", "{1'm' 4{1{1'a%00' 2'x'} 3{1~1}}}",
     ERR_VALUE,
     "m, metric 1: \"a...\" is not a label name, must be letters, digits and "
     "_, and not begin with a digit or __"},
    {"wrong label without a value", "{1'm' 4{1{1'-'} 3{1~1}}}", ERR_VALUE,
     "m, metric 1: \"-\" is not a label name, must be letters, digits and _, "
     "and not begin with a digit or __"},
    {"long label name", "{1'm' 4{1{1'" A100 A100 "a' 2'x'} 3{1~1}}}", ERR_LIMIT,
     "m, metric 1: a label name has 201 bytes, must have at most 200"},
    {"label value with NUL", "{1'm' 4{1{1'a' 2'x%00'} 3{1~1}}}", ERR_VALUE,
     "m, metric 1: the value of the label a is not text, must be UTF-8 without "
     "NUL"},
    {"label value that is not UTF-8", "{1'm' 4{1{1'a' 2'x%80'} 3{1~1}}}",
     ERR_VALUE,
     "m, metric 1: the value of the label a is not text, must be UTF-8 without "
     "NUL"},
    {"label value with an overlong form", "{1'm' 4{1{1'a' 2'%c0%80'} 3{1~1}}}",
     ERR_VALUE,
     "m, metric 1: the value of the label a is not text, must be UTF-8 without "
     "NUL"},
    {"label twice", "{1'm' 4{1{1'a' 2'1'} 1{1'b' 2'1'} 1{1'a' 2'2'} 3{1~1}}}",
     ERR_VALUE, "m, metric 1: the label \"a\" is repeated, must appear once"},
    {"label twice, once without a value",
     "{1'm' 4{1{1'a' 2'1'} 1{1'a'} 3{1~1}}}", ERR_VALUE,
     "m, metric 1: the label \"a\" is repeated, must appear once"},
    {"the third metric",
     "{1'm' 4{3{1~1}} 4{1{1'a' 2'1'} 3{1~1}} 4{1{1'-' 2'1'}}}", ERR_VALUE,
     "m, metric 3: \"-\" is not a label name, must be letters, digits and _, "
     "and not begin with a digit or __"},
    /* Series */
    {"series twice", "{1'm' 4{3{1~1}} 4{3{1~1}}}", ERR_VALUE,
     "m: the series is repeated, must appear once"},
    {"series twice, in another order",
     "{1'm' 4{1{1'a' 2'1'} 1{1'b' 2'2'} 3{1~1}} 4{1{1'b' 2'2'} 1{1'a' 2'1'} "
     "3{1~1}}}",
     ERR_VALUE, "m{a=\"1\",b=\"2\"}: the series is repeated, must appear once"},
    {"series twice, with an empty label", "{1'm' 4{3{1~1}} 4{1{1'a'} 3{1~1}}}",
     ERR_VALUE, "m: the series is repeated, must appear once"},
    {"series twice, in two messages",
     "{1'm' 4{1{1'a' 2'1'} 3{1~1}}} {1'm' 4{1{1'a' 2'1'} 3{1~1}}}", ERR_VALUE,
     "m{a=\"1\"}: the series is repeated, must appear once"},
    {"timestamp", "{1'm' 4{1{1'a' 2'x'} 3{1~1} 6=1700000000000}}", ERR_VALUE,
     "m{a=\"x\"}: it has a timestamp, must not have one in a push"},
    {"timestamp, labels that are escaped",
     "{1'm' 4{1{1'b' 2'\"%0a\\'} 1{1'a' 2'x'} 3{1~1} 6=1}}", ERR_VALUE,
     "m{a=\"x\",b=\"\\\"\\n\\\\\"}: it has a timestamp, must not have one in a "
     "push"},
    {"timestamp 0", "{1'm' 4{3{1~1} 6=0}}", ERR_VALUE,
     "m: it has a timestamp, must not have one in a push"},
    {"no value", "{1'm' 3=1 4{1{1'a' 2'x'}}}", ERR_VALUE,
     "m{a=\"x\"}: it has no value, must have one of its family's type, gauge"},
    {"gauge in a counter", "{1'm' 4{1{1'a' 2'x'} 2{1~1}}}", ERR_VALUE,
     "m{a=\"x\"}: it has a value of the type gauge, must have one of its "
     "family's type, counter"},
    {"gauge and counter in a gauge", "{1'm' 3=1 4{2{1~1} 3{1~1}}}", ERR_VALUE,
     "m: it has a value of the type counter, must have one of its family's "
     "type, gauge"},
    {"counter in an untyped", "{1'm' 3=3 4{3{1~1}}}", ERR_VALUE,
     "m: it has a value of the type counter, must have one of its family's "
     "type, untyped"},
    {"untyped in a summary", "{1'm' 3=2 4{5{1~1}}}", ERR_VALUE,
     "m: it has a value of the type untyped, must have one of its family's "
     "type, summary"},
    {"summary in a histogram", "{1'm' 3=4 4{4{1=1}}}", ERR_VALUE,
     "m: it has a value of the type summary, must have one of its family's "
     "type, histogram"},
    {"histogram in a summary", "{1'm' 3=2 4{7{1=1}}}", ERR_VALUE,
     "m: it has a value of the type histogram, must have one of its family's "
     "type, summary"},
    /* Values */
    {"count of 2^53", "{1'm' 3=2 4{4{1=9007199254740992}}}", ERR_VALUE,
     "m: the count is 9007199254740992, must be a whole number from 0 to below "
     "2^53"},
    {"largest count", "{1'm' 3=4 4{7{1=18446744073709551615}}}", ERR_VALUE,
     "m: the count is 1.8446744073709552e+19, must be a whole number from 0 to "
     "below 2^53"},
    {"count that is not whole", "{1'm' 3=4 4{7{1=1 4~1.5}}}", ERR_VALUE,
     "m: the count is 1.5, must be a whole number from 0 to below 2^53"},
    {"negative count", "{1'm' 3=4 4{7{1=1 4~-1}}}", ERR_VALUE,
     "m: the count is -1, must be a whole number from 0 to below 2^53"},
    {"NaN count", "{1'm' 3=4 4{7{1=1 4~nan}}}", ERR_VALUE,
     "m: the count is NaN, must be a whole number from 0 to below 2^53"},
    {"count of 2^53 as a double", "{1'm' 3=4 4{7{4~9007199254740992}}}",
     ERR_VALUE,
     "m: the count is 9007199254740992, must be a whole number from 0 to below "
     "2^53"},
    {"count of a bucket that is not whole", "{1'm' 3=4 4{7{1=2 3{4~1.5 2~1}}}}",
     ERR_VALUE,
     "m: the count of a bucket is 1.5, must be a whole number from 0 to below "
     "2^53"},
    {"count of a bucket of 2^53",
     "{1'm' 3=4 4{7{1=2 3{1=9007199254740992 2~1}}}}", ERR_VALUE,
     "m: the count of a bucket is 9007199254740992, must be a whole number "
     "from 0 to below 2^53"},
    /* Buckets */
    {"a smaller bound that counts more",
     "{1'm' 3=4 4{1{1'a' 2'x'} 7{1=2 3{1=1 2~1} 3{1=2 2~0.5}}}}", ERR_VALUE,
     "m{a=\"x\"}: the bucket 0.5 has the count 2, must have at most that of "
     "the bucket after it, 1"},
    {"bounds that repeat",
     "{1'm' 3=4 4{7{1=2 3{1=1 2~1} 3{1=1 2~0} 3{1=1 2~1}}}}", ERR_VALUE,
     "m: this series repeats the bucket 1, must have it once"},
    {"a bound of 0 and one of -0",
     "{1'm' 3=4 4{7{1=2 3{1=1 2~-0} 3{1=2 2~0}}}}", ERR_VALUE,
     "m: this series repeats the bucket 0, must have it once"},
    {"NaN bound", "{1'm' 3=4 4{7{1=2 3{1=1 2~nan}}}}", ERR_VALUE,
     "m: the upper bound of a bucket is NaN, must be a number above -Inf"},
    {"-Inf bound", "{1'm' 3=4 4{7{1=2 3{1=1 2~-inf}}}}", ERR_VALUE,
     "m: the upper bound of a bucket is -Inf, must be a number above -Inf"},
    {"counts that fall", "{1'm' 3=4 4{7{1=5 3{1=3 2~1} 3{1=2 2~2}}}}",
     ERR_VALUE,
     "m: the bucket 2 has the count 2, must have at least that of the bucket "
     "before it, 3"},
    {"bucket above the count", "{1'm' 3=4 4{7{1=2 3{1=3 2~1}}}}", ERR_VALUE,
     "m: the bucket 1 has the count 3, must have at most that of the series, "
     "2"},
    {"+Inf above the count", "{1'm' 3=4 4{7{1=2 3{1=1 2~1} 3{1=3 2~inf}}}}",
     ERR_VALUE,
     "m: the bucket +Inf has the count 3, must have that of the series, 2"},
    {"+Inf below the count", "{1'm' 3=4 4{7{1=2 3{1=1 2~1} 3{1=1 2~inf}}}}",
     ERR_VALUE,
     "m: the bucket +Inf has the count 1, must have that of the series, 2"},
    {"no count", "{1'm' 3=4 4{7{2~1 3{1=1 2~1}}}}", ERR_VALUE,
     "m: the bucket 1 has the count 1, must have at most that of the series, "
     "0"},
    /* Messages */
    {"name of another wire type", "{1=5}", ERR_SYNTAX,
     "the message at byte 0: it is not an io.prometheus.client.MetricFamily"},
    {"value of another wire type", "{1'm' 4{3{1=1}}}", ERR_SYNTAX,
     "the message at byte 0: it is not an io.prometheus.client.MetricFamily"},
    {"field number 0", "{0=1}", ERR_SYNTAX,
     "the message at byte 0: it is not an io.prometheus.client.MetricFamily"},
    {"end of a group", "{1'm'} {1'n' 4'%0c'}", ERR_SYNTAX,
     "the message at byte 4: it is not an io.prometheus.client.MetricFamily"},
    {"label cut off", "{1'm' 4'%0a%05%0a%01a'}", ERR_SYNTAX,
     "the message at byte 0: it is not an io.prometheus.client.MetricFamily"},
    {"long location",
     "{1'" A100 A100 "' 4{1{1'" A100 A100 "' 2'" A100 A100 "'} 3{1~1} 6=1}}",
     ERR_VALUE,
     "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeaaaaaaaaaabbbbbbbbbbccc"
     "cccccccddddddddddeeeeeeeeeeaaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeee"
     "eeeeaaaaaaaaaabbbbbbbbbbccccccccccdddddddddd...: it has a timestamp, "
     "must not have one in a push"},
    {"location truncated between characters",
     "{1'm' 4{1{1'a' 2'" E100 "'} 3{1~1} 6=1}}", ERR_VALUE,
     "m{a="
     "\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
     "\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
     "\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
     "\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
     "\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
     "\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
     "\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
     "\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
     "\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
     "\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
     "\xa9\xc3\xa9\xc3\xa9...: it has a timestamp, must not have one in a "
     "push"},
    {"location truncated between characters, one byte later",
     "{1'm' 4{1{1'ab' 2'" E100 "'} 3{1~1} 6=1}}", ERR_VALUE,
     "m{ab="
     "\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
     "\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
     "\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
     "\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
     "\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
     "\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
     "\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
     "\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
     "\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
     "\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
     "\xa9\xc3\xa9\xc3\xa9...: it has a timestamp, must not have one in a "
     "push"},
};

static void refuses(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++)
        check_refused(refused[i].name, refused[i].input, refused[i].code,
                      refused[i].want);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

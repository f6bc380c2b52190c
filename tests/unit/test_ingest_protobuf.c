#include "ingest_protobuf.h"

#include <math.h>

#include "protobuf_notation.h"

#include "corpus.h"
#include "guard.h"
#include "histogram.h"
#include "utf8.h"

/* Allocations of more than 16 MiB fail. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "allocator_may_return_null=1:max_allocation_size_mb=16";
}

static int ingest(const struct strbuf *body, struct pushed *out,
                  struct err *err) {
    return ingest_protobuf(guard_place(body->data, body->len), body->len, out,
                           err);
}

static const struct {
    const char *name;
    const char *input;
    const char *want;
} accepted[] = {
    {"nothing", "", ""},
    {"no metric", "{1'm' 2'Help.' 3=1}", "gauge m \"Help.\" \n"},
    {"no type is a counter", "{1'm' 4{3{1~2}}}", "counter m \"\" \n  {} 2\n"},
    {"unit", "{1'm' 3=1 5'seconds'}", "gauge m \"\" seconds\n"},
    {"help that is not ASCII, in lines", "{1'm' 2'\xc3\xa9%0a\\'}",
     "counter m \"\xc3\xa9\n\\\" \n"},
    {"labels are sorted",
     "{1'm' 4{1{1'b' 2'2'} 1{1'a' 2'1'} 1{1'C' 2'3'} 3{1~1}}}",
     "counter m \"\" \n  {\"C\":\"3\",\"a\":\"1\",\"b\":\"2\"} 1\n"},
    {"an empty label value is none",
     "{1'm' 4{1{1'b' 2''} 1{1'a' 2'1'} 1{1'c'} 3{1~1}}}",
     "counter m \"\" \n  {\"a\":\"1\"} 1\n"},
    {"le and quantile elsewhere",
     "{1'm' 3=1 4{1{1'le' 2'1'} 1{1'quantile' 2'1'} 2{1~1}}}",
     "gauge m \"\" \n  {\"le\":\"1\",\"quantile\":\"1\"} 1\n"},
    {"names with every character", "{1':aZ_09' 4{1{1'_aZ_09' 2'%01'} 3{1~1}}}",
     "counter :aZ_09 \"\" \n  {\"_aZ_09\":\"\\u0001\"} 1\n"},
    {"values left out are 0",
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
    {"histogram without +Inf", "{1'h' 3=4 4{7{1=5 2~7 3{1=4 2~1}}}}",
     "histogram h \"\" \n  {} count 5 sum 7 1:4 +Inf:1\n"},
    {"histogram with +Inf only", "{1'h' 3=4 4{7{1=5 2~7 3{1=5 2~inf}}}}",
     "histogram h \"\" \n  {} count 5 sum 7 +Inf:5\n"},
    {"a bound left out is 0", "{1'h' 3=4 4{7{1=5 2~7 3{1=4}}}}",
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
    {"exemplars, and fields nobody knows",
     "{1'm' 99=7 4{3{1~2 2{1{1'trace' 2'x'} 2~1}} 77'x'} 98{1=1}}",
     "counter m \"\" \n  {} 2\n"},
    {"the last of a field that is there twice", "{1'x' 1'm' 4{3{1~1 1~2}}}",
     "counter m \"\" \n  {} 2\n"},
    {"parts of a value are one", "{1's' 3=2 4{4{1=3} 4{2~2}}}",
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
    for (size_t i = 0; i < COUNT(accepted); i++) {
        struct pushed pushed = {0};
        struct strbuf body = messages(accepted[i].input);
        struct strbuf got = {0};
        struct err err = {.message = ""};
        if (ingest(&body, &pushed, &err) != 0)
            fail_msg("%s: %s", accepted[i].name, err.message);
        write_pushed(&got, &pushed);
        check_text(accepted[i].name, got.data ? got.data : "",
                   accepted[i].want);
        pushed_free(&pushed);
        strbuf_free(&body);
        strbuf_free(&got);
    }
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
    {"name with a space behind it", "{1'a '}", ERR_VALUE,
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
    {"gauge histogram", "{1'm' 3=5 4{7{1=1}}}", ERR_VALUE,
     "m: gauge histograms are not supported, push a histogram or gauges"},
    {"unknown type", "{1'm' 3=6}", ERR_VALUE,
     "m: the type is 6, must be 0 (counter), 1 (gauge), 2 (summary), 3 "
     "(untyped) or 4 (histogram)"},
    {"negative type", "{1'm' 3=18446744073709551615}", ERR_VALUE,
     "m: the type is -1, must be 0 (counter), 1 (gauge), 2 (summary), 3 "
     "(untyped) or 4 (histogram)"},
    {"another type than before", "{1'm' 4{3{1~1}}} {1'm' 3=1 4{2{1~1}}}",
     ERR_VALUE,
     "m: a gauge in the message at byte 17, must be a counter as before"},
    {"another type, without series", "{1'm' 3=4} {1'm'}", ERR_VALUE,
     "m: a counter in the message at byte 6, must be a histogram as before"},
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
     ERR_VALUE, "m, metric 1: it has the label a twice, must have it once"},
    {"label twice, once without a value",
     "{1'm' 4{1{1'a' 2'1'} 1{1'a'} 3{1~1}}}", ERR_VALUE,
     "m, metric 1: it has the label a twice, must have it once"},
    {"le in a histogram", "{1'h' 3=4 4{1{1'le' 2'1'} 7{}}}", ERR_VALUE,
     "h, metric 1: the label le is the histogram's own, must have another "
     "name"},
    {"quantile in a summary", "{1's' 3=2 4{1{1'quantile' 2'1'} 4{}}}",
     ERR_VALUE,
     "s, metric 1: the label quantile is the summary's own, must have another "
     "name"},
    {"the third metric",
     "{1'm' 4{3{1~1}} 4{1{1'a' 2'1'} 3{1~1}} 4{1{1'-' 2'1'}}}", ERR_VALUE,
     "m, metric 3: \"-\" is not a label name, must be letters, digits and _, "
     "and not begin with a digit or __"},
    /* Series */
    {"series twice", "{1'm' 4{3{1~1}} 4{3{1~1}}}", ERR_VALUE,
     "m: the series is in the push twice, must be once"},
    {"series twice, in another order",
     "{1'm' 4{1{1'a' 2'1'} 1{1'b' 2'2'} 3{1~1}} 4{1{1'b' 2'2'} 1{1'a' 2'1'} "
     "3{1~1}}}",
     ERR_VALUE,
     "m{a=\"1\",b=\"2\"}: the series is in the push twice, must be once"},
    {"series twice, with an empty label", "{1'm' 4{3{1~1}} 4{1{1'a'} 3{1~1}}}",
     ERR_VALUE, "m: the series is in the push twice, must be once"},
    {"series twice, in two messages",
     "{1'm' 4{1{1'a' 2'1'} 3{1~1}}} {1'm' 4{1{1'a' 2'1'} 3{1~1}}}", ERR_VALUE,
     "m{a=\"1\"}: the series is in the push twice, must be once"},
    {"timestamp", "{1'm' 4{1{1'a' 2'x'} 3{1~1} 6=1700000000000}}", ERR_VALUE,
     "m{a=\"x\"}: it has a timestamp, a push must not have one"},
    {"timestamp 0", "{1'm' 4{3{1~1} 6=0}}", ERR_VALUE,
     "m: it has a timestamp, a push must not have one"},
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
    {"negative counter",
     "{1'm' 4{1{1'a' 2'x'} 1{1'b' 2'\"%0a\\\\'} 3{1~-0.5}}}", ERR_VALUE,
     "m{a=\"x\",b=\"\\\"\\n\\\\\\\\\"}: the value of the counter is -0.5, must "
     "be finite and not negative"},
    {"NaN counter", "{1'm' 4{3{1~nan}}}", ERR_VALUE,
     "m: the value of the counter is NaN, must be finite and not negative"},
    {"infinite counter", "{1'm' 4{3{1~inf}}}", ERR_VALUE,
     "m: the value of the counter is +Inf, must be finite and not negative"},
    {"NaN sum of a summary", "{1'm' 3=2 4{4{1=1 2~nan}}}", ERR_VALUE,
     "m: the sum is NaN, must be finite"},
    {"infinite sum of a histogram", "{1'm' 3=4 4{7{1=1 2~-inf}}}", ERR_VALUE,
     "m: the sum is -Inf, must be finite"},
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
    {"bounds that fall",
     "{1'm' 3=4 4{1{1'a' 2'x'} 7{1=2 3{1=1 2~1} 3{1=2 2~0.5}}}}", ERR_VALUE,
     "m{a=\"x\"}: the upper bound of a bucket is 0.5, must be a number above "
     "-Inf and above the bound before it"},
    {"bounds that repeat", "{1'm' 3=4 4{7{1=2 3{1=1 2~1} 3{1=2 2~1}}}}",
     ERR_VALUE,
     "m: the upper bound of a bucket is 1, must be a number above -Inf and "
     "above the bound before it"},
    {"a bound of 0 and one of -0",
     "{1'm' 3=4 4{7{1=2 3{1=1 2~-0} 3{1=2 2~0}}}}", ERR_VALUE,
     "m: the upper bound of a bucket is 0, must be a number above -Inf and "
     "above the bound before it"},
    {"NaN bound", "{1'm' 3=4 4{7{1=2 3{1=1 2~nan}}}}", ERR_VALUE,
     "m: the upper bound of a bucket is NaN, must be a number above -Inf and "
     "above the bound before it"},
    {"-Inf bound", "{1'm' 3=4 4{7{1=2 3{1=1 2~-inf}}}}", ERR_VALUE,
     "m: the upper bound of a bucket is -Inf, must be a number above -Inf and "
     "above the bound before it"},
    {"bucket behind +Inf", "{1'm' 3=4 4{7{1=2 3{1=2 2~inf} 3{1=2 2~1}}}}",
     ERR_VALUE,
     "m: the upper bound of a bucket is 1, must be a number above -Inf and "
     "above the bound before it"},
    {"+Inf twice", "{1'm' 3=4 4{7{1=2 3{1=2 2~inf} 3{1=2 2~inf}}}}", ERR_VALUE,
     "m: the upper bound of a bucket is +Inf, must be a number above -Inf and "
     "above the bound before it"},
    {"counts that fall", "{1'm' 3=4 4{7{1=5 3{1=3 2~1} 3{1=2 2~2}}}}",
     ERR_VALUE,
     "m: the bucket 2 has the count 2, must have at least that of the one "
     "before it, 3"},
    {"bucket above the count", "{1'm' 3=4 4{7{1=2 3{1=3 2~1}}}}", ERR_VALUE,
     "m: the bucket 1 has the count 3, must have at most that of all, 2"},
    {"+Inf above the count", "{1'm' 3=4 4{7{1=2 3{1=1 2~1} 3{1=3 2~inf}}}}",
     ERR_VALUE,
     "m: the bucket +Inf has the count 3, must have exactly that of all, 2"},
    {"+Inf below the count", "{1'm' 3=4 4{7{1=2 3{1=1 2~1} 3{1=1 2~inf}}}}",
     ERR_VALUE,
     "m: the bucket +Inf has the count 1, must have exactly that of all, 2"},
    {"no count", "{1'm' 3=4 4{7{2~1 3{1=1 2~1}}}}", ERR_VALUE,
     "m: the bucket 1 has the count 1, must have at most that of all, 0"},
    /* Native histograms */
    {"schema", "{1'm' 3=4 4{1{1'a' 2'x'} 7{1=2 2~1 5=0}}}", ERR_VALUE,
     "m{a=\"x\"}: native histograms are not supported, must have classic "
     "buckets"},
    {"zero threshold", "{1'm' 3=4 4{7{1=2 2~1 6~0.1}}}", ERR_VALUE,
     "m: native histograms are not supported, must have classic buckets"},
    {"zero count", "{1'm' 3=4 4{7{1=2 2~1 7=1}}}", ERR_VALUE,
     "m: native histograms are not supported, must have classic buckets"},
    {"zero count as a double", "{1'm' 3=4 4{7{1=2 2~1 8~1}}}", ERR_VALUE,
     "m: native histograms are not supported, must have classic buckets"},
    {"negative buckets", "{1'm' 3=4 4{7{1=2 2~1 9{1=1 2=1} 10=2}}}", ERR_VALUE,
     "m: native histograms are not supported, must have classic buckets"},
    {"positive buckets", "{1'm' 3=4 4{7{1=2 2~1 12{1=1 2=1} 13=2}}}", ERR_VALUE,
     "m: native histograms are not supported, must have classic buckets"},
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
    {"long place",
     "{1'" A100 A100 "' 4{1{1'" A100 A100 "' 2'" A100 A100 "'} 3{1~-1}}}",
     ERR_VALUE,
     "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeaaaaaaaaaabbbbbbbbbbccc"
     "cccccccddddddddddeeeeeeeeeeaaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeee"
     "eeeeaaaaaaaaaabbbbbbbbbbccccccccccdddddddddd...: the value of the "
     "counter is -1, must be finite and not negative"},
    {"place cut between characters", "{1'm' 4{1{1'a' 2'" E100 "'} 3{1~-1}}}",
     ERR_VALUE,
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
     "\xa9\xc3\xa9\xc3\xa9...: the value of the counter is -1, must be finite "
     "and not negative"},
    {"place cut between characters, one byte on",
     "{1'm' 4{1{1'ab' 2'" E100 "'} 3{1~-1}}}", ERR_VALUE,
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
     "\xa9\xc3\xa9\xc3\xa9...: the value of the counter is -1, must be finite "
     "and not negative"},
};

static void refuses(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct pushed pushed = {0};
        struct strbuf body = messages(refused[i].input);
        struct err err = {.message = "accepted"};
        (void)ingest(&body, &pushed, &err);
        check_text(refused[i].name, err.message, refused[i].want);
        check_number(refused[i].name, (long long)err.code,
                     (long long)refused[i].code);
        assert_true(utf8_valid(err.message, strlen(err.message)));
        pushed_free(&pushed);
        strbuf_free(&body);
    }
}

/* A text that is repeated in another, with the number of each in its place of
 * %zu. The caller frees it. */
static struct strbuf repeated(const char *before, const char *text,
                              size_t count, const char *after) {
    struct strbuf out = {0};
    const char *number = strstr(text, "%zu");
    strbuf_add_string(&out, before);
    for (size_t i = 0; i < count; i++) {
        size_t len = number ? (size_t)(number - text) : strlen(text);
        strbuf_add(&out, text, len);
        if (number)
            strbuf_printf(&out, "%zu%s", i, number + 3);
    }
    strbuf_add_string(&out, after);
    return out;
}

/* Each limit, with the most that fits and one more. */
static void limits(void **state) {
    static const struct {
        const char *before;
        const char *text;
        const char *after;
        size_t max;
        const char *want;
    } cases[] = {
        {"{1'", "a", "'}", FAMILY_NAME_MAX,
         "the message at byte 0: a metric name has 201 bytes, must have at "
         "most 200"},
        {"{1'm' 4{1{2'x' 1'", "a", "'} 3{}}}", FAMILY_NAME_MAX,
         "m, metric 1: a label name has 201 bytes, must have at most 200"},
        {"{1'm' 4{", "1{1'a%zu' 2'x'}", " 3{}}}", PUSHED_LABELS_MAX,
         "m, metric 1: it has more than 64 labels, must have no more"},
        {"{1'm' 3=4 4{7{", "3{2~%zu}", "}}}", HISTOGRAM_BOUNDS_MAX,
         "m: it has more than 200 buckets besides +Inf, must have no more"},
        {"{1'm' 3=4 4{7{", "3{2~%zu}", "3{2~inf}}}}", HISTOGRAM_BOUNDS_MAX,
         "m: it has more than 200 buckets besides +Inf, must have no more"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t more = 0; more < 2; more++) {
            struct pushed pushed = {0};
            struct err err = {.message = "accepted"};
            struct strbuf text = repeated(cases[i].before, cases[i].text,
                                          cases[i].max + more, cases[i].after);
            struct strbuf body = messages(text.data);
            (void)ingest(&body, &pushed, &err);
            check_text(cases[i].before, err.message,
                       more ? cases[i].want : "accepted");
            check_number(cases[i].before, (long long)err.code,
                         more ? ERR_LIMIT : ERR_NONE);
            pushed_free(&pushed);
            strbuf_free(&text);
            strbuf_free(&body);
        }
}

static const struct {
    const char *name;
    const char *bytes;
    size_t len;
    enum err_code code; /* ERR_NONE: accepted */
    const char *want;
} framed[] = {
    {"an empty message", BYTES("\x00"), ERR_VALUE,
     "the message at byte 0: \"\" is not a metric name, must be letters, "
     "digits, _ and :, and not begin with a digit or __"},
    {"a length in more bytes than it needs",
     BYTES("\x83\x80\x80\x80\x00\x0a\x01m"), ERR_NONE, ""},
    {"a length of 6 bytes", BYTES("\x83\x80\x80\x80\x80\x00\x0a\x01m"),
     ERR_SYNTAX,
     "the message at byte 0: its length has more than 5 bytes, must be a "
     "varint of at most 5"},
    {"a length of 10 bytes",
     BYTES("\x03\x0a\x01m\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), ERR_SYNTAX,
     "the message at byte 4: its length has more than 5 bytes, must be a "
     "varint of at most 5"},
    {"a length cut off", BYTES("\x03\x0a\x01m\x80"), ERR_SYNTAX,
     "the message at byte 4: its length is cut off"},
    {"the longest length", BYTES("\xff\xff\xff\xff\x7f\x0a\x01m"), ERR_SYNTAX,
     "the message at byte 0: it has 34359738367 bytes, but only 3 follow"},
    {"a message cut off", BYTES("\x03\x0a\x01m\x03\x0a\x01"), ERR_SYNTAX,
     "the message at byte 4: it has 3 bytes, but only 2 follow"},
    {"nothing of a message", BYTES("\x03"), ERR_SYNTAX,
     "the message at byte 0: it has 3 bytes, but only 0 follow"},
    {"a field cut off", BYTES("\x03\x0a\x02m"), ERR_SYNTAX,
     "the message at byte 0: it is not an io.prometheus.client.MetricFamily"},
    {"a message without its length", BYTES("\x0a\x01m"), ERR_SYNTAX,
     "the message at byte 0: it has 10 bytes, but only 2 follow"},
    {"the text format", BYTES("# TYPE m counter\nm 1\n"), ERR_SYNTAX,
     "the message at byte 0: it has 35 bytes, but only 20 follow"},
};

static void frames(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(framed); i++) {
        struct pushed pushed = {0};
        struct err err = {.message = ""};
        (void)ingest_protobuf(guard_place(framed[i].bytes, framed[i].len),
                              framed[i].len, &pushed, &err);
        check_text(framed[i].name, err.message, framed[i].want);
        check_number(framed[i].name, (long long)err.code,
                     (long long)framed[i].code);
        pushed_free(&pushed);
    }
}

/* 2 bytes make protobuf-c take more than 100: refused before it does. */
static void amplification(void **state) {
    struct pushed pushed = {0};
    struct err err = {.message = "accepted"};
    struct strbuf text = repeated("{1'm'", " 4{}", 100000, "}");
    struct strbuf body = messages(text.data);
    (void)state;
    assert_int_equal(ingest(&body, &pushed, &err), -1);
    assert_int_equal(err.code, ERR_LIMIT);
    assert_string_equal(err.message,
                        "the message at byte 0: its 200003 bytes take more "
                        "than 6465632 bytes of memory");
    assert_int_equal(pushed_count(&pushed), 0);
    pushed_free(&pushed);
    strbuf_free(&text);
    strbuf_free(&body);
}

/* The smallest series that a large family can have, and histograms. */
static void large(void **state) {
    static const struct {
        const char *before;
        const char *text;
        size_t count;
    } cases[] = {
        {"{1'm'", " 4{1{1'a' 2'%zu'} 3{1~1}}", 20000},
        {"{1'm' 3=4",
         " 4{1{1'a' 2'%zu'} 7{1=9 2~1 3{1=1 2~1} 3{1=2 2~2} "
         "3{1=3 2~3} 3{1=4 2~4} 3{1=9 2~inf}}}",
         5000},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pushed pushed = {0};
        struct err err;
        struct strbuf text =
            repeated(cases[i].before, cases[i].text, cases[i].count, "}");
        struct strbuf body = messages(text.data);
        if (ingest(&body, &pushed, &err) != 0)
            fail_msg("%zu: %s", i, err.message);
        assert_int_equal(pushed.families[0].count, cases[i].count);
        pushed_free(&pushed);
        strbuf_free(&text);
        strbuf_free(&body);
    }
}

/* A help text of more than what can be allocated, see the top. */
static void no_memory(void **state) {
    static char body[18 << 20];
    struct strbuf lengths = {0};
    struct pushed pushed = {0};
    struct err err = {.message = "accepted"};
    (void)state;
    put_varint(&lengths, (17 << 20) + 5);
    strbuf_add_char(&lengths, 2 << 3 | 2);
    put_varint(&lengths, 17 << 20);
    memcpy(body, lengths.data, lengths.len);
    assert_int_equal(
        ingest_protobuf(body, lengths.len + (17 << 20), &pushed, &err), -1);
    assert_string_equal(err.message, "out of memory");
    assert_int_equal(err.code, ERR_MEMORY);
    pushed_free(&pushed);
    strbuf_free(&lengths);
}

/* Nothing of the push points into the bytes. */
static void keeps_nothing(void **state) {
    struct pushed pushed = {0};
    struct err err;
    struct strbuf got = {0};
    struct strbuf body =
        messages("{1'm' 2'Help.' 4{1{1'a' 2'x'} 3{1~1}}} "
                 "{1'h' 3=4 4{1{1'a' 2'y'} 7{1=2 3{1=1 2~1}}}}");
    (void)state;
    char *place = guard_place(body.data, body.len);
    assert_int_equal(ingest_protobuf(place, body.len, &pushed, &err), 0);
    memset(place, '#', body.len);
    write_pushed(&got, &pushed);
    assert_string_equal(got.data, "counter m \"Help.\" \n  {\"a\":\"x\"} 1\n"
                                  "histogram h \"\" \n"
                                  "  {\"a\":\"y\"} count 2 sum 0 1:1 +Inf:1\n");
    pushed_free(&pushed);
    strbuf_free(&body);
    strbuf_free(&got);
}

/* Files: what the Go client pushes (tests/data/protobuf/README.txt) */

static const char *const files[] = {
    "tests/data/protobuf/ok/distributions.bin",
    "tests/data/protobuf/ok/every-type.bin",
    "tests/data/protobuf/ok/go-runtime.bin",
    "tests/data/protobuf/ok/native-and-classic.bin",
};

static void accepts_files(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        struct pushed pushed = {0};
        struct err err;
        struct strbuf got = {0};
        struct strbuf body = corpus_read(files[i]);
        if (ingest(&body, &pushed, &err) != 0)
            fail_msg("%s: %s", files[i], err.message);
        write_pushed(&got, &pushed);
        corpus_expect(files[i], ".out", &got);
        pushed_free(&pushed);
        strbuf_free(&got);
        strbuf_free(&body);
    }
}

static void refuses_file(void **state) {
    static const char path[] = "tests/data/protobuf/bad/native.bin";
    struct pushed pushed = {0};
    struct err err = {.message = "accepted"};
    struct strbuf got = {0};
    struct strbuf body = corpus_read(path);
    (void)state;
    (void)ingest(&body, &pushed, &err);
    strbuf_printf(&got, "%s\n", err.message);
    corpus_expect(path, ".err", &got);
    pushed_free(&pushed);
    strbuf_free(&got);
    strbuf_free(&body);
}

/* Where the message at offset `at` ends. */
static size_t message_end(const struct strbuf *body, size_t at) {
    size_t size = 0;
    for (int shift = 0;; shift += 7) {
        unsigned char byte = (unsigned char)body->data[at++];
        size |= (size_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return at + size;
    }
}

/* A part is accepted where a message ends, with the families up to there, and
 * is refused elsewhere with the offset of the message that is cut. */
static void cuts(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        struct strbuf body = corpus_read(files[i]);
        size_t begin = 0;
        size_t families = 0;
        for (size_t len = 0; len < body.len; len++) {
            struct strbuf part = {.data = body.data, .len = len};
            struct pushed pushed = {0};
            struct err err = {.message = ""};
            char want[64];
            if (len > 0 && len == message_end(&body, begin)) {
                begin = len;
                families++;
            }
            check_number(files[i], ingest(&part, &pushed, &err),
                         len == begin ? 0 : -1);
            check_number(files[i], (long long)pushed_count(&pushed),
                         (long long)families);
            (void)snprintf(
                want, sizeof(want),
                len == begin ? "" : "the message at byte %zu: it%s", begin,
                len == begin + 1 && body.data[begin] < 0 ? "s length is cut off"
                                                         : " has ");
            check_bytes(files[i], err.message,
                        strnlen(err.message, strlen(want)), want, strlen(want));
            pushed_free(&pushed);
        }
        assert_true(families > 0 || begin == 0);
        strbuf_free(&body);
    }
}

/* Any byte may have any value: an error or not, but no crash, and no error
 * without a code. */
static void changed_bytes(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        struct strbuf body = corpus_read(files[i]);
        for (size_t at = 0; at < body.len; at++)
            for (int bit = 0; bit < 8; bit++) {
                struct pushed pushed = {0};
                struct err err = {.code = ERR_NONE};
                body.data[at] = (char)(body.data[at] ^ (1 << bit));
                int result = ingest(&body, &pushed, &err);
                check_number(files[i], result, err.code == ERR_NONE ? 0 : -1);
                body.data[at] = (char)(body.data[at] ^ (1 << bit));
                pushed_free(&pushed);
            }
        strbuf_free(&body);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts),       cmocka_unit_test(refuses),
        cmocka_unit_test(limits),        cmocka_unit_test(frames),
        cmocka_unit_test(amplification), cmocka_unit_test(large),
        cmocka_unit_test(no_memory),     cmocka_unit_test(keeps_nothing),
        cmocka_unit_test(accepts_files), cmocka_unit_test(refuses_file),
        cmocka_unit_test(cuts),          cmocka_unit_test(changed_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

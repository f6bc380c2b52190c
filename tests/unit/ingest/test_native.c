/* Native histograms in protobuf messages: the observations of each bucket, and
 * refused buckets. */
#include "protobuf_notation.h"

static const struct {
    const char *name;
    const char *input;
    const char *want;
} accepted[] = {
    {
        "native",
        "{1'h' 3=4 4{7{1=8 2~7 5=0 6~0.5 7=1 9{1=0 2=1} 10=2 12{1=2 2=2} "
        "12{1=4 2=1} 13=2 13=4 13=1}}}",
        "histogram h \"\" \n  {} count 8 sum 7 observed 0.5*1 -0.5*1 2*1 4*3 "
        "32*2\n",
    },
    {"native, of doubles",
     "{1'h' 3=4 4{7{4~6 2~7 8~1 12{1=1 2=2} 14~2 14~0 12{1=2 2=1} 14~3}}}",
     "histogram h \"\" \n  {} count 6 sum 7 observed 0*1 0.5*2 4*3\n"},
    {"native, coarse", "{1'h' 3=4 4{7{1=2 2~7 5=7 12{1=2 2=2} 13=2 13=0}}}",
     "histogram h \"\" \n  {} count 2 sum 7 observed 65536*1 "
     "4294967296*1\n"},
    {"native, with packed counts",
     "{1'h' 3=4 4{7{1=3 2~7 12{1=0 2=2} 13'%02%02'}}}",
     "histogram h \"\" \n  {} count 3 sum 7 observed 1*1 2*2\n"},
    {"native, with nothing observed", "{1'h' 3=4 4{7{5=105 12{}}}}",
     "histogram h \"\" \n  {} count 0 sum 0\n"},
    {"native and classic without a bound",
     "{1'h' 3=4 4{1{1'a' 2'1'} 7{1=1 7=1}} 4{7{1=2}} 4{1{1'a' 2'2'} 7{1=1 "
     "7=1}} 4{1{1'a' 2'3'} 7{1=3}}}",
     "histogram h \"\" \n  {\"a\":\"1\"} count 1 sum 0 observed 0*1\n"
     "  {} count 2 sum 0 +Inf:2\n"
     "  {\"a\":\"2\"} count 1 sum 0 observed 0*1\n"
     "  {\"a\":\"3\"} count 3 sum 0 +Inf:3\n"},
    {"exemplars of a native histogram",
     "{1'h' 3=4 4{7{1=1 7=1 16{1{1't' 2'a'} 2~1} 16{1{1't' 2'b'} 2~2} "
     "16{2~3}}}}",
     "histogram h \"\" \n  {} count 1 sum 0 observed 0*1 # "
     "{\"t\":\"a\"} 1 0 # {\"t\":\"b\"} 2 0 # {} 3 0\n"},
};

static void accepts(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(accepted); i++)
        check_accepted(accepted[i].name, accepted[i].input, accepted[i].want);
}

static const struct {
    const char *name;
    const char *input;
    enum err_code code;
    const char *want;
} refused[] = {
    {"a schema too small",
     "{1'm' 3=4 4{1{1'a' 2'x'} 7{1=1 2~1 5=9 12{1=0 2=1} 13=2}}}", ERR_VALUE,
     "m{a=\"x\"}: the schema of a native histogram is -5, must be -4 to 8"},
    {"a schema too large", "{1'm' 3=4 4{7{1=1 2~1 5=18 9{1=0 2=1} 10=2}}}",
     ERR_VALUE, "m: the schema of a native histogram is 9, must be -4 to 8"},
    {"custom bounds", "{1'm' 3=4 4{7{1=1 2~1 5=105 12{1=0 2=1} 13=2}}}",
     ERR_VALUE,
     "m: the schema of a native histogram is -53, must be -4 to 8; custom "
     "bounds need classic buckets"},
    {"zero threshold", "{1'm' 3=4 4{7{1=1 2~1 6~nan 7=1}}}", ERR_VALUE,
     "m: the zero threshold of a native histogram is nan, must be a finite "
     "number of at least 0"},
    {"zero threshold below 0", "{1'm' 3=4 4{7{6~-1}}}", ERR_VALUE,
     "m: the zero threshold of a native histogram is -1, must be a finite "
     "number of at least 0"},
    {"observations in no bucket, as NaN is",
     "{1'm' 3=4 4{7{1=3 2~1 7=1 12{1=0 2=1} 13=2}}}", ERR_VALUE,
     "m: the buckets of a native histogram have 2 observations, must have as "
     "many as its count, 3"},
    {"too many in the buckets", "{1'm' 3=4 4{7{1=2 2~1 7=1 12{1=0 2=1} 13=4}}}",
     ERR_VALUE,
     "m: the buckets of a native histogram have at least 3 observations, must "
     "have as many as its count, 2"},
    {"a zero count of 2^64 - 1", "{1'm' 3=4 4{7{1=2 7=18446744073709551615}}}",
     ERR_VALUE,
     "m: the count of a bucket is 1.8446744073709552e+19, must be a whole "
     "number from 0 to below 2^53"},
    {"a zero count that is not whole", "{1'm' 3=4 4{7{1=2 8~0.5}}}", ERR_VALUE,
     "m: the count of a bucket is 0.5, must be a whole number from 0 to below "
     "2^53"},
    {"a negative count", "{1'm' 3=4 4{7{1=2 12{1=0 2=2} 13=2 13=3}}}",
     ERR_VALUE,
     "m: the count of a bucket is -1, must be a whole number from 0 to below "
     "2^53"},
    {"the largest delta",
     "{1'm' 3=4 4{7{1=2 12{1=0 2=2} 13=18446744073709551614 "
     "13=18446744073709551614}}}",
     ERR_VALUE,
     "m: the count of a bucket is 9.223372036854776e+18, must be a whole "
     "number from 0 to below 2^53"},
    {"a double count that is not whole",
     "{1'm' 3=4 4{7{4~2 12{1=0 2=1} 14~1.5}}}", ERR_VALUE,
     "m: the count of a bucket is 1.5, must be a whole number from 0 to below "
     "2^53"},
    {"spans beyond the counts", "{1'm' 3=4 4{7{1=1 12{1=0 2=2} 13=2}}}",
     ERR_VALUE,
     "m: the positive spans of a native histogram have more buckets than there "
     "are counts"},
    {"a span of all buckets", "{1'm' 3=4 4{7{1=1 9{1=0 2=4294967295}}}}",
     ERR_VALUE,
     "m: the negative spans of a native histogram have more buckets than there "
     "are counts"},
    {"counts beyond the spans", "{1'm' 3=4 4{7{1=2 9{1=0 2=1} 10=2 10=0}}}",
     ERR_VALUE,
     "m: the negative spans of a native histogram have fewer buckets than "
     "there are counts"},
    {"spans that overlap",
     "{1'm' 3=4 4{7{1=2 12{1=0 2=1} 12{1=1 2=1} 13=2 13=0}}}", ERR_VALUE,
     "m: the positive spans of a native histogram overlap, must have no "
     "negative offset after the first span"},
    {"spans beyond 2^31",
     "{1'm' 3=4 4{7{1=2 12{1=4294967294 2=1} 12{1=4294967294 2=1} 13=2 "
     "13=0}}}",
     ERR_VALUE, "m: the positive spans of a native histogram are out of range"},
    {"the lowest index", "{1'm' 3=4 4{7{1=1 12{1=4294967295 2=1} 13=2}}}",
     ERR_VALUE, "m: the positive spans of a native histogram are out of range"},
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
    return cmocka_run_group_tests_name("native", tests, NULL, NULL);
}

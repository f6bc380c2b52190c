#include "ingest_protobuf.h"

#include <math.h>

#include "protobuf_notation.h"

#include "corpus.h"
#include "guard.h"
#include "utf8.h"

/* Allocations of more than 2 MiB fail. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "allocator_may_return_null=1:max_allocation_size_mb=2";
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
    {"names with every character",
     "{1':aZ_09' 4{1{1'_aZ_09' 2'%01'} 3{1~1}}}",
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
     "counter m \"\" \n  {\"a\":\"1\"} 1\ncounter n \"\" \n  {\"a\":\"1\"} 1\n"},
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

#define A100 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee" \
             "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"

static const struct {
    const char *name;
    const char *input;
    enum err_code code;
    const char *want;
} refused[] = {
    /* Families */
    {"no name", "{3=1}", ERR_VALUE, "the message at byte 0: \"\" is not a metric name, must be letters, digits, _ and : and not begin with a digit or __"},
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

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(accepts),
                                       cmocka_unit_test(refuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

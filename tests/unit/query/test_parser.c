/* Parsing of queries: the tree, or the error with its position. */
#include "query/parser.h"

#include <string.h>

#include "base/strbuf.h"
#include "check.h"
#include "guard.h"
#include "query/parser_base.h"
#include "query/time.h"

static const char *const aggregations[] = {"sum", "avg", "min", "max", "count"};

static void show_matcher(const struct matcher *matcher, struct strbuf *out) {
    strbuf_printf(out, " %s%s%s%s", matcher->label,
                  matcher->negated ? "!" : "=", matcher->pattern ? "~" : "",
                  matcher->value);
}

static void show_selector(const struct selector *selector, struct strbuf *out) {
    strbuf_printf(out, "%s", selector->metric ? selector->metric : "*");
    for (size_t i = 0; i < selector->matcher_count; i++)
        show_matcher(&selector->matchers[i], out);
    if (selector->range_ms > 0)
        strbuf_printf(out, " range %lld", (long long)selector->range_ms);
    if (selector->offset_ms > 0)
        strbuf_printf(out, " offset %lld", (long long)selector->offset_ms);
}

static void show_grouping(const struct grouping *grouping, struct strbuf *out) {
    strbuf_add_string(out, grouping->without ? " without" : " by");
    for (size_t i = 0; i < grouping->count; i++)
        strbuf_printf(out, " %s", grouping->labels[i]);
}

/* Writes an expression with each operation in brackets. */
static void show(const struct expression *query, struct strbuf *out) {
    strbuf_add_char(out, '(');
    switch (query->kind) {
    case EXPRESSION_NUMBER:
        strbuf_printf(out, "%g", query->number);
        break;
    case EXPRESSION_SELECTOR:
        show_selector(&query->selector, out);
        break;
    case EXPRESSION_GROWTH:
        strbuf_add_string(out, query->per_second ? "rate " : "increase ");
        show_selector(&query->selector, out);
        break;
    case EXPRESSION_AGGREGATE:
        strbuf_add_string(out, aggregations[query->aggregation]);
        show_grouping(&query->grouping, out);
        break;
    case EXPRESSION_QUANTILE:
        strbuf_add_string(out, "quantile");
        break;
    case EXPRESSION_BINARY:
        strbuf_add_char(out, query->operator);
        break;
    case EXPRESSION_NEGATE:
        strbuf_add_string(out, "negate");
        break;
    }
    if (query->left)
        show(query->left, out);
    if (query->right)
        show(query->right, out);
    strbuf_add_char(out, ')');
}

static void describe(const char *text, size_t len, struct strbuf *out) {
    struct arena arena = {0};
    struct err err = {.code = ERR_NONE};
    const struct expression *query =
        parser_query(guard_place(text, len), len, &arena, &err);
    strbuf_reset(out);
    if (query)
        show(query, out);
    else if (err.line > 0)
        strbuf_printf(out, "%u:%u: %s", err.line, err.column, err.message);
    else
        strbuf_add_string(out, err.message);
    arena_free(&arena);
}

#define OPERATORS " is not supported; the operators are + - * and /"
#define PATTERN                                                                \
    " is not supported in a regular expression; supported are alternatives "   \
    "with |, `.`, `.*` and `.+`"
#define FUNCTIONS                                                              \
    " is not supported; the functions are rate, increase, "                    \
    "histogram_quantile, sum, avg, min, max and count"

static const struct {
    const char *text;
    const char *want;
} queries[] = {
    {"1", "(1)"},
    {" 1 # a comment\n+ 2", "(+(1)(2))"},
    {"1+1", "(+(1)(1))"},
    {"1 + 2 * 3 - 4", "(-(+(1)(*(2)(3)))(4))"},
    {"(1 + 2) * 3 / 4", "(/(*(+(1)(2))(3))(4))"},
    {"-1 * -x", "(*(negate(1))(negate(x)))"},
    {"+x", "(x)"},
    {".5e-3 + Inf", "(+(0.0005)(inf))"},
    {"x", "(x)"},
    {"a:b_c1", "(a:b_c1)"},
    {"nan{}", "(nan)"},
    {"sum", "(sum)"},
    {"x{}", "(x)"},
    {"x{a=\"b\",}", "(x a=b)"},
    {"x{a='b', c!=`d\\n`,e=~\"f|g.*\",h!~\"i\"}",
     "(x a=b c!d\\n e=~f|g.* h!~i)"},
    {"x{a=\"\\x41\\101\\u00e9\\t\\\"\\U0001F600\"}",
     "(x a=AA\xc3\xa9\t\"\xf0\x9f\x98\x80)"},
    {"{__name__=\"x\"}", "(x __name__=x)"},
    {"x offset 1d", "(x offset 86400000)"},
    {"rate(x[5m])", "(rate x range 300000)"},
    {"RATE(x{a=\"b\"}[1h30m] offset 1w)",
     "(rate x a=b range 5400000 offset 604800000)"},
    {"increase(x[1y2d3h4m5s6ms])", "(increase x range 31719845006)"},
    {"sum(x)", "(sum by(x))"},
    {"sum by (a, b,) (rate(x[1m]))", "(sum by a b(rate x range 60000))"},
    {"Sum(x) By (a)", "(sum by a(x))"},
    {"count without () (x)", "(count without(x))"},
    {"avg(x) / max(y) * min(z)", "(*(/(avg by(x))(max by(y)))(min by(z)))"},
    {"histogram_quantile(0.9, sum by (le) (increase(x_bucket[1d])))",
     "(quantile(0.9)(sum by le(increase x_bucket range 86400000)))"},

    {"", "1:1: the query ends, must continue with a metric, a number or a "
         "function"},
    {"1 +", "1:4: the query ends, must continue with a metric, a number or a "
            "function"},
    {"1\n+ ]", "2:3: unexpected `]`, must be a metric, a number or a function"},
    {"(1", "1:3: the query ends, must continue with )"},
    {"1 2", "1:3: unexpected `2`, must be the end of the query"},
    {"x y", "1:3: unexpected `y`, must be the end of the query"},
    {"1e", "1:1: not a number"},
    {"5m", "1:1: not a number"},
    {"0x1F", "1:1: not a number"},
    {"\"x\"", "1:1: a string is not permitted here"},
    {"x{a=\"b}", "1:5: the string has no closing \""},
    {"x{a=\"\\q\"}", "1:6: invalid escape in a string"},
    {"x{a=\"\\ud800\"}", "1:6: invalid escape in a string"},
    {"x{a=\"\\xff\"}", "1:5: the string is not UTF-8"},
    {"x{a}", "1:4: unexpected `}`, must be one of = != =~ !~"},
    {"x{a==\"b\"}", "1:4: unexpected `==`, must be one of = != =~ !~"},
    {"x{a=b}", "1:5: unexpected `b`, must be a string"},
    {"x{a=\"b\" c=\"d\"}", "1:9: unexpected `c`, must be ,"},
    {"x{1=\"b\"}", "1:3: unexpected `1`, must be a label name"},
    {"x{a:b=\"c\"}", "1:3: unexpected `a:b`, must be a label name"},
    {"{}", "1:1: a selector requires a metric or a matcher"},
    {"{a=\"b\"}", "1:1: a query requires the name of one metric"},
    {"{__name__=~\"x.*\"}", "1:1: a query requires the name of one metric"},
    {"rate({a=\"b\"}[5m])", "1:1: a query requires the name of one metric"},
    {"x{a=~\"b[c]\"}", "1:8: `[`" PATTERN},
    {"x{a=~\"(b|c).d*\"}", "1:7: `(`" PATTERN},
    {"x{a=~\"(?i)b\"}", "1:7: `(`" PATTERN},
    {"x{a=~\"b\\\\d\"}", "1:8: `\\`" PATTERN},
    {"x{a=~\".?\"}", "1:8: `?`" PATTERN},
    {"x[5m]", "1:1: a range is permitted only within rate or increase"},
    {"x[5]", "1:3: unexpected `5`, must be a duration, such as 5m or 1h30m"},
    {"x[5q]", "1:3: unexpected `5q`, must be a duration, such as 5m or 1h30m"},
    {"x[1m1h]",
     "1:3: unexpected `1m1h`, must be a duration, such as 5m or 1h30m"},
    {"x[101y]",
     "1:3: unexpected `101y`, must be a duration, such as 5m or 1h30m"},
    {"rate(x[0s])", "1:7: the range must be above 0"},
    {"rate(x[-5m])",
     "1:8: unexpected `-`, must be a duration, such as 5m or 1h30m"},
    {"rate(x[5m:1m])", "1:10: subqueries are not supported"},
    {"sum(x)[5m:1m]",
     "1:7: a range is permitted only after a metric within rate or increase; "
     "subqueries are not supported"},
    {"x @ 1", "1:3: the modifier @ is not supported"},
    {"x offset -5m",
     "1:10: an offset must not be negative: the future is not known"},
    {"sum(x) offset 5m", "1:8: offset is permitted only after a metric"},
    {"rate(x)", "1:1: rate and increase require a range, such as NAME[5m]"},
    {"rate(1)",
     "1:6: rate and increase require a metric with a range, such as NAME[5m]"},
    {"rate(x[5m]", "1:11: the query ends, must continue with )"},
    {"topk(3, x)", "1:1: topk" FUNCTIONS},
    {"irate(x[5m])", "1:1: irate" FUNCTIONS},
    {"1 + time()", "1:5: time" FUNCTIONS},
    {"sum(1)", "1:5: an aggregation requires a vector, not a number"},
    {"sum by a (x)", "1:8: unexpected `a`, must be ("},
    {"sum by (a) (x) by (b)",
     "1:16: unexpected `by`, must be the end of the query"},
    {"histogram_quantile(x, y)",
     "1:20: the first argument of histogram_quantile must be a number"},
    {"histogram_quantile(1, 2)",
     "1:23: the second argument of histogram_quantile must be a vector, not a "
     "number"},
    {"histogram_quantile(1)", "1:21: unexpected `)`, must be ,"},
    {"x == 1", "1:3: ==" OPERATORS},
    {"x > 1", "1:3: >" OPERATORS},
    {"x and y", "1:3: and" OPERATORS},
    {"x ^ 2", "1:3: ^" OPERATORS},
    {"x % 2", "1:3: %" OPERATORS},
    {"x / on (a) y",
     "1:5: on is not supported: two vectors are matched by all their labels"},
    {"x ~ y", "1:3: unexpected character at `~ y`"},
    {"x \xff", "1:3: unexpected character at `?`"},
};

static void trees(void **state) {
    struct strbuf got = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(queries); i++) {
        describe(queries[i].text, strlen(queries[i].text), &got);
        check_text(queries[i].text, got.data, queries[i].want);
    }
    strbuf_free(&got);
}

static void repeat(struct strbuf *out, const char *text, int count) {
    strbuf_reset(out);
    for (int i = 0; i < count; i++)
        strbuf_add_string(out, text);
}

static void limits(void **state) {
    struct strbuf text = {0};
    struct strbuf got = {0};
    (void)state;
    repeat(&text, "(", 31);
    strbuf_add_string(&text, "1");
    for (int i = 0; i < 31; i++)
        strbuf_add_char(&text, ')');
    describe(text.data, text.len, &got);
    check_text("31 levels", got.data, "(1)");
    repeat(&text, "(", 33);
    describe(text.data, text.len, &got);
    check_text("33 levels", got.data,
               "1:33: the query is nested deeper than 32 levels");
    repeat(&text, "-", 8000);
    describe(text.data, text.len, &got);
    check_text("signs", got.data,
               "1:33: the query is nested deeper than 32 levels");
    repeat(&text, "1+", 64);
    strbuf_add_char(&text, '1');
    describe(text.data, text.len, &got);
    assert_true(strncmp(got.data, "(+(+(", 5) == 0);
    repeat(&text, "1+", 65);
    strbuf_add_char(&text, '1');
    describe(text.data, text.len, &got);
    check_text("65 operators", got.data,
               "1:130: the query has too many operators");
    repeat(&text, " ", QUERY_TEXT_MAX - 1);
    strbuf_add_char(&text, '1');
    describe(text.data, text.len, &got);
    check_text("the longest", got.data, "(1)");
    strbuf_add_char(&text, ' ');
    describe(text.data, text.len, &got);
    check_text("too long", got.data,
               "the query has 8193 bytes, at most 8192 are permitted");
    strbuf_free(&text);
    strbuf_free(&got);
}

static void selectors(void **state) {
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"x", "x"},
        {"{a=\"b\"}", "* a=b"},
        {"{__name__=~\".*x.*\",a!=\"\"}", "* __name__=~.*x.* a!"},
        {"x[5m]", "1:1: a selector must not have a range or an offset here"},
        {"sum(x)", "1:4: unexpected `(`, must be the end of the query"},
    };
    struct strbuf got = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena = {0};
        struct err err = {.code = ERR_NONE};
        const struct selector *selector =
            parser_selector(cases[i].text, strlen(cases[i].text), &arena, &err);
        strbuf_reset(&got);
        if (selector)
            show_selector(selector, &got);
        else
            strbuf_printf(&got, "%u:%u: %s", err.line, err.column, err.message);
        check_text(cases[i].text, got.data, cases[i].want);
        arena_free(&arena);
    }
    strbuf_free(&got);
}

static void patterns(void **state) {
    static const struct {
        const char *pattern, *text;
        bool want;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"a|b", "a", true},
        {"a|b", "b", true},
        {"a|b", "ab", false},
        {"a|", "", true},
        {"(a|b)", "b", true},
        {"(?:a|b)", "b", true},
        {".*", "", true},
        {".+", "", false},
        {".+", "x", true},
        {".", "\xc3\xa9", true},
        {".", "\n", false},
        {".*", "a\nb", false},
        {".", "", false},
        {"..", "x", false},
        {"a.*c", "abbc", true},
        {"a.*c", "ac", true},
        {"a.+c", "ac", false},
        {"a.+c", "abc", true},
        {"a.*", "b", false},
        {".*b.*d", "abcd", true},
        {".*b.*d", "abc", false},
        {".*ab", "aab", true},
        {"a\\.b", "a.b", true},
        {"a\\.b", "axb", false},
        {"a.b", "axb", true},
        {"a\\|b", "a|b", true},
        {"/x\\?.*", "/x?y", true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena = {0};
        struct err err = {.code = ERR_NONE};
        struct matcher matcher = {.value = cases[i].pattern,
                                  .value_len = strlen(cases[i].pattern)};
        assert_int_equal(matcher_set_pattern(&matcher, &arena, &err), 0);
        if (matcher_permits(&matcher, cases[i].text, strlen(cases[i].text)) !=
            cases[i].want)
            fail_msg("%s on %s: must be %d", cases[i].pattern, cases[i].text,
                     cases[i].want);
        arena_free(&arena);
    }
}

static void times(void **state) {
    static const struct {
        const char *text;
        int64_t want; /* -1: none */
    } cases[] = {
        {"0", 0},
        {"1700000000", 1700000000000},
        {"1700000000.1234", 1700000000123},
        {"1.7e9", 1700000000000},
        {"2023-11-14T22:13:20Z", 1700000000000},
        {"2023-11-14t22:13:20.5z", 1700000000500},
        {"2023-11-14T23:13:20+01:00", 1700000000000},
        {"2023-11-14T22:13:20.123456789-00:30", 1700001800123},
        {"2024-02-29T00:00:00Z", 1709164800000},
        {"2023-02-29T00:00:00Z", -1},
        {"2023-11-14T24:00:00Z", -1},
        {"2023-11-14T22:13:20", -1},
        {"2023-11-14", -1},
        {"2023-11-14T22:13:20.Z", -1},
        {"2023-11-14T22:13:20+1:00", -1},
        {"1969-12-31T23:59:59Z", -1},
        {"-1", -1},
        {"NaN", -1},
        {"1e300", -1},
        {"now", -1},
        {"", -1},
    };
    static const struct {
        const char *text;
        int64_t want;
    } steps[] = {{"15", 15000},    {"0.5", 500},      {"5m", 300000},
                 {"1d", 86400000}, {"1h5m", 3900000}, {"0", -1},
                 {"0s", -1},       {"-5", -1},        {"5 m", -1},
                 {"", -1},         {"1e99", -1},      {"m", -1}};
    int64_t ms;
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        ms = time_point(cases[i].text, strlen(cases[i].text), &ms) == 0 ? ms
                                                                        : -1;
        if (ms != cases[i].want)
            fail_msg("%s: %lld", cases[i].text, (long long)ms);
    }
    for (size_t i = 0; i < COUNT(steps); i++) {
        ms =
            time_step(steps[i].text, strlen(steps[i].text), &ms) == 0 ? ms : -1;
        if (ms != steps[i].want)
            fail_msg("%s: %lld", steps[i].text, (long long)ms);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees),     cmocka_unit_test(limits),
        cmocka_unit_test(selectors), cmocka_unit_test(patterns),
        cmocka_unit_test(times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

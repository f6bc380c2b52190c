#include "json.h"

#include <math.h>

#include "check.h"
#include "guard.h"
#include "number.h"
#include "strbuf.h"

static void describe(const struct json_value *value, struct strbuf *out);

static int describe_member(void *context, const char *key,
                           const struct json_value *value) {
    struct strbuf *out = context;
    if (out->data[out->len - 1] != '{')
        strbuf_add_char(out, ' ');
    strbuf_printf(out, "%s:", key);
    describe(value, out);
    return 0;
}

/* A value by all that the header offers: kind and content. */
static void describe(const struct json_value *value, struct strbuf *out) {
    char number[NUMBER_SIZE];
    size_t len;
    const char *text;
    switch (json_kind(value)) {
    case JSON_NULL:
        strbuf_add_string(out, "null");
        break;
    case JSON_BOOLEAN:
        strbuf_add_string(out, json_boolean(value) ? "yes" : "no");
        break;
    case JSON_INTEGER:
        strbuf_printf(out, "%lld=", json_integer(value));
        number_format(json_number(value), number);
        strbuf_add_string(out, number);
        break;
    case JSON_NUMBER:
        number_format(json_number(value), number);
        strbuf_add_string(out, number);
        break;
    case JSON_STRING:
        text = json_string(value, &len);
        strbuf_printf(out, "%zu'", len);
        for (size_t i = 0; i < len; i++)
            strbuf_printf(out, text[i] ? "%c" : "<NUL>", text[i]);
        strbuf_add_char(out, '\'');
        break;
    case JSON_ARRAY:
        strbuf_add_char(out, '[');
        for (size_t i = 0; i < json_length(value); i++) {
            if (i > 0)
                strbuf_add_char(out, ' ');
            describe(json_at(value, i), out);
        }
        strbuf_add_char(out, ']');
        break;
    case JSON_OBJECT:
        strbuf_printf(out, "%zu{", json_member_count(value));
        json_members(value, describe_member, out);
        strbuf_add_char(out, '}');
        break;
    }
}

static const struct {
    const char *text, *want;
} good[] = {
    {"null", "null"},
    {"true", "yes"},
    {" false\r\n\t", "no"},
    {"0", "0=0"},
    {"-0", "0=0"},
    {"-12", "-12=-12"},
    {"10", "10=10"},
    {"1.05", "1.05"},
    {"-0.5", "-0.5"},
    {"1e5", "100000"},
    {"1E+05", "100000"},
    {"1e-02", "0.01"},
    {"1.0", "1"},
    {"1e400", "+Inf"},
    {"-1e400", "-Inf"},
    {"1e-400", "0"},
    {"9007199254740993", "9007199254740993=9007199254740992"},
    {"9223372036854775807", "9223372036854775807=9.223372036854776e+18"},
    {"-9223372036854775807", "-9223372036854775807=-9.223372036854776e+18"},
    {"9223372036854775808", "9223372036854775807=9.223372036854776e+18"},
    /* What 64 bits cannot hold must not pass for another number. */
    {"99999999999999999999999", "9223372036854775807=+Inf"},
    {"-9223372036854775809", "-9223372036854775808=-Inf"},
    {"\"\"", "0''"},
    {"\"a\xC3\xA9\x7F\"", "4'a\xC3\xA9\x7F'"},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "8'\"\\/\b\f\n\r\t'"},
    {"\"\\u0041\\u00e9\\u20AC\\ud83d\\udca9\"",
     "10'A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x92\xA9'"},
    {"\"a\\u0000b\"", "3'a<NUL>b'"},
    /* A surrogate alone becomes U+FFFD, so that a string is always UTF-8. */
    {"\"\\ud83d\"", "3'\xEF\xBF\xBD'"},
    {"\"\\udca9x\"", "4'\xEF\xBF\xBDx'"},
    {"\"\\ud83d\\u0041\"", "4'\xEF\xBF\xBD"
                           "A'"},
    {"\"00 .5 -.5 1. //\"", "15'00 .5 -.5 1. //'"},
    {"[]", "[]"},
    {"[ 1 , [ ] ,{ } ]", "[1=1 [] 0{}]"},
    {"{}", "0{}"},
    {"{\"b\":1,\"a\":[true,null],\"\":\"x\"}", "3{b:1=1 a:[yes null] :1'x'}"},
    {"{\"a\":1,\"a\":2}", "1{a:2=2}"},
    {"[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]", "[[[[[[[[[[[[[[[1=1]]]]]]]]]]]]]]]"},
};

static void values(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct json_value *document;
        struct err err = {.message = "none"};
        struct strbuf out = {0};
        size_t len = strlen(good[i].text);
        if (json_read(guard_place(good[i].text, len), len, &document, &err))
            fail_msg("%s is refused: %s", good[i].text, err.message);
        describe(document, &out);
        check_text(good[i].text, out.data, good[i].want);
        strbuf_free(&out);
        json_free(document);
    }
}

static void errors(void **state) {
    static const struct {
        const char *text;
        size_t len;
        unsigned line, column;
        const char *want; /* behind "not valid JSON: " */
    } cases[] = {
        {BYTES(""), 1, 1, "the text ends too early"},
        {BYTES(" \n "), 2, 2, "the text ends too early"},
        {BYTES("[1,\n2"), 2, 2, "the text ends too early"},
        {BYTES("[\n  1,\n  x]"), 3, 3, "unexpected character"},
        {BYTES("{\n\"a\": 1,\n\"b\" 2}"), 3, 5,
         "object property name separator ':' expected"},
        {BYTES("{\"a\":1 \"b\":2}"), 1, 8,
         "object value separator ',' expected"},
        {BYTES("[1 2]"), 1, 4, "array value separator ',' expected"},
        {BYTES("[1}"), 1, 3, "array value separator ',' expected"},
        {BYTES("{\"a\":1]"), 1, 7, "object value separator ',' expected"},
        {BYTES("{1:2}"), 1, 2, "quoted object property name expected"},
        {BYTES("{a:2}"), 1, 2, "quoted object property name expected"},
        {BYTES("[\"a\",\n\"\xFF\"]"), 2, 2, "not UTF-8 text"},
        {BYTES("\"\xED\xA0\x80\""), 1, 2, "not UTF-8 text"},
        {BYTES("[\"\\x\"]"), 1, 4, "invalid string sequence"},
        {BYTES("\"\\u12g4\""), 1, 6, "invalid string sequence"},
        {BYTES("[tru]"), 1, 5, "boolean expected"},
        {BYTES("[--1]"), 1, 3, "number expected"},
        {BYTES("[1ee5]"), 1, 4, "number expected"},
        {BYTES("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"), 1, 17, "nesting too deep"},
        /* What json-c itself lets pass. */
        {BYTES("['a']"), 1, 2, "unexpected character"},
        {BYTES("{'a':1}"), 1, 2, "unexpected character"},
        {BYTES("[NaN]"), 1, 2, "unexpected character"},
        {BYTES("[Infinity]"), 1, 2, "unexpected character"},
        {BYTES("[-Infinity]"), 1, 3, "unexpected character"},
        {BYTES("[True]"), 1, 2, "unexpected character"},
        {BYTES("/*c*/1"), 1, 1, "unexpected character"},
        {BYTES("[1] // c"), 1, 5, "unexpected character"},
        {BYTES("\"a\tb\""), 1, 3, "unexpected character"},
        {BYTES("\"a\nb\""), 1, 3, "unexpected character"},
        {BYTES("\"a\0b\""), 1, 3, "unexpected character"},
        {BYTES("1\0"), 1, 2, "unexpected character"},
        {BYTES("1\f"), 1, 2, "unexpected character"},
        {BYTES("\xEF\xBB\xBF[]"), 1, 1, "unexpected character"},
        {BYTES("[1\xC2\xA0]"), 1, 3, "unexpected character"},
        {BYTES("[1.]"), 1, 3, "unexpected character"},
        {BYTES("1."), 1, 2, "unexpected character"},
        {BYTES("[1.e3]"), 1, 3, "unexpected character"},
        {BYTES("[.5]"), 1, 2, "unexpected character"},
        {BYTES("[-.5]"), 1, 3, "unexpected character"},
        {BYTES("00"), 1, 1, "unexpected character"},
        {BYTES("[-01]"), 1, 3, "unexpected character"},
        {BYTES("[1,007]"), 1, 4, "unexpected character"},
        {BYTES("[1,]"), 1, 4, "unexpected character"},
        {BYTES("{\"a\":1,}"), 1, 8, "unexpected character"},
        {BYTES("[+1]"), 1, 2, "unexpected character"},
        {BYTES("[0x10]"), 1, 3, "unexpected character"},
        {BYTES("[] []"), 1, 4, "unexpected character"},
        {BYTES("[]]"), 1, 3, "unexpected character"},
        {BYTES("1 2"), 1, 3, "unexpected character"},
        {BYTES("truefalse"), 1, 5, "unexpected character"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json_value *document = (struct json_value *)1;
        struct err err;
        struct strbuf want = {0};
        const char *text = guard_place(cases[i].text, cases[i].len);
        strbuf_printf(&want, "not valid JSON: %s", cases[i].want);
        check_number(cases[i].text,
                     json_read(text, cases[i].len, &document, &err), -1);
        assert_null(document);
        check_text(cases[i].text, err.message, want.data);
        check_number(cases[i].text, err.code, ERR_SYNTAX);
        check_number(cases[i].text, err.line, cases[i].line);
        check_number(cases[i].text, err.column, cases[i].column);
        strbuf_free(&want);
    }
}

static void cut_short(void **state) {
    static const char text[] =
        "{\"a\":[1,-2.5e+3,\"x\\u00e9\\n\\\"\",{}],\"b\":{\"c\":true,"
        "\"d\":false},\"\xC3\xA9\":null}";
    (void)state;
    for (size_t len = 0; len < sizeof(text) - 1; len++) {
        struct json_value *document;
        struct err err;
        if (json_read(guard_place(text, len), len, &document, &err) == 0)
            fail_msg("%.*s", (int)len, text);
        assert_int_equal(err.code, ERR_SYNTAX);
    }
}

static int count_all(void *context, const char *key,
                     const struct json_value *value) {
    (void)key;
    (void)value;
    ++*(int *)context;
    return 0;
}

static int stop_at_second(void *context, const char *key,
                          const struct json_value *value) {
    (void)value;
    ++*(int *)context;
    return strcmp(key, "b") == 0 ? 7 : 0;
}

static void look_ups(void **state) {
    static const char text[] = "{\"a\":1,\"b\":null,\"c\":3}";
    struct json_value *document;
    struct err err;
    int visits = 0;
    (void)state;
    assert_int_equal(json_read(text, strlen(text), &document, &err), 0);
    assert_int_equal(json_integer(json_get(document, "c")), 3);
    assert_null(json_get(document, "b"));
    assert_null(json_get(document, "d"));
    assert_int_equal(json_members(document, stop_at_second, &visits), 7);
    assert_int_equal(visits, 2);
    assert_int_equal(json_members(document, count_all, &visits), 0);
    assert_int_equal(visits, 5);
    json_free(document);
    json_free(NULL);
}

static void kind_names(void **state) {
    static const char *const want[] = {"null",     "true or false", "a number",
                                       "a number", "a string",      "an array",
                                       "an object"};
    (void)state;
    for (size_t i = 0; i < COUNT(want); i++)
        check_text(want[i], json_kind_name((enum json_kind)i), want[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),     cmocka_unit_test(errors),
        cmocka_unit_test(cut_short),  cmocka_unit_test(look_ups),
        cmocka_unit_test(kind_names),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}

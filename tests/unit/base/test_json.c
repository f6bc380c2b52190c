#include "base/json.h"

#include <math.h>

#include "base/number.h"
#include "base/strbuf.h"
#include "check.h"
#include "guard.h"

static void describe(const struct json_object *value, struct strbuf *out);

static int describe_member(void *context, const char *key,
                           const struct json_object *value) {
    struct strbuf *out = context;
    if (out->data[out->len - 1] != '{')
        strbuf_add_char(out, ' ');
    strbuf_printf(out, "%s:", key);
    describe(value, out);
    return 0;
}

/* Writes a value with every function of the header: kind and content. */
static void describe(const struct json_object *value, struct strbuf *out) {
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
        strbuf_add_char(out, '{');
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
    /* Beyond 64 bits: a number only with a fraction or an exponent. */
    {"18446744073709551616", "9223372036854775807=+Inf"},
    {"-9223372036854775809", "-9223372036854775808=-Inf"},
    {"99999999999999999999999", "9223372036854775807=+Inf"},
    {"99999999999999999999999.0", "1e+23"},
    {"\"\"", "0''"},
    {"\"a\xC3\xA9\x7F\"", "4'a\xC3\xA9\x7F'"},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "8'\"\\/\b\f\n\r\t'"},
    {"\"\\u0041\\u00e9\\u20AC\\ud83d\\udca9\"",
     "10'A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x92\xA9'"},
    {"\"a\\u0000b\"", "3'a<NUL>b'"},
    /* Half a surrogate pair is replaced: a string is always UTF-8. */
    {"\"\\ud83d\"", "3'\xEF\xBF\xBD'"},
    /* Their last 16 bits are those of halves. */
    {"\"\\ud836\\udc00\\uD837\\uDFff\"", "8'\xF0\x9D\xA0\x80\xF0\x9D\xBF\xBF'"},
    {"{\"\\ud836\\udc00\":\"\\ud836\\udc00\\udc00\","
     "\"\\ud836\\udc01\":\"\\\\ud836\\\\udc00\\\\\"}",
     "{\xF0\x9D\xA0\x80:7'\xF0\x9D\xA0\x80\xEF\xBF\xBD' "
     "\xF0\x9D\xA0\x81:13'\\ud836\\udc00\\'}"},
    {"\"\\udca9x\"", "4'\xEF\xBF\xBDx'"},
    {"\"\\ud83d\\ud83d\\udca9\"", "7'\xEF\xBF\xBD\xF0\x9F\x92\xA9'"},
    {"\"\\ud83d\\n\\ud83dx\\ud83d\\u0041\"",
     "12'\xEF\xBF\xBD\n\xEF\xBF\xBDx\xEF\xBF\xBD"
     "A'"},
    {"\"00 .5 -.5 1. //\"", "15'00 .5 -.5 1. //'"},
    {"[]", "[]"},
    {"[ 1 , [ ] ,{ } ]", "[1=1 [] {}]"},
    {"{}", "{}"},
    {"{\"b\":1,\"a\":[true,null],\"\":\"x\"}", "{b:1=1 a:[yes null] :1'x'}"},
    {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
     "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1=1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"},
};

static void values(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct json_object *document;
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

#define EARLY "the text ends too early"
#define TRAILING "more text after the document"
#define VALUE "expected a value"
#define KEY "expected a key in double quotes"
#define COLON "expected a colon"
#define MEMBER "expected a comma or }"
#define ELEMENT "expected a comma or ]"
#define COMMA "no value after this comma; remove the comma"
#define FIRST "no value before this comma; remove the comma"
#define SINGLE "strings and keys need double quotes, not single quotes"
#define CONTROL "control character in a string, must be escaped"
#define ESCAPE "expected one of \"\\/bfnrtu after the backslash"
#define HEX "expected four hexadecimal digits after \\u"
#define DIGIT "expected a digit"
#define ZERO "number with a leading zero"
#define REPEATED "repeated key"

static void errors(void **state) {
    static const struct {
        const char *text;
        size_t len;
        unsigned line, column;
        const char *want; /* after "not valid JSON: " */
    } cases[] = {
        {BYTES(""), 1, 1, EARLY},
        {BYTES(" \n "), 2, 2, EARLY},
        {BYTES("[1,\n2"), 2, 2, EARLY},
        {BYTES("[1,"), 1, 4, EARLY},
        {BYTES("{"), 1, 2, EARLY},
        {BYTES("{\"a\":"), 1, 6, EARLY},
        {BYTES("\"abc"), 1, 5, EARLY},
        {BYTES("[\"a\\"), 1, 5, EARLY},
        {BYTES("\"\\u12"), 1, 6, EARLY},
        {BYTES("[tr"), 1, 4, EARLY},
        {BYTES("-"), 1, 2, EARLY},
        {BYTES("1e"), 1, 3, EARLY},
        {BYTES("1."), 1, 3, EARLY},
        {BYTES("[\n  1,\n  x]"), 3, 3, VALUE},
        {BYTES("{\n\"a\": 1,\n\"b\" 2}"), 3, 5, COLON},
        {BYTES("{\"a\"}"), 1, 5, COLON},
        {BYTES("{\"a\":1 \"b\":2}"), 1, 8, MEMBER},
        {BYTES("{\"a\":1]"), 1, 7, MEMBER},
        {BYTES("[1 2]"), 1, 4, ELEMENT},
        {BYTES("[1}"), 1, 3, ELEMENT},
        {BYTES("[\"a\" : 1]"), 1, 6, ELEMENT},
        {BYTES("{1:2}"), 1, 2, KEY},
        {BYTES("{\"a\":1,}"), 1, 7, COMMA},
        {BYTES("{\"a\":1 ,\n}"), 1, 8, COMMA},
        {BYTES("{,}"), 1, 2, KEY},
        {BYTES("{a:2}"), 1, 2, KEY},
        {BYTES("[\"a\",\n\"\xFF\"]"), 2, 2, "not UTF-8 text"},
        {BYTES("\"\xED\xA0\x80\""), 1, 2, "not UTF-8 text"},
        {BYTES("\"\xC0\xAF\""), 1, 2, "not UTF-8 text"},
        {BYTES("[\"\\x\"]"), 1, 3, ESCAPE},
        {BYTES("[\"\\\0\"]"), 1, 3, ESCAPE},
        {BYTES("[1,\"a\\\"b\\q\"]"), 1, 9, ESCAPE},
        {BYTES("\"\\u12g4\""), 1, 2, HEX},
        {BYTES("[tru]"), 1, 2, VALUE},
        {BYTES("[--1]"), 1, 3, DIGIT},
        {BYTES("[1ee5]"), 1, 4, DIGIT},
        {BYTES("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
               "]]]]"),
         1, 33, "nesting too deep"},
        {BYTES("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[{}]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
               "]]]"),
         1, 33, "nesting too deep"},
        {BYTES("{\"a\\u0000b\":1}"), 1, 4, "NUL character in a key"},
        {BYTES("{\"a\":1,\n\"a\":2}"), 2, 1, REPEATED},
        {BYTES("[{\"b\":{}},{\"a\":{\"a\":1},\"\\u0061\":2}]"), 1, 24,
         REPEATED},
        /* Almost JSON. */
        {BYTES("['a']"), 1, 2, SINGLE},
        {BYTES("{'a':1}"), 1, 2, SINGLE},
        {BYTES("[NaN]"), 1, 2, VALUE},
        {BYTES("[Infinity]"), 1, 2, VALUE},
        {BYTES("[-Infinity]"), 1, 3, DIGIT},
        {BYTES("[True]"), 1, 2, VALUE},
        {BYTES("/*c*/1"), 1, 1, VALUE},
        {BYTES("[1] // c"), 1, 5, TRAILING},
        {BYTES("\"a\tb\""), 1, 3, CONTROL},
        {BYTES("\"a\nb\""), 1, 3, CONTROL},
        {BYTES("\"a\0b\""), 1, 3, CONTROL},
        {BYTES("{\"a\tb\":1}"), 1, 4, CONTROL},
        {BYTES("1\0"), 1, 2, TRAILING},
        {BYTES("\xEF\xBB\xBF[]"), 1, 1, VALUE},
        {BYTES("[1\xC2\xA0]"), 1, 3, ELEMENT},
        {BYTES("[1.]"), 1, 4, DIGIT},
        {BYTES("[1.e3]"), 1, 4, DIGIT},
        {BYTES("[.5]"), 1, 2, VALUE},
        {BYTES("[-.5]"), 1, 3, DIGIT},
        {BYTES("00"), 1, 1, ZERO},
        {BYTES("[-01]"), 1, 3, ZERO},
        {BYTES("[1,007]"), 1, 4, ZERO},
        {BYTES("[1,]"), 1, 3, COMMA},
        {BYTES("[,1]"), 1, 2, FIRST},
        {BYTES("[1,,2]"), 1, 4, FIRST},
        {BYTES("{\"a\":[1, 2,\n  ],\n}"), 1, 11, COMMA},
        {BYTES("{\"a\"::1}"), 1, 6, VALUE},
        {BYTES("]"), 1, 1, VALUE},
        {BYTES("[+1]"), 1, 2, VALUE},
        {BYTES("[0x10]"), 1, 3, ELEMENT},
        {BYTES("[] []"), 1, 4, TRAILING},
        {BYTES("[]]"), 1, 3, TRAILING},
        {BYTES("1 2"), 1, 3, TRAILING},
        {BYTES("truefalse"), 1, 5, TRAILING},
        {BYTES("\"a\"\"b\""), 1, 4, TRAILING},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json_object *document = (struct json_object *)1;
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
        struct json_object *document;
        struct err err;
        if (json_read(guard_place(text, len), len, &document, &err) == 0)
            fail_msg("%.*s", (int)len, text);
        assert_int_equal(err.code, ERR_SYNTAX);
    }
}

static int count_all(void *context, const char *key,
                     const struct json_object *value) {
    (void)key;
    (void)value;
    ++*(int *)context;
    return 0;
}

static int stop_at_second(void *context, const char *key,
                          const struct json_object *value) {
    (void)value;
    ++*(int *)context;
    return strcmp(key, "b") == 0 ? 7 : 0;
}

static void look_ups(void **state) {
    static const char text[] = "{\"a\":1,\"b\":null,\"c\":3}";
    struct json_object *document;
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

/* Each needs far more memory than its bytes. */
static void memory_of_many_objects_is_limited(void **state) {
    static const struct {
        const char *element;
        size_t count;
        const char *want; /* NULL: fine */
    } rows[] = {
        {"{},", 40000, NULL},
        {"{},", 70000, "not valid JSON: too many small objects"},
        {"{\"asInt\":1},", 300000, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct strbuf text = {0};
        struct json_object *document;
        struct err err = {.code = ERR_NONE};
        strbuf_add_char(&text, '[');
        for (size_t k = 0; k < rows[i].count; k++)
            strbuf_add_string(&text, rows[i].element);
        text.data[text.len - 1] = ']';
        int result = json_read(text.data, text.len, &document, &err);
        assert_int_equal(result, rows[i].want ? -1 : 0);
        if (rows[i].want)
            assert_string_equal(err.message, rows[i].want);
        else
            json_free(document);
        strbuf_free(&text);
    }
}

/* The last value of a repeated key is kept, at the position of the first. */
static void repeated_key_keeps_its_last_value(void **state) {
    static const char text[] = "{\"a\":{\"b\":\"x\"},\"c\":1,\"a\":2}";
    struct json_object *document;
    struct strbuf out = {0};
    struct err err;
    (void)state;
    assert_int_equal(json_read(text, strlen(text), &document, &err), -1);
    assert_string_equal(err.message, "not valid JSON: repeated key");
    assert_int_equal(json_read_repeats(text, strlen(text), &document, &err), 0);
    describe(document, &out);
    check_text(text, out.data, "{a:2=2 c:1=1}");
    strbuf_free(&out);
    json_free(document);
}

static int note(void *context, const char *path, size_t offset, bool repeated) {
    strbuf_printf(context, "%s@%zu%s\n", path, offset,
                  repeated ? " repeated" : "");
    return 0;
}

static void places(void **state) {
    static const struct {
        const char *name, *text, *want;
    } cases[] = {
        {"a number", "12", "@0\n"},
        {"after space", " \n\t\r null ", "@5\n"},
        {"empty object", "{ }", "@0\n"},
        {"keys that json-c considers equal",
         "{\"\\ud836\\udc00\":1,\"\\ud836\\udc01\":2}",
         "@0\n\xF0\x9D\xA0\x80@1\n\xF0\x9D\xA0\x81@18\n"},
        {"empty array", "[ ]", "@0\n"},
        {"members are located at their keys", "{ \"a\" : 1, \"b\":\n\"x\" }",
         "@0\na@2\nb@11\n"},
        {"elements are located at their start", "[1, \"x\" ,\n true,[],{}]",
         "@0\n[0]@1\n[1]@4\n[2]@11\n[3]@16\n[4]@19\n"},
        {"nested", "{\"a\":[{\"b\":1},{\"b\":{\"c\":[[2]]}}],\"d\":3}",
         "@0\na@1\na[0]@6\na[0].b@7\na[1]@14\na[1].b@15\na[1].b.c@20\n"
         "a[1].b.c[0]@25\na[1].b.c[0][0]@26\nd@33\n"},
        {"brackets and quotes in strings",
         "{\"a\":\"}],{\\\"\\\\\",\"b]\":\"[\",\"c\":[\",\"]}",
         "@0\na@1\nb]@16\nc@25\nc[0]@30\n"},
        {"an escaped backslash does not escape the quote",
         "[\"\\\\\",\"\\\\\\\"\",1]", "@0\n[0]@1\n[1]@6\n[2]@13\n"},
        {"a repeated key", "{\"a\":1,\"b\":2,\"a\":3}",
         "@0\na@1\nb@7\na@13 repeated\n"},
        {"three times", "{\"a\":1,\"a\":2,\"a\":3}",
         "@0\na@1\na@7 repeated\na@13 repeated\n"},
        {"the same key in another object",
         "{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}]}",
         "@0\na@1\na.a@6\nb@13\nb[0]@18\nb[0].a@19\nb[1]@26\nb[1].a@27\n"},
        {"a value equal to a key", "{\"x\":\"a\",\"a\":[\"a\",\"b\"],\"b\":1}",
         "@0\nx@1\na@9\na[0]@14\na[1]@18\nb@23\n"},
        {"repeated after a nested object",
         "{\"a\":{\"b\":[{}]},\"b\":1,\"a\":2}",
         "@0\na@1\na.b@6\na.b[0]@11\nb@16\na@22 repeated\n"},
        {"space before the colon", "{\"a\" :1,\"a\"\n:2}",
         "@0\na@1\na@8 repeated\n"},
        {"repeated in an inner object", "[{\"k\":1,\"k\":{\"k\":1}}]",
         "@0\n[0]@1\n[0].k@2\n[0].k@8 repeated\n[0].k.k@13\n"},
        {"repeated after others", "{\"x\":[1,{}],\"y\":{},\"a\":1,\"a\":2}",
         "@0\nx@1\nx[0]@6\nx[1]@8\ny@12\na@19\na@25 repeated\n"},
        {"a prefix of a key", "{\"ab\":1,\"a\":2,\"abc\":3}",
         "@0\nab@1\na@8\nabc@14\n"},
        {"the empty key", "{\"\":1,\"\":2}", "@0\n@1\n@6 repeated\n"},
        {"a string alone", "  \"x\"", "@2\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct strbuf out = {0};
        struct err err;
        size_t len = strlen(cases[i].text);
        const char *text = guard_place(cases[i].text, len);
        check_number(cases[i].name, json_walk(text, len, note, &out, &err), 0);
        check_text(cases[i].name, out.data, cases[i].want);
        strbuf_free(&out);
    }
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
        cmocka_unit_test(values),
        cmocka_unit_test(errors),
        cmocka_unit_test(cut_short),
        cmocka_unit_test(look_ups),
        cmocka_unit_test(repeated_key_keeps_its_last_value),
        cmocka_unit_test(memory_of_many_objects_is_limited),
        cmocka_unit_test(places),
        cmocka_unit_test(kind_names),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}

#include "json_scan.h"

#include <stdio.h>

#include "check.h"
#include "guard.h"
#include "strbuf.h"

static void note(void *context, const char *path, size_t offset,
                 bool repeated) {
    strbuf_printf(context, "%s@%zu%s\n", path, offset,
                  repeated ? " repeated" : "");
}

static void scan(void **state) {
    static const struct {
        const char *name, *text, *want;
    } cases[] = {
        {"a number", "12", "@0\n"},
        {"behind space", " \n\t\r null ", "@5\n"},
        {"empty object", "{ }", "@0\n"},
        {"empty array", "[ ]", "@0\n"},
        {"members stand at their keys", "{ \"a\" : 1, \"b\":\n\"x\" }",
         "@0\na@2\nb@11\n"},
        {"elements stand where they begin", "[1, \"x\" ,\n true,[],{}]",
         "@0\n[0]@1\n[1]@4\n[2]@11\n[3]@16\n[4]@19\n"},
        {"nested", "{\"a\":[{\"b\":1},{\"b\":{\"c\":[[2]]}}],\"d\":3}",
         "@0\na@1\na[0]@6\na[0].b@7\na[1]@14\na[1].b@15\na[1].b.c@20\n"
         "a[1].b.c[0]@25\na[1].b.c[0][0]@26\nd@33\n"},
        {"brackets and quotes in strings",
         "{\"a\":\"}],{\\\"\\\\\",\"b]\":\"[\",\"c\":[\",\"]}",
         "@0\na@1\nb]@16\nc@25\nc[0]@30\n"},
        {"an escaped backslash ends no string", "[\"\\\\\",\"\\\\\\\"\",1]",
         "@0\n[0]@1\n[1]@6\n[2]@13\n"},
        {"a repeated key", "{\"a\":1,\"b\":2,\"a\":3}",
         "@0\na@1\nb@7\na@13 repeated\n"},
        {"three times", "{\"a\":1,\"a\":2,\"a\":3}",
         "@0\na@1\na@7 repeated\na@13 repeated\n"},
        {"the same key elsewhere is none",
         "{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}]}",
         "@0\na@1\na.a@6\nb@13\nb[0]@18\nb[0].a@19\nb[1]@26\nb[1].a@27\n"},
        {"a value like a key is none",
         "{\"x\":\"a\",\"a\":[\"a\",\"b\"],\"b\":1}",
         "@0\nx@1\na@9\na[0]@14\na[1]@18\nb@23\n"},
        {"repeated behind a nested object",
         "{\"a\":{\"b\":[{}]},\"b\":1,\"a\":2}",
         "@0\na@1\na.b@6\na.b[0]@11\nb@16\na@22 repeated\n"},
        {"space before the colon", "{\"a\" :1,\"a\"\n:2}",
         "@0\na@1\na@8 repeated\n"},
        {"repeated in an inner object", "[{\"k\":1,\"k\":{\"k\":1}}]",
         "@0\n[0]@1\n[0].k@2\n[0].k@8 repeated\n[0].k.k@13\n"},
        {"repeated behind others", "{\"x\":[1,{}],\"y\":{},\"a\":1,\"a\":2}",
         "@0\nx@1\nx[0]@6\nx[1]@8\ny@12\na@19\na@25 repeated\n"},
        {"the beginning of a key is another", "{\"ab\":1,\"a\":2,\"abc\":3}",
         "@0\nab@1\na@8\nabc@14\n"},
        {"the empty key", "{\"\":1,\"\":2}", "@0\n@1\n@6 repeated\n"},
        {"a string alone", "  \"x\"", "@2\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct strbuf out = {0};
        size_t len = strlen(cases[i].text);
        json_scan(guard_place(cases[i].text, len), len, note, &out);
        check_text(cases[i].name, out.data, cases[i].want);
        strbuf_free(&out);
    }
}

static void keep_longest(void *context, const char *path, size_t offset,
                         bool repeated) {
    (void)offset;
    (void)repeated;
    if (strlen(path) > strlen(context))
        memcpy(context, path, strlen(path) + 1);
}

static void long_path_is_cut(void **state) {
    struct strbuf text = {0};
    char longest[600] = "";
    (void)state;
    strbuf_add_string(&text, "{\"");
    for (int i = 0; i < 1000; i++)
        strbuf_add_char(&text, 'k');
    strbuf_add_string(&text, "\":[{\"x\":1}]}");
    json_scan(text.data, text.len, keep_longest, longest);
    assert_in_range(strlen(longest), 500, 511);
    assert_int_equal(strspn(longest, "k"), strlen(longest));
    strbuf_free(&text);
}

static void no_more(void *context, const char *path, size_t offset,
                    bool repeated) {
    (void)path;
    (void)repeated;
    assert_true(offset <= *(size_t *)context);
}

/* Nobody scans what json_read has refused, but not even that may lead out of
 * the text. */
static void cut_short(void **state) {
    static const char text[] = " {\"a\\\\\" : [1,\"x\\\"\", {\"b\":true}] , "
                               "\"c\":{\"d\":[[],{}]},\"c\":null}";
    (void)state;
    for (size_t len = 0; len < sizeof(text); len++)
        json_scan(guard_place(text, len), len, no_more, &len);
}

static void blank(void **state) {
    static const struct {
        const char *name, *text, *want;
    } cases[] = {
        {"nothing", "", ""},
        {"none", "{\"a\": 1}", "{\"a\": 1}"},
        {"line", "1 // c\n2", "1     \n2"},
        {"line at the end", "1 // c", "1     "},
        {"only the slashes", "1//", "1  "},
        {"CRLF", "1//c\r\n2", "1    \n2"},
        {"block", "1/* c */2", "1       2"},
        {"block at the end", "1/* c */", "1       "},
        {"block over lines", "1/* c\n\n d */2", "1    \n\n     2"},
        {"empty block", "1/**/2", "1    2"},
        {"stars", "1/***/2", "1     2"},
        {"slash-star-slash is open", "1/*/2*/3", "1      3"},
        {"open block", "1/* 2\n3", "1    \n "},
        {"open block of a star", "1/*", "1  "},
        {"line in a block", "/* // */1", "        1"},
        {"block in a line", "// /*\n1 /* */", "     \n1      "},
        {"one behind another", "1/*a*//*b*/2//c\n//d\n3",
         "1          2   \n   \n3"},
        {"in a string", "\"//\" \"/* */\"", "\"//\" \"/* */\""},
        {"behind an escaped quote", "\"\\\"//\" // c", "\"\\\"//\"     "},
        {"behind an escaped backslash", "\"\\\\\"//\"", "\"\\\\\"   "},
        {"quote in a comment", "1 // \"\n2 // \"", "1     \n2     "},
        {"one slash", "1/2 /", "1/2 /"},
        {"UTF-8", "1/*\xC3\xA9*/2", "1      2"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t len = strlen(cases[i].text);
        char *text = guard_place(cases[i].text, len);
        json_blank_comments(text, len);
        check_bytes(cases[i].name, text, len, cases[i].want,
                    strlen(cases[i].want));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scan),
        cmocka_unit_test(long_path_is_cut),
        cmocka_unit_test(cut_short),
        cmocka_unit_test(blank),
    };
    return cmocka_run_group_tests_name("json_scan", tests, NULL, NULL);
}

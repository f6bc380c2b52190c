#include "base/json_comments.h"

#include "check.h"
#include "guard.h"

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
        {"open block with a star", "1/*", "1  "},
        {"line in a block", "/* // */1", "        1"},
        {"block in a line", "// /*\n1 /* */", "     \n1      "},
        {"one after another", "1/*a*//*b*/2//c\n//d\n3",
         "1          2   \n   \n3"},
        {"in a string", "\"//\" \"/* */\"", "\"//\" \"/* */\""},
        {"after an escaped quote", "\"\\\"//\" // c", "\"\\\"//\"     "},
        {"after an escaped backslash", "\"\\\\\"//\"", "\"\\\\\"   "},
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
        cmocka_unit_test(blank),
    };
    return cmocka_run_group_tests_name("json_comments", tests, NULL, NULL);
}

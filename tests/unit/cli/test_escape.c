#include "cli/command/escape.h"

#include <locale.h>

#include "check.h"

static const struct {
    const char *name;
    const char *text;
    size_t len;
    const char *utf8;
    const char *ascii;
    const char *json;
} cases[] = {
    {"nothing", BYTES(""), "", "", "\"\""},
    {"letters", BYTES("a \\\"b"), "a \\\"b", "a \\\"b", "\"a \\\\\\\"b\""},
    {"controls", BYTES("\x1b[1m\a\n\t\x7f"), "\\x1b[1m\\x07\\n\\x09\\x7f",
     "\\x1b[1m\\x07\\n\\x09\\x7f",
     "\"\\u001b[1m\\u0007\\u000a\\u0009\\u007f\""},
    {"NUL", BYTES("a\0b"), "a\\x00b", "a\\x00b", "\"a\\u0000b\""},
    {"C1", BYTES("\xc2\x9b"), "\\u009b", "\\u009b", "\"\\u009b\""},
    {"no break space", BYTES("\xc2\xa0"), "\xc2\xa0", "\\u00a0", "\"\\u00a0\""},
    {"an accent", BYTES("\xc3\xa9"), "\xc3\xa9", "\\u00e9", "\"\\u00e9\""},
    {"to the left", BYTES("\xe2\x80\xae"), "\\u202e", "\\u202e", "\"\\u202e\""},
    {"isolates", BYTES("\xe2\x81\xa6"), "\\u2066", "\\u2066", "\"\\u2066\""},
    {"a line separator", BYTES("\xe2\x80\xa8"), "\\u2028", "\\u2028",
     "\"\\u2028\""},
    {"above U+FFFF", BYTES("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80", "\\u1f600",
     "\"\\ud83d\\ude00\""},
    {"a raw C1 byte", BYTES("\x9bm"), "\\x9bm", "\\x9bm", "\"\\ufffdm\""},
    {"cut", BYTES("\xe2\x80"), "\\xe2\\x80", "\\xe2\\x80",
     "\"\\ufffd\\ufffd\""},
    {"overlong", BYTES("\xc0\x9b"), "\\xc0\\x9b", "\\xc0\\x9b",
     "\"\\ufffd\\ufffd\""},
    {"above all", BYTES("\xf8"), "\\xf8", "\\xf8", "\"\\ufffd\""},
};

static void check_one(const char *name, struct strbuf *out, const char *want) {
    check_text(name, out->data ? out->data : "", want);
    strbuf_reset(out);
}

static void as_text(void **state) {
    struct strbuf out = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        visible_add(&out, cases[i].text, cases[i].len, true);
        check_one(cases[i].name, &out, cases[i].utf8);
        visible_add(&out, cases[i].text, cases[i].len, false);
        check_one(cases[i].name, &out, cases[i].ascii);
        visible_add_json(&out, cases[i].text, cases[i].len);
        check_one(cases[i].name, &out, cases[i].json);
    }
    strbuf_free(&out);
}

static void width(void **state) {
    (void)state;
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    assert_true(visible_utf8());
    assert_int_equal(visible_width(BYTES("abc")), 3);
    assert_int_equal(visible_width(BYTES("\xc3\xa9")), 1);
    assert_int_equal(visible_width(BYTES("\xe4\xb8\xad")), 2);
    assert_int_equal(visible_width(BYTES("e\xcc\x81")), 1);
    assert_non_null(setlocale(LC_CTYPE, "C"));
    assert_false(visible_utf8());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_text),
        cmocka_unit_test(width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/err.h"

#include "check.h"

static void set_fills_everything(void **state) {
    struct err err = {ERR_NONE, 7, 9, "old"};
    (void)state;
    assert_int_equal(err_set(&err, ERR_LIMIT, "%s: %d", "x", 5), -1);
    assert_int_equal(err.code, ERR_LIMIT);
    assert_int_equal(err.line, 0);
    assert_int_equal(err.column, 0);
    assert_string_equal(err.message, "x: 5");
}

static void set_cuts_a_long_message(void **state) {
    struct err err;
    char text[2 * sizeof(err.message)];
    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    (void)err_set(&err, ERR_IO, "%s", text);
    assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
}

static void locate(void **state) {
    static const struct {
        const char *name;
        const char *text;
        size_t len, offset;
        unsigned line, column;
    } cases[] = {
        {"nothing", BYTES(""), 0, 1, 1},
        {"first byte", BYTES("ab\ncd"), 0, 1, 1},
        {"the line feed ends its line", BYTES("ab\ncd"), 2, 1, 3},
        {"first of a line", BYTES("ab\ncd"), 3, 2, 1},
        {"end of the text", BYTES("ab\ncd"), 5, 2, 3},
        {"beyond the end", BYTES("ab\ncd"), 50, 2, 3},
        {"after a last line feed", BYTES("ab\n"), 3, 2, 1},
        {"empty lines", BYTES("\n\n\nx"), 3, 4, 1},
        {"CRLF is one line", BYTES("a\r\nb"), 3, 2, 1},
        {"columns are bytes", BYTES("\xC3\xA9x"), 2, 1, 3},
        {"NUL is a byte", BYTES("\0\n\0x"), 3, 2, 2},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err err = {.code = ERR_SYNTAX, .message = "kept"};
        err_locate(&err, cases[i].text, cases[i].len, cases[i].offset);
        check_number(cases[i].name, err.line, cases[i].line);
        check_number(cases[i].name, err.column, cases[i].column);
        check_number(cases[i].name, err.code, ERR_SYNTAX);
        check_text(cases[i].name, err.message, "kept");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_fills_everything),
        cmocka_unit_test(set_cuts_a_long_message),
        cmocka_unit_test(locate),
    };
    return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}

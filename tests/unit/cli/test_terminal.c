#include "cli/command/terminal.h"

#include <locale.h>

#include "check.h"

static void width(void **state) {
    (void)state;
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    assert_true(terminal_utf8());
    assert_int_equal(terminal_width(BYTES("abc")), 3);
    assert_int_equal(terminal_width(BYTES("\xc3\xa9")), 1);
    assert_int_equal(terminal_width(BYTES("\xe4\xb8\xad")), 2);
    assert_int_equal(terminal_width(BYTES("e\xcc\x81")), 1);
    assert_non_null(setlocale(LC_CTYPE, "C"));
    assert_false(terminal_utf8());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/mail_address.h"

#include <string.h>

#include "check.h"
#include "unit.h"

#define LABEL_60 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"

static void addresses(void **state) {
    static const struct {
        const char *text;
        bool want;
    } cases[] = {
        {"me@example.org", true},
        {"first.last+tag@mail.example.org", true},
        {"root@localhost", true},
        {"o'neil!#$%&*-/=?^_`{|}~@example.org", true},
        {LABEL_60 "aaaa@example.org", true},
        {LABEL_60 "aaaaa@example.org", false},
        {"a@" LABEL_60 "aaa.org", true},
        {"a@" LABEL_60 "aaaa.org", false},
        {"a@" LABEL_60 "." LABEL_60 "." LABEL_60 "." LABEL_60 ".aaaaaaaa",
         true},
        {"a@" LABEL_60 "." LABEL_60 "." LABEL_60 "." LABEL_60 ".aaaaaaaaa",
         false},
        {"", false},
        {"@", false},
        {"me", false},
        {"me@", false},
        {"@example.org", false},
        {"me@example..org", false},
        {"me@.example.org", false},
        {"me@example.org.", false},
        {"me@-example.org", false},
        {"me@example-.org", false},
        {"me@you@example.org", false},
        {".me@example.org", false},
        {"me.@example.org", false},
        {"m..e@example.org", false},
        {"-oQ/tmp@example.org", false},
        {"\"me\"@example.org", false},
        {"me (at work)@example.org", false},
        {"Me <me@example.org>", false},
        {"me@example.org, you@example.org", false},
        {"me@example.org\nBcc: you@example.org", false},
        {"me@[127.0.0.1]", false},
        {"m\xC3\xA9@example.org", false},
        {"me@ex\xC3\xA4mple.org", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (mail_address_valid(cases[i].text, strlen(cases[i].text)) !=
            cases[i].want)
            fail_msg("%s", cases[i].text);
    assert_false(mail_address_valid("me\0@example.org", 15));
    assert_true(mail_address_valid("me@example.org, you", 14));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(addresses)};
    return cmocka_run_group_tests_name("mail_address", tests, NULL, NULL);
}

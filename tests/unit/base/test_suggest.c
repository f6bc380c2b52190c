#include "base/suggest.h"

#include "check.h"

static const char *const names[] = {"usage_total",     "usage_seconds",
                                    "web_lcp_seconds", "web_fcp_seconds",
                                    "web_cls_ratio",   "web_inp_seconds"};

static void meant(void **state) {
    static const struct {
        const char *asked;
        const char *want;
    } cases[] = {
        {"usage_totl", "; did you mean usage_total?"},
        {"lcp", "; did you mean web_lcp_seconds?"},
        {"zzz", "; none"},
        {"", "; none"},
        {"ab", "; none"},
        {"web_lcp_second",
         "; did you mean web_lcp_seconds, web_fcp_seconds, web_inp_seconds?"},
        {"usage", "; did you mean usage_total, usage_seconds?"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct suggestions list = {.asked = cases[i].asked};
        char text[200];
        for (size_t j = 0; j < COUNT(names); j++)
            suggest_name(&list, names[j]);
        suggest_format(&list, "; none", text, sizeof(text));
        check_text(cases[i].asked, text, cases[i].want);
    }
}

static void short_of_room(void **state) {
    struct suggestions list = {.asked = "usage"};
    char text[20];
    (void)state;
    for (size_t j = 0; j < COUNT(names); j++)
        suggest_name(&list, names[j]);
    suggest_format(&list, "", text, sizeof(text));
    check_text("cut", text, "; did you mean usag");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meant),
        cmocka_unit_test(short_of_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "cli/command/suggest.h"

#include "check.h"
#include "cli/look/table.h"

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
        {"zzz", ""},
        {"", ""},
        {"ab", ""},
        {"web_lcp_second",
         "; did you mean web_lcp_seconds, web_fcp_seconds, web_inp_seconds?"},
        {"usage", "; did you mean usage_total, usage_seconds?"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct near_names near = {.count = 0};
        char text[200];
        for (size_t j = 0; j < COUNT(names); j++)
            near_offer(&near, cases[i].asked, names[j]);
        near_format(&near, text, sizeof(text));
        check_text(cases[i].asked, text, cases[i].want);
    }
}

static void short_of_room(void **state) {
    struct near_names near = {.count = 0};
    char text[20];
    (void)state;
    for (size_t j = 0; j < COUNT(names); j++)
        near_offer(&near, "usage", names[j]);
    near_format(&near, text, sizeof(text));
    check_text("cut", text, "; did you mean usag");
}

static void rounded(void **state) {
    static const struct {
        double value;
        const char *want;
    } cases[] = {
        {0, "0"},          {1.0 / 3, "0.3333"},  {999.94, "999.9"},
        {1234.56, "1235"}, {123456.7, "123457"}, {1e20, "1e+20"},
        {-0.5, "-0.5"},    {1e-7, "1e-07"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[ROUNDED_SIZE];
        rounded_format(cases[i].value, text);
        check_text(cases[i].want, text, cases[i].want);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meant),
        cmocka_unit_test(short_of_room),
        cmocka_unit_test(rounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

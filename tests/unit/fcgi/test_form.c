#include "http/form.h"

#include "check.h"

static void pairs(void **state) {
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"", ""},
        {"a=b", "a=b;"},
        {"a=b&c=d", "a=b;c=d;"},
        {"&&a=b&&c=d&", "a=b;c=d;"},
        {"a", "a=;"},
        {"a=", "a=;"},
        {"=b", "=b;"},
        {"=", "=;"},
        {"a=b=c", "a=b=c;"},
        {"a=b;c", "a=b;c;"},
        {"a+b=c+d", "a b=c d;"},
        {"%61=%2b%2B%26%3d", "a=++&=;"},
        {"a=%", "a=%;"},
        {"a=%4", "a=%4;"},
        {"a=%4g%g4%%41", "a=%4g%g4%A;"},
        {"a=%4&1=b", "a=%4;1=b;"},
        {"a=%C3%A9\xff", "a=\xc3\xa9\xff;"},
        {"a=x%00y", "a=x\n0y;"}, /* as shown */
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct form form = {cases[i].text,
                            cases[i].text + strlen(cases[i].text)};
        struct strbuf name = {0};
        struct strbuf value = {0};
        struct strbuf got = {0};
        strbuf_add_string(&got, "");
        while (form_next(&form, &name, &value)) {
            strbuf_add(&got, name.data, name.len);
            strbuf_add_char(&got, '=');
            for (size_t k = 0; k < value.len; k++)
                if (value.data[k] == '\0')
                    strbuf_add_string(&got, "\n0");
                else
                    strbuf_add_char(&got, value.data[k]);
            strbuf_add_char(&got, ';');
        }
        check_bytes(cases[i].text, got.data, got.len, cases[i].want,
                    strlen(cases[i].want));
        strbuf_free(&name);
        strbuf_free(&value);
        strbuf_free(&got);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(pairs)};
    return cmocka_run_group_tests_name("form", tests, NULL, NULL);
}

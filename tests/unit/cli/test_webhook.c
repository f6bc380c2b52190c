#include "cli/send/webhook.h"

#include "base/version.h"
#include "check.h"

/* The complete input of curl: no byte of URL or body can be another option. */
static void no_byte_becomes_an_option(void **state) {
    static const char body[] = "{\"text\": \"a\\\\b\n\r\t\v%{x} @y\"}";
    struct strbuf got = {0};
    (void)state;
    webhook_write("https://hooks.example.org/a\"\nupload-file = \"/etc/passwd",
                  body, sizeof(body) - 1, &got);
    check_text("request", got.data,
               "url = \"https://hooks.example.org/a\\\"\\nupload-file = "
               "\\\"/etc/passwd\"\n"
               "proto = \"=http,https\"\n"
               "globoff\n"
               "silent\n"
               "show-error\n"
               "connect-timeout = 10\n"
               "max-time = 30\n"
               "write-out = \"\\n%{http_code}\"\n"
               "user-agent = \"tallyman/" TALLYMAN_VERSION "\"\n"
               "header = \"Content-Type: application/json\"\n"
               "header = \"Expect:\"\n"
               "data = \"{\\\"text\\\": \\\"a\\\\\\\\b\\n\\r\\t\\v%{x} "
               "@y\\\"}\"\n");
    strbuf_free(&got);
}

/* curl refuses long lines. */
static void long_body_is_standard_input(void **state) {
    struct strbuf got = {0};
    (void)state;
    webhook_write("https://hooks.example.org/a", NULL, 0, &got);
    check_text("last line", strstr(got.data, "data"), "data-binary = \"@-\"\n");
    strbuf_free(&got);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_byte_becomes_an_option),
        cmocka_unit_test(long_body_is_standard_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

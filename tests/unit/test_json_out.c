#include "json_out.h"

#include <math.h>

#include "check.h"
#include "json.h"

static void write_nothing(struct json_out *json) {
    json_out_open(json, NULL, '{');
    json_out_close(json, '}');
}

static void write_values(struct json_out *json) {
    json_out_open(json, NULL, '[');
    json_out_string(json, NULL, "a \"b\" \\ \n\x01 \xe2\x98\x83");
    json_out_string(json, NULL, NULL);
    json_out_number(json, NULL, 0.1);
    json_out_number(json, NULL, -3);
    json_out_number(json, NULL, INFINITY);
    json_out_number(json, NULL, NAN);
    json_out_boolean(json, NULL, true);
    json_out_boolean(json, NULL, false);
    json_out_close(json, ']');
}

static void write_nested(struct json_out *json) {
    json_out_open(json, NULL, '{');
    json_out_open(json, "none", '[');
    json_out_close(json, ']');
    json_out_open(json, "a\"key", '{');
    json_out_number(json, "x", 1);
    json_out_close(json, '}');
    json_out_boolean(json, "last", true);
    json_out_close(json, '}');
}

static const struct {
    const char *name;
    void (*write)(struct json_out *json);
    const char *want;
} cases[] = {
    {"nothing", write_nothing, "{}\n"},
    {"values", write_values,
     "[\n"
     "  \"a \\\"b\\\" \\\\ \\n\\u0001 \xe2\x98\x83\",\n"
     "  null,\n"
     "  0.1,\n"
     "  -3,\n"
     "  null,\n"
     "  null,\n"
     "  true,\n"
     "  false\n"
     "]\n"},
    {"nested", write_nested,
     "{\n"
     "  \"none\": [],\n"
     "  \"a\\\"key\": {\n"
     "    \"x\": 1\n"
     "  },\n"
     "  \"last\": true\n"
     "}\n"},
};

static void test_write(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct strbuf text = {0};
        struct json_out json = {.out = &text};
        struct json_object *value = NULL;
        struct err err = {.code = ERR_NONE};
        cases[i].write(&json);
        check_text(cases[i].name, text.data, cases[i].want);
        /* What is written is JSON. */
        assert_int_equal(json_read(text.data, text.len, &value, &err), 0);
        json_free(value);
        strbuf_free(&text);
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {cmocka_unit_test(test_write)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/json_writer.h"

#include <math.h>

#include "base/json.h"
#include "check.h"

static void write_nothing(struct json_writer *json) {
    json_writer_open(json, NULL, '{');
    json_writer_close(json, '}');
}

static void write_values(struct json_writer *json) {
    json_writer_open(json, NULL, '[');
    json_writer_string(json, NULL, "a \"b\" \\ \n\x01 \xe2\x98\x83");
    json_writer_string(json, NULL, NULL);
    json_writer_number(json, NULL, 0.1);
    json_writer_number(json, NULL, -3);
    json_writer_number(json, NULL, INFINITY);
    json_writer_number(json, NULL, NAN);
    json_writer_boolean(json, NULL, true);
    json_writer_boolean(json, NULL, false);
    json_writer_close(json, ']');
}

static void write_nested(struct json_writer *json) {
    json_writer_open(json, NULL, '{');
    json_writer_open(json, "none", '[');
    json_writer_close(json, ']');
    json_writer_open(json, "a\"key", '{');
    json_writer_number(json, "x", 1);
    json_writer_close(json, '}');
    json_writer_boolean(json, "last", true);
    json_writer_close(json, '}');
}

static const struct {
    const char *name;
    void (*write)(struct json_writer *json);
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
        struct json_writer json = {.out = &text};
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

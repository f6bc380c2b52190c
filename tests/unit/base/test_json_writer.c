#include "base/json_writer.h"

#include <math.h>

#include "base/json.h"
#include "base/utf8.h"
#include "check.h"
#include "code_point.h"

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

static void write_no_rows(struct json_writer *json) {
    json_writer_open(json, NULL, '[');
    json_writer_close(json, ']');
}

static void write_rows(struct json_writer *json) {
    json_writer_open(json, NULL, '[');
    json_writer_open(json, NULL, '{');
    json_writer_raw(json, "a", "1", 1);
    json_writer_open(json, "b", '[');
    json_writer_number(json, NULL, 2);
    json_writer_number(json, NULL, 3);
    json_writer_close(json, ']');
    json_writer_close(json, '}');
    json_writer_open(json, NULL, '{');
    json_writer_text(json, "a", "xyz", 1);
    json_writer_close(json, '}');
    json_writer_close(json, ']');
}

static const struct {
    const char *name;
    void (*write)(struct json_writer *json);
    const char *want;
    enum json_layout layout;
} cases[] = {
    {"nothing", write_nothing, "{}\n", JSON_INDENTED},
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
     "]\n",
     JSON_INDENTED},
    {"nested", write_nested,
     "{\n"
     "  \"none\": [],\n"
     "  \"a\\\"key\": {\n"
     "    \"x\": 1\n"
     "  },\n"
     "  \"last\": true\n"
     "}\n",
     JSON_INDENTED},
    {"no rows", write_no_rows, "[]\n", JSON_ROWS},
    {"rows", write_rows, "[{\"a\":1,\"b\":[2,3]},\n{\"a\":\"x\"}]\n",
     JSON_ROWS},
    {"compact", write_nested,
     "{\"none\":[],\"a\\\"key\":{\"x\":1},\"last\":true}", JSON_COMPACT},
    {"compact rows", write_rows, "[{\"a\":1,\"b\":[2,3]},{\"a\":\"x\"}]",
     JSON_COMPACT},
};

static void test_write(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct strbuf text = {0};
        struct json_writer json = {.out = &text, .layout = cases[i].layout};
        struct json_object *value = NULL;
        struct err err = {.code = ERR_NONE};
        cases[i].write(&json);
        check_text(cases[i].name, text.data, cases[i].want);
        /* The output is valid JSON. */
        assert_int_equal(json_read(text.data, text.len, &value, &err), 0);
        json_free(value);
        strbuf_free(&text);
    }
}

static const struct {
    const char *name;
    const char *text;
    size_t len;
    const char *hidden;
    const char *all;
} strings[] = {
    {"nothing", BYTES(""), "\"\"", "\"\""},
    {"letters", BYTES("a \\\"b/'~"), "\"a \\\\\\\"b/'~\"",
     "\"a \\\\\\\"b/'~\""},
    {"controls", BYTES("\x1b[1m\a\n\t\x7f"),
     "\"\\u001b[1m\\u0007\\n\\u0009\\u007f\"",
     "\"\\u001b[1m\\u0007\\n\\u0009\\u007f\""},
    {"NUL", BYTES("a\0b"), "\"a\\u0000b\"", "\"a\\u0000b\""},
    {"C1", BYTES("\xc2\x9b"), "\"\\u009b\"", "\"\\u009b\""},
    {"no break space", BYTES("\xc2\xa0"), "\"\xc2\xa0\"", "\"\\u00a0\""},
    {"an accent", BYTES("\xc3\xa9"), "\"\xc3\xa9\"", "\"\\u00e9\""},
    {"to the left", BYTES("\xe2\x80\xae"), "\"\\u202e\"", "\"\\u202e\""},
    {"above U+FFFF", BYTES("\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\"",
     "\"\\ud83d\\ude00\""},
    {"a raw C1 byte", BYTES("\x9bm"), "\"\\ufffdm\"", "\"\\ufffdm\""},
    {"cut", BYTES("\xe2\x80"), "\"\\ufffd\\ufffd\"", "\"\\ufffd\\ufffd\""},
    {"overlong", BYTES("\xc0\x9b"), "\"\\ufffd\\ufffd\"", "\"\\ufffd\\ufffd\""},
    {"above all", BYTES("\xf8"), "\"\\ufffd\"", "\"\\ufffd\""},
};

static void check_one(const char *name, struct strbuf *out, const char *want) {
    check_text(name, out->data, want);
    strbuf_reset(out);
}

static void test_strings(void **state) {
    struct strbuf out = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(strings); i++) {
        json_write_string(strings[i].text, strings[i].len, JSON_ESCAPE_HIDDEN,
                          &out);
        check_one(strings[i].name, &out, strings[i].hidden);
        json_write_string(strings[i].text, strings[i].len, JSON_ESCAPE_ALL,
                          &out);
        check_one(strings[i].name, &out, strings[i].all);
    }
    json_write_string(BYTES("\"\\\n\t\x7f\xc2\x9b\xe2\x80\xae"),
                      JSON_ESCAPE_CONTROL, &out);
    check_one("keys of series", &out,
              "\"\\\"\\\\\\n\\u0009\x7f\xc2\x9b\xe2\x80\xae\"");
    strbuf_free(&out);
}

/* True if the string may contain one of the characters. */
static bool may_appear(uint32_t code, enum json_escape escape) {
    switch (escape) {
    case JSON_ESCAPE_CONTROL:
        return code >= 0x20;
    case JSON_ESCAPE_HIDDEN:
        return !utf8_hidden(code);
    case JSON_ESCAPE_ALL:
        break;
    }
    return code >= 0x20 && code < 0x7F;
}

static void check_characters(const struct strbuf *text,
                             enum json_escape escape) {
    struct strbuf out = {0};
    struct json_object *value = NULL;
    struct err err = {.code = ERR_NONE};
    uint32_t code;
    size_t len;
    json_write_string(text->data, text->len, escape, &out);
    for (size_t at = 0; at < out.len;) {
        at += utf8_decode(out.data + at, out.len - at, &code);
        if (!may_appear(code, escape))
            fail_msg("U+%04X", code);
    }
    if (json_read(out.data, out.len, &value, &err) != 0)
        fail_msg("%s: %s", err.message, out.data);
    const char *back = json_string(value, &len);
    check_bytes(out.data, back, len, text->data, text->len);
    json_free(value);
    strbuf_free(&out);
}

/* Each form is parsed back. */
static void test_all_characters(void **state) {
    struct strbuf text = {0};
    char bytes[4];
    (void)state;
    for (uint32_t code = 0; code < CODE_POINTS; code++) {
        if (is_character(code))
            strbuf_add(&text, bytes, encode(code, bytes));
        if (text.len == 0 || code % 0x100 != 0xFF)
            continue;
        check_characters(&text, JSON_ESCAPE_CONTROL);
        check_characters(&text, JSON_ESCAPE_HIDDEN);
        check_characters(&text, JSON_ESCAPE_ALL);
        strbuf_reset(&text);
    }
    strbuf_free(&text);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_all_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

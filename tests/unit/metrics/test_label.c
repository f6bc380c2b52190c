#include "metrics/label.h"

#include <stdio.h>

#include "base/json.h"
#include "check.h"
#include "guard.h"

static void write_json(void **state) {
    static const struct {
        const char *name;
        struct label labels[3];
        size_t count;
        const char *want;
    } cases[] = {
        {"no labels", {{0}}, 0, "{}"},
        {"one", {{"a", BYTES("1")}}, 1, "{\"a\":\"1\"}"},
        {"three",
         {{"a", BYTES("1")}, {"b", BYTES("")}, {"c", BYTES("x y")}},
         3,
         "{\"a\":\"1\",\"b\":\"\",\"c\":\"x y\"}"},
        {"quote and backslash",
         {{"a", BYTES("\"\\\\\"")}},
         1,
         "{\"a\":\"\\\"\\\\\\\\\\\"\"}"},
        {"control characters",
         {{"a", BYTES("\n\r\t\b\x1F\x7F")}},
         1,
         "{\"a\":\"\\n\\u000d\\u0009\\u0008\\u001f\x7F\"}"},
        {"NUL", {{"a", BYTES("x\0y")}}, 1, "{\"a\":\"x\\u0000y\"}"},
        {"slash and UTF-8 are unchanged",
         {{"a", BYTES("a/b\xC3\xA9\xF0\x9F\x92\xA9")}},
         1,
         "{\"a\":\"a/b\xC3\xA9\xF0\x9F\x92\xA9\"}"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct strbuf out = {0};
        strbuf_add_string(&out, "<");
        label_set_write_json(cases[i].labels, cases[i].count, &out);
        check_text(cases[i].name, out.data + 1, cases[i].want);
        strbuf_free(&out);
    }
}

static void exposition(void **state) {
    static const struct {
        const char *json, *want;
    } cases[] = {
        {"{}", ""},
        {"{\"a\":\"1\"}", "a=\"1\""},
        {"{\"_b\":\"\",\"a\":\"x y\"}", "_b=\"\",a=\"x y\""},
        {"{\"a\":\"\\\"\\\\\\n\"}", "a=\"\\\"\\\\\\n\""},
        {"{\"a\":\"\\u0009\\u001f\\u000d\"}", "a=\"\t\x1F\r\""},
        {"{\"a\":\"{,}:=\"}", "a=\"{,}:=\""},
        {"{\"a\":\"1\",\"ab\":\"2\",\"b\":\"3\"}", "a=\"1\",ab=\"2\",b=\"3\""},
        {"{\"a\":\"\xE2\x82\xAC\"}", "a=\"\xE2\x82\xAC\""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct strbuf out = {0};
        size_t len = strlen(cases[i].json);
        strbuf_add_string(&out, "<");
        check_number(cases[i].json,
                     label_json_write_exposition(
                         guard_place(cases[i].json, len), len, &out),
                     0);
        check_text(cases[i].json, out.data + 1, cases[i].want);
        strbuf_free(&out);
    }
}

/* Labels that were edited by hand in the database. */
static void edited_labels_are_refused(void **state) {
    static const struct {
        const char *json;
        size_t len;
    } cases[] = {
        {BYTES("")},
        {BYTES("null")},
        {BYTES("[]")},
        {BYTES("{} ")},
        {BYTES(" {}")},
        {BYTES("{}{}")},
        {BYTES("{,}")},
        {BYTES("{\"a\":\"1\",}")},
        {BYTES("{\"a\":\"1\" ,\"b\":\"2\"}")},
        {BYTES("{\"a\":\"1\"\"b\":\"2\"}")},
        {BYTES("{\"a\": \"1\"}")},
        {BYTES("{\"a\":1}")},
        {BYTES("{\"a\":null}")},
        {BYTES("{\"a\":{}}")},
        {BYTES("{a:\"1\"}")},
        {BYTES("{\"a\"=\"1\"}")},
        {BYTES("{\"a\"}")},
        {BYTES("{\"\":\"1\"}")},
        {BYTES("{\"9a\":\"1\"}")},
        {BYTES("{\"a-b\":\"1\"}")},
        {BYTES("{\"a:b\":\"1\"}")},
        {BYTES("{\"a\\n\":\"1\"}")},
        {BYTES("{\"a\":\"\\t\"}")},
        {BYTES("{\"a\":\"\\/\"}")},
        {BYTES("{\"a\":\"\\u0041\"}")},
        {BYTES("{\"a\":\"\\u0020\"}")},
        {BYTES("{\"a\":\"\\u0100\"}")},
        {BYTES("{\"a\":\"\\u1009\"}")},
        {BYTES("{\"a\":\"\\u001F\"}")},
        {BYTES("{\"a\":\"\\u00g0\"}")},
        {BYTES("{\"a\":\"\\u000\0\"}")},
        {BYTES("{\"a\":\"\\u000a\"}")},
        {BYTES("{\"a\":\"1\",\"a\":\"2\"}")},
        {BYTES("{\"b\":\"1\",\"a\":\"2\"}")},
        {BYTES("{\"ab\":\"1\",\"a\":\"2\"}")},
        {BYTES("{\"__name__\":\"up\"}")},
        {BYTES("{\"a\":\"\\u00\"}")},
        {BYTES("{\"a\":\"x\ny\"}")},
        {BYTES("{\"a\":\"x\0y\"}")},
        {BYTES("{\"a\":\"\xFF\"}")},
        {BYTES("{\"a\":\"\xE2\x82\"}")},
        {BYTES("{\"a\":\"1\"}\0")},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct strbuf out = {0};
        struct strbuf empty = {0};
        const char *json = guard_place(cases[i].json, cases[i].len);
        strbuf_add_string(&out, "kept");
        check_number(cases[i].json,
                     label_json_write_exposition(json, cases[i].len, &out), -1);
        check_text(cases[i].json, out.data, "kept");
        check_number(cases[i].json, (long long)out.len, 4);
        check_number(cases[i].json,
                     label_json_write_exposition(json, cases[i].len, &empty),
                     -1);
        check_number(cases[i].json, (long long)empty.len, 0);
        strbuf_free(&out);
        strbuf_free(&empty);
    }
}

static void check_memo(struct label_memo *memo, const char *text) {
    struct strbuf want = {0};
    const size_t len = strlen(text);
    const char *json = guard_place(text, len);
    const int result = label_json_write_exposition(json, len, &want);
    check_number(text, label_memo_read(memo, json, len), result);
    if (result == 0)
        check_bytes(text, memo->text.data, memo->text.len, want.data, want.len);
    strbuf_free(&want);
}

/* Every pair in sequence: the result is independent of the previous text. */
static void memo_is_independent_of_order(void **state) {
    static const char *const texts[] = {
        "{}",
        "",
        "{\"",
        "{\"a\":\"1\"}",
        "{\"a\":\"1",
        "{\"a\":\"1\",",
        "{\"a\":\"1\",}",
        "{\"a\":\"1\"}}",
        "{\"a\":\"12\"}",
        "{\"a\":\"2\"}",
        "{\"a\":\"1\",\"b\":\"1\"}",
        "{\"a\":\"1\",\"b\":\"1\",\"c\":\"1\"}",
        "{\"a\":\"1\",\"b\":\"1\",\"d\":\"1\"}",
        "{\"a\":\"1\",\"b\":\"1\",\"b\":\"1\"}",
        "{\"a\":\"1\",\"b\":\"1\",\"a\":\"1\"}",
        "{\"a\":\"1\",\"b\":\"1\",\"bb\":\"1\"}",
        "{\"a\":\"1\",\"b\":1,\"c\":\"1\"}",
        "{\"a\":\"1\",\"b\":\"\\\\\"}",
        "{\"a\":\"1\",\"b\":\"\\\"\"}",
        "{\"a\":\"1\",\"b\":\"\\t\"}",
        "{\"a\":\"\\u0009\",\"b\":\"\\n\"}",
        "{\"a\":\"\\u0009\",\"b\":\"\\u000d\"}",
        "{\"a\":\"\xC3\xA9\",\"b\":\"\xC3\xA8\"}",
        "{\"a\":\"\xC3\xA9\",\"b\":\"\xC3\"}",
        "{\"a\":\"\xC3\xA8\",\"b\":\"\xC3\xA8\"}",
        "{\"a\":\"a value of some length\",\"b\":\"and another\"}",
        "{\"a\":\"a value of some length\",\"b\":\"and an other\"}",
        "{\"__name__\":\"up\"}",
    };
    struct label_memo memo = {.mark_count = 0};
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        for (size_t k = 0; k < COUNT(texts); k++) {
            check_memo(&memo, texts[i]);
            check_memo(&memo, texts[k]);
        }
    label_memo_free(&memo);
}

/* More labels than the memo has marks; one changes at a time. */
static void memo_of_many(void **state) {
    enum { MANY = LABEL_MARKS + 4 };
    struct label_memo memo = {.mark_count = 0};
    unsigned values[MANY] = {0};
    uint64_t random = 3;
    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        struct strbuf json = {0};
        values[check_random(&random) % MANY] = i % 200;
        for (unsigned k = 0; k < MANY; k++)
            strbuf_printf(&json, "%c\"l%02u\":\"%u\"", k > 0 ? ',' : '{', k,
                          values[k]);
        strbuf_add_char(&json, '}');
        check_memo(&memo, json.data);
        strbuf_free(&json);
    }
    label_memo_free(&memo);
}

static void cut_short(void **state) {
    static const char json[] =
        "{\"a\":\"x\\\"\\u0009\xC3\xA9\",\"b\":\"\\\\\\n\"}";
    struct strbuf out = {0};
    (void)state;
    for (size_t len = 0; len < sizeof(json) - 1; len++) {
        assert_int_equal(
            label_json_write_exposition(guard_place(json, len), len, &out), -1);
        assert_int_equal(out.len, 0);
    }
    strbuf_free(&out);
}

/* A value of UTF-8 with many special characters. */
static size_t random_value(uint64_t *random, char out[80]) {
    static const char *const pieces[] = {"\"",       "\\", "\n", "\t", "\x01",
                                         "\xC3\xA9", "n",  "u",  "}",  ",",
                                         "\x7F",     "/",  "'",  " "};
    size_t len = 0;
    for (uint64_t n = check_random(random) % 20; n > 0; n--) {
        const char *piece = pieces[check_random(random) % COUNT(pieces)];
        memcpy(out + len, piece, strlen(piece));
        len += strlen(piece);
    }
    return len;
}

/* Reads `name="value"` from *text like Prometheus, and moves *text after it. */
static void expect_label(const char **text, const struct label *label) {
    char value[80];
    size_t len = 0;
    size_t name_len = strlen(label->name);
    assert_memory_equal(*text, label->name, name_len);
    *text += name_len;
    assert_memory_equal(*text, "=\"", 2);
    for (*text += 2; **text != '"'; (*text)++) {
        assert_true(**text != '\0' && **text != '\n' && len < sizeof(value));
        if (**text == '\\') {
            (*text)++;
            assert_non_null(strchr("\\\"n", **text));
            value[len++] = **text == 'n' ? '\n' : **text;
        } else {
            value[len++] = **text;
        }
    }
    ++*text;
    check_bytes("read back from the exposition", value, len, label->value,
                label->value_len);
}

static int count_member(void *context, const char *key,
                        const struct json_object *value) {
    (void)key;
    (void)value;
    ++*(size_t *)context;
    return 0;
}

static void expect_json(const char *text, size_t len,
                        const struct label *labels, size_t count) {
    struct json_object *document;
    struct err err;
    assert_int_equal(json_read(text, len, &document, &err), 0);
    size_t members = 0;
    (void)json_members(document, count_member, &members);
    assert_int_equal(members, count);
    for (size_t i = 0; i < count; i++) {
        size_t value_len;
        const char *got =
            json_string(json_get(document, labels[i].name), &value_len);
        check_bytes("read back from JSON", got, value_len, labels[i].value,
                    labels[i].value_len);
    }
    json_free(document);
}

static void what_is_written_reads_back(void **state) {
    uint64_t random = 1;
    (void)state;
    for (int i = 0; i < 5000; i++) {
        char values[3][80];
        struct label labels[3] = {
            {.name = "a"}, {.name = "b_2"}, {.name = "c"}};
        size_t count = check_random(&random) % 4;
        struct strbuf json = {0};
        struct strbuf out = {0};
        for (size_t k = 0; k < count; k++) {
            labels[k].value = values[k];
            labels[k].value_len = random_value(&random, values[k]);
        }
        label_set_write_json(labels, count, &json);
        expect_json(json.data, json.len, labels, count);
        assert_int_equal(label_json_write_exposition(json.data, json.len, &out),
                         0);
        const char *text = out.len > 0 ? out.data : "";
        for (size_t k = 0; k < count; k++) {
            if (k > 0)
                assert_int_equal(*text++, ',');
            expect_label(&text, &labels[k]);
        }
        assert_int_equal(*text, '\0');
        strbuf_free(&json);
        strbuf_free(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_json),
        cmocka_unit_test(exposition),
        cmocka_unit_test(edited_labels_are_refused),
        cmocka_unit_test(memo_is_independent_of_order),
        cmocka_unit_test(memo_of_many),
        cmocka_unit_test(cut_short),
        cmocka_unit_test(what_is_written_reads_back),
    };
    return cmocka_run_group_tests_name("label", tests, NULL, NULL);
}

#include "ingest/otlp/attributes.h"

#include "check.h"
#include "ingest/otlp/message.h"

static const struct {
    const char *name;
    const char *values; /* of a KeyValueList */
    const char *want;   /* name=value, a line each */
} lists[] = {
    {"none", "", ""},
    {"sorted by key",
     "{\"key\":\"b\",\"value\":{\"stringValue\":\"1\"}},"
     "{\"key\":\"a.b\",\"value\":{\"stringValue\":\"2\"}},"
     "{\"key\":\"a\",\"value\":{\"stringValue\":\"3\"}}",
     "a=3\na_b=2\nb=1\n"},
    {"values",
     "{\"key\":\"a\",\"value\":{\"boolValue\":true}},"
     "{\"key\":\"b\",\"value\":{\"intValue\":\"-9223372036854775808\"}},"
     "{\"key\":\"c\",\"value\":{\"doubleValue\":0.5}},"
     "{\"key\":\"d\",\"value\":{\"doubleValue\":\"NaN\"}},"
     "{\"key\":\"e\",\"value\":{\"bytesValue\":\"AAEC/w==\"}},"
     "{\"key\":\"f\",\"value\":{\"boolValue\":false}}",
     "a=true\nb=-9223372036854775808\nc=0.5\nd=NaN\ne=AAEC/w==\nf=false\n"},
    {"nothing is omitted",
     "{\"key\":\"a\",\"value\":{\"stringValue\":\"\"}},"
     "{\"key\":\"b\",\"value\":{}},{\"key\":\"c\"},"
     "{\"key\":\"d\",\"value\":{\"bytesValue\":\"\"}}",
     ""},
    {"composite values",
     "{\"key\":\"a\",\"value\":{\"arrayValue\":{\"values\":["
     "{\"stringValue\":\"x\\\"\\u202e\"},{\"intValue\":1},{},"
     "{\"doubleValue\":1e300},{\"doubleValue\":\"NaN\"},"
     "{\"bytesValue\":\"AA==\"},{\"arrayValue\":{}}]}}},"
     "{\"key\":\"b\",\"value\":{\"kvlistValue\":{\"values\":["
     "{\"key\":\"z\",\"value\":{\"boolValue\":true}},"
     "{\"key\":\"a\",\"value\":{\"kvlistValue\":{}}},{\"key\":\"c\"}]}}},"
     "{\"key\":\"c\",\"value\":{\"arrayValue\":{}}}",
     "a=[\"x\\\"\\u202e\",1,null,1e+300,null,\"AA==\",[]]\n"
     "b={\"a\":{},\"c\":null,\"z\":true}\n"
     "c=[]\n"},
    {"keys with the same label name",
     "{\"key\":\"a.b\",\"value\":{\"stringValue\":\"2\"}},"
     "{\"key\":\"a-b\",\"value\":{\"stringValue\":\"1\"}},"
     "{\"key\":\"a_b\",\"value\":{\"stringValue\":\"3\"}},"
     "{\"key\":\"a__b\",\"value\":{\"stringValue\":\"\"}}",
     "a_b=1;2;3\n"},
    {"a repeated key",
     "{\"key\":\"a\",\"value\":{\"stringValue\":\"2\"}},"
     "{\"key\":\"a\",\"value\":{\"stringValue\":\"1\"}}",
     "a=2;1\n"},
    {"characters",
     "{\"key\":\"http.status_code\",\"value\":{\"intValue\":1}},"
     "{\"key\":\"1st\",\"value\":{\"intValue\":2}},"
     "{\"key\":\".1st\",\"value\":{\"intValue\":3}},"
     "{\"key\":\"\\u00fcber\\u00df\",\"value\":{\"intValue\":4}},"
     "{\"key\":\"a: b\",\"value\":{\"intValue\":5}}",
     "_1st=3\nkey_1st=2\na_b=5\nhttp_status_code=1\n_ber_=4\n"},
    {"reserved",
     "{\"key\":\"__name__\",\"value\":{\"intValue\":1}},"
     "{\"key\":\"__x.y__\",\"value\":{\"intValue\":2}},"
     "{\"key\":\"__x\",\"value\":{\"intValue\":3}},"
     "{\"key\":\"\",\"value\":{\"intValue\":4}}",
     "=4\n_x=3\n__x_y__=2\n"},
};

static const Otlp__KeyValueList *read_list(const char *values,
                                           struct arena *arena) {
    struct err err = {.message = ""};
    struct strbuf text = {0};
    strbuf_printf(&text, "{\"values\":[%s]}", values);
    const void *list = otlp_read(&otlp__key_value_list__descriptor, text.data,
                                 text.len, OTLP_JSON, arena, &err);
    if (!list)
        fail_msg("%s: %s", values, err.message);
    strbuf_free(&text);
    return list;
}

static void labels(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct arena arena = {0};
        struct otlp_labels read;
        struct strbuf got = {0};
        const Otlp__KeyValueList *list = read_list(lists[i].values, &arena);
        assert_int_equal(
            otlp_labels_read(
                (struct otlp_attributes){list->values, list->n_values}, "",
                &arena, &read),
            0);
        for (size_t j = 0; j < read.count; j++)
            strbuf_printf(&got, "%s=%.*s\n", read.labels[j].name,
                          (int)read.labels[j].value_len, read.labels[j].value);
        check_text(lists[i].name, got.data ? got.data : "", lists[i].want);
        assert_false(read.cut);
        strbuf_free(&got);
        arena_free(&arena);
    }
}

/* The maximum number of attributes of a point, and one more. */
static void too_many_attributes_are_refused(void **state) {
    (void)state;
    for (size_t count = PUSHED_LABELS_MAX; count <= OTLP_ATTRIBUTES_MAX + 1;
         count++) {
        struct arena arena = {0};
        struct otlp_labels read;
        struct strbuf values = {0};
        for (size_t i = 0; i < count; i++)
            strbuf_printf(&values,
                          "%s{\"key\":\"k%zu\",\"value\":{\"intValue\":1}}",
                          i > 0 ? "," : "", i);
        const Otlp__KeyValueList *list = read_list(values.data, &arena);
        assert_int_equal(
            otlp_labels_read(
                (struct otlp_attributes){list->values, list->n_values}, "p_",
                &arena, &read),
            0);
        assert_int_equal(read.count, PUSHED_LABELS_MAX);
        assert_int_equal(read.cut, count > PUSHED_LABELS_MAX);
        assert_string_equal(read.labels[0].name, "p_k0");
        strbuf_free(&values);
        arena_free(&arena);
    }
}

static void find(void **state) {
    struct arena arena = {0};
    (void)state;
    const Otlp__KeyValueList *list =
        read_list("{\"key\":\"ab\"},{\"key\":\"a\",\"value\":{\"intValue\":1}},"
                  "{\"key\":\"a\",\"value\":{\"intValue\":2}}",
                  &arena);
    const struct otlp_attributes attributes = {list->values, list->n_values};
    assert_ptr_equal(otlp_attribute(attributes, "a"), list->values[1]->value);
    assert_null(otlp_attribute(attributes, "ab"));
    assert_null(otlp_attribute(attributes, "b"));
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels),
        cmocka_unit_test(too_many_attributes_are_refused),
        cmocka_unit_test(find),
    };
    return cmocka_run_group_tests_name("attributes", tests, NULL, NULL);
}

/* Families and series in the JSON of the read API. */
#include "expose/json.h"

#include "base/json.h"
#include "corpus.h"
#include "exposition_scenes.h"

static int write_series(struct exposition_json *exposition,
                        const struct series *literal) {
    char labels[200];
    struct series series;
    scene_place(literal, &series, labels);
    return exposition_json_series(exposition, &series);
}

static void write_scene(struct exposition_json *exposition,
                        const struct scene *scene) {
    exposition_json_family(exposition, &scene->family);
    for (size_t i = 0; i < SERIES_MAX && scene->series[i].labels; i++)
        assert_int_equal(write_series(exposition, &scene->series[i]), 0);
}

static struct json_object *read_back(const struct strbuf *text) {
    struct json_object *document = NULL;
    struct err err = {.code = ERR_NONE};
    if (json_read(text->data, text->len, &document, &err) != 0)
        fail_msg("line %u, column %u: %s: %s", err.line, err.column,
                 err.message, text->data);
    return document;
}

/* Each family on its own line, to keep the file readable. */
static struct strbuf broken_into_lines(const struct strbuf *text) {
    struct strbuf out = {0};
    for (size_t i = 0; i < text->len; i++) {
        if (i + 2 < text->len && memcmp(text->data + i, "},\"", 3) == 0 &&
            text->data[i - 1] == ']') {
            strbuf_add_string(&out, "},\n");
            i++;
        } else {
            strbuf_add_char(&out, text->data[i]);
        }
    }
    strbuf_add_char(&out, '\n');
    return out;
}

static const struct json_object *member(const struct json_object *object,
                                        const char *key) {
    const struct json_object *value = json_get(object, key);
    if (!value)
        fail_msg("no %s", key);
    return value;
}

static void assert_string(const struct json_object *object, const char *key,
                          const char *want) {
    size_t len;
    assert_string_equal(json_string(member(object, key), &len), want);
}

static void test_all(void **state) {
    struct strbuf out = {0};
    struct exposition_json exposition;
    (void)state;
    exposition_json_begin(&exposition, &out);
    for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
        write_scene(&exposition, &scenes[i]);
    exposition_json_end(&exposition);
    assert_false(out.failed);
    struct json_object *document = read_back(&out);
    struct strbuf lines = broken_into_lines(&out);
    corpus_expect("tests/data/exposition/all.c", ".api.json", &lines);
    /* Escaped text reads back equal. */
    const struct json_object *group = json_at(member(document, "data"), 0);
    const struct json_object *awkward = member(group, "d_escapes");
    assert_string(awkward, "help", scenes[3].family.help);
    const struct json_object *third = json_at(member(awkward, "metrics"), 2);
    assert_string(member(third, "labels"), "l", "two\nlines");
    assert_string(third, "value", "3");
    json_free(document);
    strbuf_free(&lines);
    exposition_json_free(&exposition);
    strbuf_free(&out);
}

static const struct scene called_labels = {
    {.name = "labels", .help = "h", .unit = "", .type = METRIC_COUNTER},
    {{.labels = "{}", .value = 1}}};
static const struct scene empty = {
    {.name = "x", .help = "h", .unit = "", .type = METRIC_COUNTER}, {{0}}};
static const struct scene one = {
    {.name = "y", .help = "", .unit = "", .type = METRIC_COUNTER},
    {{.labels = "{}", .value = 1}}};

static const struct {
    const struct scene *scenes[3];
    const char *want;
} documents[] = {
    {{NULL}, "{\"status\":\"success\",\"data\":[]}"},
    {{&empty, &called_labels}, "{\"status\":\"success\",\"data\":[]}"},
    {{&empty, &one, &empty},
     "{\"status\":\"success\",\"data\":[{\"labels\":{},"
     "\"last_push_successful\":true,\"y\":{\"type\":"
     "\"COUNTER\",\"metrics\":[{\"labels\":{},\"value\":\"1\"}]}}]}"},
};

static void test_documents(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
        struct strbuf out = {0};
        struct exposition_json exposition;
        exposition_json_begin(&exposition, &out);
        for (size_t j = 0; j < 3 && documents[i].scenes[j]; j++)
            write_scene(&exposition, documents[i].scenes[j]);
        exposition_json_end(&exposition);
        assert_string_equal(out.data, documents[i].want);
        json_free(read_back(&out));
        exposition_json_free(&exposition);
        strbuf_free(&out);
    }
}

static void test_groups(void **state) {
    struct strbuf out = {0};
    struct exposition_json exposition;
    const struct push_group good = {1, "{\"job\":\"j\"}", 11, 1700000000.25,
                                    1600000000};
    const struct push_group bad = {2, "{\"job\":\"k\"}", 11, 0,
                                   METRIC_VALUE_MAX};
    const struct push_group damaged = {3, "{\"job\":1}", 9, 1, 0};
    const struct series series = {.labels = "{\"job\":\"j\"}",
                                  .labels_len = 11,
                                  .value = 2,
                                  .updated_at = 1700000000};
    struct series later = series;
    const struct family names[] = {
        {.name = METRIC_PUSH_TIME, .help = "", .unit = ""},
        {.name = "last_push_successful", .help = "", .unit = ""}};
    (void)state;
    later.updated_at++;
    exposition_json_begin(&exposition, &out);
    assert_int_equal(exposition_json_group(&exposition, &good), 0);
    for (size_t i = 0; i < 2; i++) {
        exposition_json_family(&exposition, &names[i]);
        assert_int_equal(exposition_json_series(&exposition, &series), 0);
    }
    exposition_json_family(&exposition, &one.family);
    assert_int_equal(exposition_json_series(&exposition, &later), 0);
    assert_int_equal(exposition_json_series(&exposition, &series), 0);
    assert_int_equal(exposition_json_group(&exposition, &damaged), -1);
    assert_int_equal(exposition_json_group(&exposition, &bad), 0);
    assert_int_equal(exposition_json_group(&exposition, NULL), 0);
    exposition_json_family(&exposition, &names[0]);
    assert_int_equal(exposition_json_series(&exposition, &series), 0);
    exposition_json_end(&exposition);
    assert_string_equal(
        out.data,
        "{\"status\":\"success\",\"data\":["
        "{\"labels\":{\"job\":\"j\"},\"last_push_successful\":true,"
        "\"push_failure_time_seconds\":{\"type\":\"GAUGE\",\"help\":\"Last "
        "Unix time when a push of this group was refused.\",\"metrics\":"
        "[{\"labels\":{\"job\":\"j\"},\"value\":\"1600000000\"}],"
        "\"time_stamp\":\"2023-11-14T22:13:20Z\"},"
        "\"push_time_seconds\":{\"type\":\"GAUGE\",\"help\":\"Last "
        "Unix time when a push of this group was accepted.\",\"metrics\":"
        "[{\"labels\":{\"job\":\"j\"},\"value\":\"1700000000.25\"}],"
        "\"time_stamp\":\"2023-11-14T22:13:20Z\"},"
        "\"y\":{\"type\":\"COUNTER\",\"metrics\":["
        "{\"labels\":{\"job\":\"j\"},\"value\":\"2\"},"
        "{\"labels\":{\"job\":\"j\"},\"value\":\"2\"}],"
        "\"time_stamp\":\"2023-11-14T22:13:21Z\"}},"
        "{\"labels\":{\"job\":\"k\"},\"last_push_successful\":false,"
        "\"push_failure_time_seconds\":{\"type\":\"GAUGE\",\"help\":\"Last "
        "Unix time when a push of this group was refused.\",\"metrics\":"
        "[{\"labels\":{\"job\":\"k\"},\"value\":\"1e+100\"}],"
        "\"time_stamp\":\"9999-12-31T23:59:59Z\"},"
        "\"push_time_seconds\":{\"type\":\"GAUGE\",\"help\":\"Last "
        "Unix time when a push of this group was accepted.\",\"metrics\":"
        "[{\"labels\":{\"job\":\"k\"},\"value\":\"0\"}],"
        "\"time_stamp\":\"9999-12-31T23:59:59Z\"}},"
        "{\"labels\":{},\"last_push_successful\":true,"
        "\"push_time_seconds\":{\"type\":\"COUNTER\",\"metrics\":["
        "{\"labels\":{\"job\":\"j\"},\"value\":\"2\"}],"
        "\"time_stamp\":\"2023-11-14T22:13:20Z\"}}]}");
    json_free(read_back(&out));
    exposition_json_free(&exposition);
    strbuf_free(&out);
}

static void check_damaged(const struct scene *scene) {
    struct strbuf out = {0};
    struct exposition_json exposition;
    exposition_json_begin(&exposition, &out);
    exposition_json_family(&exposition, &scene->family);
    size_t before = out.len;
    for (size_t i = 0; i < SERIES_MAX && scene->series[i].labels; i++)
        if (write_series(&exposition, &scene->series[i]) != -1 ||
            out.len != before)
            fail_msg("written: %s", scene->series[i].labels);
    exposition_json_end(&exposition);
    assert_string_equal(out.data, "{\"status\":\"success\",\"data\":[]}");
    exposition_json_free(&exposition);
    strbuf_free(&out);
}

static void test_damaged(void **state) {
    struct strbuf out = {0};
    struct exposition_json exposition;
    const struct series without = {.value = 1};
    (void)state;
    check_damaged(&damaged_labels);
    check_damaged(&damaged_buckets);
    exposition_json_begin(&exposition, &out);
    size_t before = out.len;
    exposition_json_family(&exposition, &one.family);
    assert_int_equal(exposition_json_series(&exposition, &without), -1);
    assert_int_equal(out.len, before);
    exposition_json_free(&exposition);
    strbuf_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_documents),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests_name("exposition_json", tests, NULL, NULL);
}

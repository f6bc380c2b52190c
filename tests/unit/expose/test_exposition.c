/* Families and series in each format. tests/data/exposition has the whole
 * output. */
#include "expose/exposition.h"

#include "corpus.h"
#include "exposition_scenes.h"
#include "metric_families.h"
#include "unpack.h"

static int write_series(struct exposition *exposition,
                        const struct family *family,
                        const struct series *literal) {
    char labels[200];
    struct series series;
    scene_place(literal, &series, labels);
    return exposition_series(exposition, family, &series);
}

static struct value_set claims; /* of all scenes */

static int claim_all(void **state) {
    char name[FAMILY_CLAIM_SIZE];
    size_t len;
    (void)state;
    for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
        for (size_t k = 0; (len = family_claim(&scenes[i].family, k, name)) > 0;
             k++)
            if (value_set_add(&claims, name, len) == VALUE_NONE)
                return -1;
    return 0;
}

static int claim_nothing(void **state) {
    (void)state;
    value_set_free(&claims);
    return 0;
}

static void begin(struct exposition *exposition, const struct family *family) {
    exposition_family(exposition, family, family_base_length(family, &claims));
}

static void write_scene(struct exposition *exposition,
                        const struct scene *scene) {
    begin(exposition, &scene->family);
    for (size_t i = 0; i < SERIES_MAX && scene->series[i].labels; i++)
        assert_int_equal(
            write_series(exposition, &scene->family, &scene->series[i]), 0);
    exposition_family_end(exposition);
}

static void check_format(enum exposition_format format, const char *suffix) {
    struct pack pack = {.length = 0};
    struct strbuf out = {0};
    struct exposition exposition = {
        .format = format, .out = &pack, .created = true};
    for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
        write_scene(&exposition, &scenes[i]);
    exposition_end(&exposition);
    unpack(&pack, &out);
    if (format == EXPOSITION_PROTOBUF)
        show_families(&out);
    corpus_expect("tests/data/exposition/all.c", suffix, &out);
    exposition_free(&exposition);
    pack_free(&pack);
    strbuf_free(&out);
}

static void test_text(void **state) {
    (void)state;
    check_format(EXPOSITION_TEXT, ".text");
}

static void test_openmetrics(void **state) {
    (void)state;
    check_format(EXPOSITION_OPENMETRICS, ".openmetrics");
}

static void test_protobuf(void **state) {
    (void)state;
    check_format(EXPOSITION_PROTOBUF, ".protobuf");
}

static void check_damaged(const struct scene *scene, size_t want,
                          enum exposition_format format) {
    struct pack out = {.length = 0};
    struct exposition exposition = {.format = format, .out = &out};
    size_t count = 0;
    begin(&exposition, &scene->family);
    size_t before = out.parts.len;
    for (; count < SERIES_MAX && scene->series[count].labels; count++) {
        const struct series *series = &scene->series[count];
        if (write_series(&exposition, &scene->family, series) != -1 ||
            out.parts.len != before)
            fail_msg("exposed: %s %s", series->labels,
                     series->buckets ? series->buckets : "");
    }
    assert_int_equal(count, want);
    struct series good = {.labels = "{}", .buckets = "[0,0]"};
    assert_int_equal(write_series(&exposition, &scene->family, &good), 0);
    assert_true(out.parts.len > before);
    assert_false(out.parts.failed);
    exposition_free(&exposition);
    pack_free(&out);
}

static void test_damaged(void **state) {
    (void)state;
    for (enum exposition_format format = EXPOSITION_TEXT;
         format <= EXPOSITION_PROTOBUF; format++) {
        check_damaged(&damaged_labels, 11, format);
        check_damaged(&damaged_buckets, 11, format);
        check_damaged(&clashing[0], 2, format);
        check_damaged(&clashing[1], 2, format);
    }
}

/* A column of the row is NULL. */
static void test_no_labels(void **state) {
    struct pack out = {.length = 0};
    struct exposition exposition = {.format = EXPOSITION_TEXT, .out = &out};
    struct series series = {.value = 1};
    (void)state;
    assert_int_equal(exposition_series(&exposition, &scenes[0].family, &series),
                     -1);
    assert_int_equal(out.parts.len, 0);
    exposition_free(&exposition);
    pack_free(&out);
}

static void test_content_types(void **state) {
    (void)state;
    assert_string_equal(exposition_content_type(EXPOSITION_TEXT),
                        "text/plain; version=0.0.4; charset=utf-8");
    assert_string_equal(
        exposition_content_type(EXPOSITION_OPENMETRICS),
        "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert_string_equal(
        exposition_content_type(EXPOSITION_PROTOBUF),
        "application/vnd.google.protobuf; "
        "proto=io.prometheus.client.MetricFamily; encoding=delimited");
    assert_string_equal(exposition_content_type(EXPOSITION_JSON),
                        "application/json");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),      cmocka_unit_test(test_openmetrics),
        cmocka_unit_test(test_protobuf),  cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_no_labels), cmocka_unit_test(test_content_types),
    };
    return cmocka_run_group_tests_name("exposition", tests, claim_all,
                                       claim_nothing);
}

/* Every row of the table of types: from two samples of a series to the whole
 * text of each format, and back through a push. A new type has a row here. */
#include "metrics/type.h"

#include "check.h"
#include "expose/exposition.h"
#include "expose/json.h"
#include "ingest/text/text.h"
#include "metrics/fold.h"
#include "unpack.h"

static const struct {
    const char *text;
    const char *openmetrics;
    const char *json;
} wants[] = {
    [METRIC_COUNTER] = {"# TYPE x_total counter\n"
                        "x_total{a=\"1\"} 5\n",
                        "# TYPE x counter\n"
                        "x_total{a=\"1\"} 5\n"
                        "x_created{a=\"1\"} 9\n",
                        "\"x_total\":{\"type\":\"COUNTER\",\"metrics\":["
                        "{\"labels\":{\"a\":\"1\"},\"value\":\"5\"}]}"},
    [METRIC_GAUGE] = {"# TYPE x_total gauge\n"
                      "x_total{a=\"1\"} 3\n",
                      "# TYPE x_total gauge\n"
                      "x_total{a=\"1\"} 3\n",
                      "\"x_total\":{\"type\":\"GAUGE\",\"metrics\":["
                      "{\"labels\":{\"a\":\"1\"},\"value\":\"3\"}]}"},
    [METRIC_HISTOGRAM] = {"# TYPE x_total histogram\n"
                          "x_total_bucket{a=\"1\",le=\"2\"} 1\n"
                          "x_total_bucket{a=\"1\",le=\"+Inf\"} 4\n"
                          "x_total_sum{a=\"1\"} 11\n"
                          "x_total_count{a=\"1\"} 4\n",
                          "# TYPE x_total histogram\n"
                          "x_total_bucket{a=\"1\",le=\"2.0\"} 1\n"
                          "x_total_bucket{a=\"1\",le=\"+Inf\"} 4\n"
                          "x_total_sum{a=\"1\"} 11\n"
                          "x_total_count{a=\"1\"} 4\n"
                          "x_total_created{a=\"1\"} 9\n",
                          "\"x_total\":{\"type\":\"HISTOGRAM\",\"metrics\":["
                          "{\"labels\":{\"a\":\"1\"},"
                          "\"buckets\":{\"2\":\"1\",\"+Inf\":\"4\"},"
                          "\"count\":\"4\",\"sum\":\"11\"}]}"},
    [METRIC_SUMMARY] = {"# TYPE x_total summary\n"
                        "x_total_sum{a=\"1\"} 11\n"
                        "x_total_count{a=\"1\"} 4\n",
                        "# TYPE x_total summary\n"
                        "x_total_sum{a=\"1\"} 11\n"
                        "x_total_count{a=\"1\"} 4\n"
                        "x_total_created{a=\"1\"} 9\n",
                        "\"x_total\":{\"type\":\"SUMMARY\",\"metrics\":["
                        "{\"labels\":{\"a\":\"1\"},\"quantiles\":{},"
                        "\"count\":\"4\",\"sum\":\"11\"}]}"},
    [METRIC_UNTYPED] = {"# TYPE x_total untyped\n"
                        "x_total{a=\"1\"} 3\n",
                        "# TYPE x_total unknown\n"
                        "x_total{a=\"1\"} 3\n",
                        "\"x_total\":{\"type\":\"UNTYPED\",\"metrics\":["
                        "{\"labels\":{\"a\":\"1\"},\"value\":\"3\"}]}"},
};
_Static_assert(COUNT(wants) == METRIC_TYPES, "one row for each type");

/* Folds the values 2 and 3, and observations of 5.5 in sum, into a series. The
 * caller frees buckets. */
static void fold_two(struct family *family, struct series *series,
                     struct strbuf *buckets) {
    static const uint64_t counts[2][2] = {{1, 1}, {0, 2}};
    struct fold fold = {0};
    uint32_t value = 0;
    for (size_t i = 0; i < 2; i++) {
        const struct sample sample = {.family = family,
                                      .values = &value,
                                      .value = 2 + (double)i,
                                      .buckets = counts[i],
                                      .sum = 5.5,
                                      .count = 2};
        assert_int_equal(fold_add(&fold, &sample), 0);
    }
    const struct delta *delta = fold.pending[0];
    assert_int_equal(fold.pending_count, 1);
    if (delta->buckets)
        histogram_write_json(delta->buckets, 2, buckets);
    *series = (struct series){.labels = "{\"a\":\"1\"}",
                              .labels_len = 9,
                              .value = delta->value,
                              .sum = delta->sum,
                              .count = delta->count,
                              .buckets = buckets->data,
                              .buckets_len = buckets->len,
                              .created_at = 9};
    fold_free(&fold);
}

/* The text reads back as a push of a family of that name and type. */
static void read_back(const struct family *family,
                      enum exposition_format format, const struct strbuf *out) {
    struct pushed pushed = {.room = 0};
    struct err err;
    if ((format == EXPOSITION_TEXT ? ingest_prometheus : ingest_openmetrics)(
            out->data, out->len, &pushed, &err) != 0)
        fail_msg("%s: %s", metric_type_name(family->type), err.message);
    assert_int_equal(pushed_count(&pushed), 1);
    check_text(metric_type_name(family->type), pushed.families[0].name,
               family->name);
    check_number(metric_type_name(family->type), pushed.families[0].type,
                 family->type);
    pushed_free(&pushed);
}

static void check_format(const struct family *family,
                         const struct series *series,
                         enum exposition_format format, const char *want) {
    static const struct value_set claims;
    struct pack pack = {.length = 0};
    struct strbuf out = {0};
    struct exposition exposition = {
        .format = format, .out = &pack, .created = true};
    exposition_family(&exposition, family, family_base_length(family, &claims));
    assert_int_equal(exposition_series(&exposition, family, series), 0);
    unpack(&pack, &out);
    check_text(metric_type_name(family->type), out.data, want);
    exposition_end(&exposition);
    unpack(&pack, &out);
    read_back(family, format, &out);
    exposition_free(&exposition);
    pack_free(&pack);
    strbuf_free(&out);
}

static void check_json(const struct family *family, const struct series *series,
                       const char *want) {
    struct strbuf out = {0};
    struct strbuf whole = {0};
    struct exposition_json exposition;
    strbuf_printf(&whole,
                  "{\"status\":\"success\",\"data\":[{\"labels\":{},"
                  "\"last_push_successful\":true,%s}]}",
                  want);
    exposition_json_begin(&exposition, &out);
    exposition_json_family(&exposition, family);
    assert_int_equal(exposition_json_series(&exposition, series), 0);
    exposition_json_end(&exposition);
    assert_false(out.failed || whole.failed);
    check_text(metric_type_name(family->type), out.data, whole.data);
    exposition_json_free(&exposition);
    strbuf_free(&whole);
    strbuf_free(&out);
}

static void every_type(void **state) {
    static double bounds[] = {2};
    (void)state;
    for (size_t i = 0; i < METRIC_TYPES; i++) {
        struct family family = {.name = "x_total",
                                .help = "",
                                .unit = "",
                                .type = (enum metric_type)i,
                                .any_labels = true,
                                .bounds = bounds,
                                .bound_count = 1};
        struct strbuf buckets = {0};
        struct series series;
        fold_two(&family, &series, &buckets);
        check_format(&family, &series, EXPOSITION_TEXT, wants[i].text);
        check_format(&family, &series, EXPOSITION_OPENMETRICS,
                     wants[i].openmetrics);
        check_json(&family, &series, wants[i].json);
        strbuf_free(&buckets);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_type)};
    return cmocka_run_group_tests_name("types", tests, NULL, NULL);
}

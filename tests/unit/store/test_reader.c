/* The reads of a scrape, beside a responder that commits. */
#include "store/reader.h"

#include "store_fixture.h"

static int collect_series(void *context, const struct series *series) {
    struct strbuf *out = context;
    strbuf_printf(
        out, "%.*s %g %g %.*s %lld\n", (int)series->labels_len, series->labels,
        series->value, series->sum, (int)series->buckets_len,
        series->buckets ? series->buckets : "", (long long)series->created_at);
    return 0;
}

static int stop_at_once(void *context, const struct series *series) {
    (void)series;
    (*(int *)context)++;
    return 7;
}

/* Births are read only if requested; the rest is the same. */
static void assert_series(struct reader *reader, const struct family *family,
                          const char *want) {
    struct strbuf got = {0};
    struct strbuf unborn = {0};
    struct err err = {.code = ERR_NONE};
    assert_int_equal(reader_series(reader, family, SERIES_BIRTHS,
                                   collect_series, &got, &err),
                     0);
    assert_string_equal(got.data ? got.data : "", want);
    strbuf_reset(&got);
    assert_int_equal(reader_series(reader, family, SERIES_TOTALS,
                                   collect_series, &got, &err),
                     0);
    for (; *want; want += strcspn(want, "\n") + 1)
        strbuf_printf(&unborn, "%.*s0\n",
                      (int)(strcspn(want, "\n") - strlen("1700000000")), want);
    assert_string_equal(got.data ? got.data : "",
                        unborn.data ? unborn.data : "");
    strbuf_free(&got);
    strbuf_free(&unborn);
}

/* A reader sees one snapshot from start to end, ordered by labels. */
static void test_reader_sees_one_snapshot(void **state) {
    struct side side;
    struct reader *reader;
    struct err err = {.code = ERR_NONE};
    int visits = 0;
    (void)state;
    side_open(&side, "{'name': 'c', 'help': 'h', 'type': 'counter', 'labels': "
                     "[{'name': 'l', 'allowedValues': ['z', 'a', 'é']}]},"
                     "{'name': 'h', 'help': 'h', 'type': 'histogram', "
                     "'buckets': [1]}");
    const struct family *c = side.registry.families[0];
    const struct family *h = side.registry.families[1];
    struct family unknown = {.id = 999};
    assert_int_equal(reader_open(scratch_path("t.db"), &reader, &err), 0);
    side_push(&side, "c", "{'l': 'a'}", "1");
    assert_int_equal(reader_begin(reader, &err), 0);
    static const char before[] = "{\"l\":\"a\"} 1 0  1700000000\n"
                                 "{\"l\":\"z\"} 0 0  1700000000\n"
                                 "{\"l\":\"é\"} 0 0  1700000000\n";
    assert_series(reader, c, before);
    side_push(&side, "c", "{'l': 'z'}", "5");
    side_push(&side, "h", "{}", "2");
    assert_series(reader, c, before);
    assert_series(reader, h, "{} 0 0 [0,0] 1700000000\n");
    reader_end(reader);
    assert_int_equal(reader_begin(reader, &err), 0);
    assert_series(reader, c,
                  "{\"l\":\"a\"} 1 0  1700000000\n"
                  "{\"l\":\"z\"} 5 0  1700000000\n"
                  "{\"l\":\"é\"} 0 0  1700000000\n");
    assert_series(reader, h, "{} 0 2 [0,1] 1700000000\n");
    assert_series(reader, &unknown, "");
    assert_int_equal(
        reader_series(reader, c, SERIES_TOTALS, stop_at_once, &visits, &err),
        7);
    assert_int_equal(visits, 1);
    reader_end(reader);
    reader_close(reader);
    side_close(&side);
}

static void test_reader_without_file(void **state) {
    struct reader *reader;
    struct err err = {.code = ERR_NONE};
    char want[500];
    (void)state;
    assert_int_equal(reader_open(scratch_path("t.db"), &reader, &err), -1);
    assert_null(reader);
    (void)snprintf(want, sizeof(want),
                   "database %s: cannot be opened: No such file or "
                   "directory",
                   scratch_path("t.db"));
    assert_string_equal(err.message, want);
    assert_int_equal(access(scratch_path("t.db"), F_OK), -1);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_reader_sees_one_snapshot),
        TEST(test_reader_without_file),
    };
    return cmocka_run_group_tests_name("store_reader", tests, NULL, NULL);
}

/* Families that no file lists: how they become listed and unlisted, and how a
 * scrape reads them. */
#include "store/reader.h"

#include <math.h>

#include "offer_fixture.h"

static const char other[] = "{'name': 'other', 'help': 'h', 'type': 'gauge'}";

#define FAMILIES                                                               \
    "SELECT name, type, help, open FROM family WHERE name <> 'other' "         \
    "ORDER BY name"

/* A file lists a family that pushes have added: the totals stay, and permitted
 * combinations get their zeros. */
static void test_listed_family_keeps_its_totals(void **state) {
    struct side a;
    struct side b;
    static const struct offer offers[] = {
        {"x", METRIC_COUNTER, "{'l':'a'}", .value = 5},
        {"x", METRIC_COUNTER, "{'m':'z'}", .value = 6},
        {"y", METRIC_COUNTER, .value = 7}};
    (void)state;
    side_open(&a, other);
    side_open(&b, other);
    check_text("a", offer_push(&a, offers, 3, NULL), NULL);
    check_text("b", offer_push(&b, offers, 3, NULL), NULL);
    side_load(&a, "{'name': 'x', 'help': 'H', 'type': 'counter', 'labels': ["
                  " {'name': 'l', 'allowedValues': ['a', 'b']}]}");
    assert_null(a.notes.data);
    side_push(&a, "x", "{'l': 'a'}", "1");
    assert_rows(FAMILIES, "x|counter|H|0\ny|counter|h|1\n");
    assert_rows("SELECT labels, value FROM series JOIN total ON series_id = "
                "series.id JOIN family ON family.id = "
                "family_id WHERE name = 'x' ORDER BY labels",
                "{\"l\":\"a\"}|11.0\n{\"l\":\"b\"}|0.0\n{\"m\":\"z\"}|12.0\n");
    assert_rows(OPEN_META, "open_generation|3\nopen_series|1\n");
    /* The family is listed now, whatever else is pushed. */
    check_text("y", offer_push(&a, &offers[2], 1, NULL), NULL);
    check_text("y", offer_push(&b, &offers[2], 1, NULL), NULL);
    assert_rows(OPEN_META, "open_generation|3\nopen_series|1\n");
    sound_close(&a);
    sound_close(&b);
}

/* Listed with another type, the family restarts, and responders with the old
 * type are refused as stale. */
static void test_listed_with_another_type_restarts(void **state) {
    struct side a;
    struct side b;
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    static const struct offer offer = {"x", METRIC_COUNTER, .value = 5};
    (void)state;
    side_open(&a, other);
    side_open(&b, other);
    check_text("b", offer_push(&b, &offer, 1, NULL), NULL);
    side_load(&a, "{'name': 'x', 'help': 'h', 'type': 'gauge'}");
    check_text("note", a.notes.data,
               "the type or the bounds of x have changed: the family starts "
               "again at zero\n");
    assert_rows(FAMILIES, "x|gauge|h|0\n");
    assert_rows(OPEN_META, "open_generation|3\nopen_series|0\n");
    offer_add(&batch, &offer);
    assert_int_equal(turn_commit(&b, &batch, 1, &err), -1);
    assert_int_equal(err.code, ERR_STALE);
    batch_free(&batch);
    assert_rows(TOTALS, "");
    sound_close(&a);
    sound_close(&b);
}

/* A push takes up a family that left the configuration, with its totals and
 * within the limit. */
static void test_former_family_is_adopted(void **state) {
    struct side side;
    enum reject_reason reason = REJECT_REASONS;
    static const struct offer offer = {"x", METRIC_COUNTER, "{'l':'a'}",
                                       .value = 5, .help = "new"};
    (void)state;
    side_open(&side, "{'name': 'x', 'help': 'h', 'type': 'counter', 'labels': ["
                     " {'name': 'l', 'allowedValues': ['a', 'b', 'c']}]}");
    side_push(&side, "x", "{'l': 'a'}", "2");
    side_load(&side, other);
    assert_rows(FAMILIES, "x|counter|h|0\n");
    side.registry.open_series_max = 2;
    check_text(
        "limit", offer_push(&side, &offer, 1, &reason),
        "the push would raise the series of families that no file lists to "
        "3, limits.series leaves 2 for them; push fewer label sets or "
        "raise the limit");
    assert_int_equal(reason, REJECT_SERIES_LIMIT);
    assert_rows(FAMILIES, "x|counter|h|0\n");
    side.registry.open_series_max = 3;
    check_text("fits", offer_push(&side, &offer, 1, NULL), NULL);
    check_text("again", offer_push(&side, &offer, 1, NULL), NULL);
    assert_rows(FAMILIES, "x|counter|new|1\n");
    assert_rows(TOTALS, "x|{\"l\":\"a\"}|12.0\n");
    assert_rows(OPEN_META, "open_generation|2\nopen_series|3\n");
    sound_close(&side);
}

static void remove_label(struct side *side, const char *value) {
    const struct label label = {"l", value, strlen(value)};
    const struct removal removal = {.labels = &label, .count = 1};
    struct batch batch = {.removal = &removal};
    struct err err = {.code = ERR_NONE};
    if (turn_commit(side, &batch, 1, &err) != 0)
        fail_msg("%s", err.message);
}

/* While one responder still lists a family that another has taken up, meta
 * counts the series that either adds or removes. */
static void test_series_are_counted_while_one_lists_them(void **state) {
    struct side a;
    struct side b;
    static const char count[] =
        "SELECT value FROM meta WHERE key = 'open_series'";
    static const struct offer offer = {"x", METRIC_COUNTER, "{'l':'2'}",
                                       .value = 1};
    (void)state;
    side_open(&a, "{'name': 'x', 'help': 'h', 'type': 'counter', 'labels': ["
                  " {'name': 'l', 'maxValues': 9}]}");
    group_push(&a, "{'l':'1'}", "x", "{'l': '1'}", "1");
    side_open(&b, other);
    assert_rows(count, "0\n");
    offer_one(&b, offer);
    assert_rows(count, "2\n");
    group_push(&a, "{'l':'3'}", "x", "{'l': '3'}", "1");
    group_push(&a, "{'l':'3'}", "x", "{'l': '3'}", "1");
    assert_rows(count, "3\n");
    remove_label(&b, "1");
    remove_label(&b, "3");
    assert_rows(count, "1\n");
    assert_rows(OPEN_COUNT, "0\n");
    /* Its row is gone. */
    group_push(&a, "{'l':'3'}", "x", "{'l': '3'}", "1");
    assert_rows(count, "2\n");
    remove_label(&a, "3");
    offer_one(&b, offer);
    assert_rows(count, "1\n");
    assert_rows(TOTALS, "x|{\"l\":\"2\"}|2.0\n");
    sound_close(&a);
    sound_close(&b);
}

/* A file lists a family whose series names collide with an added one: the
 * added one is kept but hidden, and cannot be pushed until the file is
 * changed back. */
static void test_colliding_family_is_hidden(void **state) {
    struct side side;
    enum reject_reason reason = REJECT_REASONS;
    static const struct offer offer = {"x_sum", METRIC_GAUGE, .value = 5};
    (void)state;
    side_open(&side, other);
    offer_one(&side, offer);
    offer_one(&side, (struct offer){"x_count", METRIC_GAUGE, .value = 1});
    offer_one(&side, (struct offer){"y", METRIC_GAUGE, .value = 1});
    side_load(&side, "{'name': 'x', 'help': 'h', 'type': 'summary'}");
    check_text("note", side.notes.data,
               "x_sum, which a push has added, collides with the listed x: it "
               "is kept, but no longer exposed\n"
               "x_count, which a push has added, collides with the listed x: "
               "it is kept, but no longer exposed\n");
    assert_rows(FAMILIES, "x|summary|h|0\nx_count|gauge|h|0\n"
                          "x_sum|gauge|h|0\ny|gauge|h|1\n");
    assert_rows(OPEN_META, "open_generation|6\nopen_series|1\n");
    check_text("push", offer_push(&side, &offer, 1, &reason),
               "x_sum collides with the listed summary x: both would expose "
               "x_sum");
    assert_int_equal(reason, REJECT_NAME_COLLISION);
    side_load(&side, other);
    offer_one(&side, offer);
    assert_rows("SELECT value, count FROM series JOIN total ON series_id = "
                "series.id JOIN family ON "
                "family.id = family_id WHERE name = 'x_sum'",
                "5.0|2\n");
    sound_close(&side);
}

struct seen {
    struct reader *reader;
    struct strbuf out;
    int stop_after;
};

static int show_series(void *context, const struct series *series) {
    struct strbuf *out = context;
    strbuf_printf(out, "  %.*s %g %g %llu %.*s\n", (int)series->labels_len,
                  series->labels, series->value, series->sum,
                  (unsigned long long)series->count, (int)series->buckets_len,
                  series->buckets ? series->buckets : "");
    return 0;
}

static int show_family(void *context, const struct family *family) {
    struct seen *seen = context;
    struct err err = {.code = ERR_NONE};
    assert_true(family->open);
    strbuf_printf(&seen->out, "%s %s '%s' '%s'", metric_type_name(family->type),
                  family->name, family->help, family->unit);
    for (size_t i = 0; i < family->bound_count; i++)
        strbuf_printf(&seen->out, " %g", family->bounds[i]);
    strbuf_add_char(&seen->out, '\n');
    assert_int_equal(reader_series(seen->reader, family, SERIES_TOTALS,
                                   show_series, &seen->out, &err),
                     0);
    return --seen->stop_after == 0 ? 7 : 0;
}

static void assert_seen(struct reader *reader, int stop_after,
                        const char *want) {
    struct seen seen = {.reader = reader, .stop_after = stop_after};
    struct err err = {.code = ERR_NONE};
    assert_int_equal(reader_open_families(reader, show_family, &seen, &err),
                     stop_after > 0 ? 7 : 0);
    check_text("families", seen.out.data ? seen.out.data : "", want);
    strbuf_free(&seen.out);
}

/* A scrape sees the families by name, with their series, in one snapshot; it
 * skips families without series and damaged ones. */
static void test_scrape_reads_added_families(void **state) {
    struct side side;
    struct reader *reader;
    struct err err = {.code = ERR_NONE};
    static const struct offer offers[] = {
        {"u", METRIC_UNTYPED, .value = NAN},
        {"s", METRIC_SUMMARY, "{'b':'1'}", .sum = 2.5, .count = 4},
        {"s", METRIC_SUMMARY, "{'a':'1'}", .count = 1},
        {"h", METRIC_HISTOGRAM, .sum = -1, .count = 3, .buckets = {1, 0, 2},
         .bounds = {-0.5, 1e10}, .bound_count = 2},
        {"h0", METRIC_HISTOGRAM, .count = 1, .buckets = {1}},
        {"c", METRIC_COUNTER, .value = 1, .help = "é", .unit = "s"},
        {"g", METRIC_GAUGE, .value = -INFINITY},
        {"g", METRIC_GAUGE, "{'a':'1'}", .value = 0}};
    static const char want[] = "counter c 'é' 's'\n"
                               "  {} 1 0 0 \n"
                               "gauge g 'h' ''\n"
                               "  {\"a\":\"1\"} 0 0 0 \n"
                               "  {} -inf 0 0 \n"
                               "histogram h 'h' '' -0.5 1e+10\n"
                               "  {} 0 -1 0 [1,0,2]\n"
                               "histogram h0 'h' ''\n"
                               "  {} 0 0 0 [1]\n"
                               "summary s 'h' ''\n"
                               "  {\"a\":\"1\"} 0 0 1 \n"
                               "  {\"b\":\"1\"} 0 2.5 4 \n"
                               "untyped u 'h' ''\n"
                               "  {} nan 0 0 \n";
    (void)state;
    side_open(&side, other);
    assert_int_equal(reader_open(scratch_path("t.db"), &reader, &err), 0);
    assert_seen(reader, 0, "");
    check_text("push", offer_push(&side, offers, COUNT(offers), NULL), NULL);
    assert_int_equal(reader_begin(reader, &err), 0);
    assert_seen(reader, 0, want);
    outsider_run("DELETE FROM series WHERE family_id IN "
                 "(SELECT id FROM family WHERE name = 'g');"
                 "UPDATE family SET bounds = '[1,1]' WHERE name = 'h';"
                 "UPDATE family SET bounds = '[1e999]' WHERE name = 'h0';"
                 "UPDATE family SET name = 'a b' WHERE name = 'c';"
                 "UPDATE family SET help = CAST(x'FF' AS TEXT) "
                 "WHERE name = 'u'");
    assert_seen(reader, 0, want);
    assert_seen(reader, 1, "counter c 'é' 's'\n  {} 1 0 0 \n");
    reader_end(reader);
    assert_int_equal(reader_begin(reader, &err), 0);
    assert_seen(reader, 0,
                "summary s 'h' ''\n"
                "  {\"a\":\"1\"} 0 0 1 \n"
                "  {\"b\":\"1\"} 0 2.5 4 \n");
    reader_end(reader);
    reader_close(reader);
    side_close(&side);
}

/* Bounds are parsed strictly. */
static void test_damaged_bounds_are_skipped(void **state) {
    static const char *const damaged[] = {
        "",      "null",    "{}",        "1",         "[",       "[1,]",
        "[2,1]", "[\"1\"]", "[null]",    "[1,[2]]",   "[1e400]", "[1,1]",
        "[1] ]", "[+1]",    "[1,2,1.5]", "[Infinity]"};
    struct side side;
    struct reader *reader;
    struct err err = {.code = ERR_NONE};
    (void)state;
    side_open(&side, other);
    offer_one(&side, (struct offer){"h", METRIC_HISTOGRAM, .count = 1,
                                    .buckets = {1, 0}, .bounds = {1},
                                    .bound_count = 1});
    assert_int_equal(reader_open(scratch_path("t.db"), &reader, &err), 0);
    for (size_t i = 0; i < COUNT(damaged); i++) {
        char sql[100];
        (void)snprintf(sql, sizeof(sql),
                       "UPDATE family SET bounds = '%s' WHERE name = 'h'",
                       damaged[i]);
        outsider_run(sql);
        assert_seen(reader, 0, "");
    }
    outsider_run("UPDATE family SET bounds = '[1]' WHERE name = 'h'");
    assert_seen(reader, 0, "histogram h 'h' '' 1\n  {} 0 0 0 [1,0]\n");
    reader_close(reader);
    sound_close(&side);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_listed_family_keeps_its_totals),
        TEST(test_listed_with_another_type_restarts),
        TEST(test_former_family_is_adopted),
        TEST(test_series_are_counted_while_one_lists_them),
        TEST(test_colliding_family_is_hidden),
        TEST(test_scrape_reads_added_families),
        TEST(test_damaged_bounds_are_skipped),
    };
    return cmocka_run_group_tests_name("store_open_life", tests, NULL, NULL);
}

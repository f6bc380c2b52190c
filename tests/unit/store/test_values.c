/* An open label never has more than maxValues values, whatever happens to
 * turns, series, responders and the database. */
#include "store/store.h"

#include <stdlib.h>
#include <unistd.h>

#include "offer_fixture.h"
#include "store/prune.h"

#define VALUES                                                                 \
    "SELECT DISTINCT labels ->> 'page' FROM series JOIN family ON "            \
    "family.id = family_id WHERE name = 'o' ORDER BY 1"

/* The series is in the group that remove_page removes. */
static void push_page(struct side *side, const char *page) {
    char labels[100];
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    struct label label = {"page", page, strlen(page)};
    (void)snprintf(labels, sizeof(labels), "{'page': '%s', 'kind': 'x'}", page);
    const struct push push = {NULL, "o", labels, "1"};
    push_parse(&push, side, &batch);
    assert_int_equal(batch_set_group(&batch, &label, 1, NOW, false), 0);
    batch.samples[0].group = &batch.groups[0];
    if (turn_commit(side, &batch, 1, &err) != 0)
        fail_msg("%s", err.message);
    assert_false(batch.refused);
    batch_free(&batch);
}

static void remove_page(struct side *side, const char *page) {
    struct label label = {"page", page, strlen(page)};
    struct removal removal = {.labels = &label, .count = 1};
    struct batch batch = {.removal = &removal};
    struct err err = {.code = ERR_NONE};
    assert_int_equal(turn_commit(side, &batch, 1, &err), 0);
}

/* Each value is learned, even if several series have the same totals. */
static void test_equal_totals_are_separate_values(void **state) {
    static const char *const histogram =
        "{'name': 'o', 'help': 'h', 'type': 'histogram', 'buckets': [1], "
        "'labels': [{'name': 'page', 'maxValues': 2},"
        " {'name': 'kind', 'allowedValues': ['x', 'y']}]}";
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct side a;
        struct side b;
        assert_int_equal(scratch_clear(state), 0);
        assert_int_equal(scratch_make(state), 0);
        side_open(&a, i == 0 ? open_family : histogram);
        push_page(&a, "/0");
        push_page(&a, "/1");
        side_open(&b, i == 0 ? open_family : histogram);
        push_page(&b, "/2");
        push_page(&b, "/1");
        push_page(&a, "/3");
        assert_rows(VALUES, "/0\n/1\nother\n");
        side_close(&a);
        side_close(&b);
    }
}

/* A row with damaged labels has no value and fails no push. */
static void test_damaged_labels_have_no_value(void **state) {
    struct side a;
    (void)state;
    side_open(&a, open_family);
    push_page(&a, "/0");
    outsider_run("INSERT INTO series (family_id, labels, created_at) "
                 "SELECT id, '{\"page\":', 1 FROM family;"
                 "INSERT INTO total (series_id, updated_at) "
                 "VALUES (last_insert_rowid(), 1)");
    side_load(&a, open_family);
    push_page(&a, "/1");
    push_page(&a, "/2");
    outsider_run("DELETE FROM series WHERE NOT json_valid(labels)");
    assert_rows(VALUES, "/0\n/1\nother\n");
    side_close(&a);
}

/* Two responders know the same values; one removes a series, and a third
 * responder uses its place. */
static void test_freed_place_is_used(void **state) {
    struct side a;
    struct side b;
    struct side late;
    (void)state;
    side_open(&a, open_family);
    side_open(&b, open_family);
    push_page(&a, "/0");
    push_page(&b, "/0");
    push_page(&a, "/1");
    push_page(&b, "/1");
    remove_page(&a, "/1");
    side_open(&late, open_family);
    push_page(&late, "/2");
    push_page(&b, "/1"); /* from its memory, and the row is known */
    push_page(&a, "/1");
    assert_rows(VALUES, "/0\n/2\nother\n");
    assert_rows(TOTALS, "o|{\"kind\":\"x\",\"page\":\"/0\"}|2.0\n"
                        "o|{\"kind\":\"x\",\"page\":\"/2\"}|1.0\n"
                        "o|{\"kind\":\"x\",\"page\":\"other\"}|2.0\n");
    /* A responder that considers the label full uses the freed place. */
    remove_page(&late, "/2");
    push_page(&b, "/3");
    assert_rows(VALUES, "/0\n/3\nother\n");
    side_close(&a);
    side_close(&b);
    side_close(&late);
}

/* This responder never pushed the series, but knows its value. */
static void test_value_of_an_unknown_row_is_freed(void **state) {
    struct side a;
    struct side b;
    struct side late;
    (void)state;
    side_open(&a, open_family);
    push_page(&a, "/0");
    push_page(&a, "/1");
    side_open(&b, open_family);
    remove_page(&a, "/1");
    side_open(&late, open_family);
    push_page(&late, "/2");
    push_page(&b, "/1");
    assert_rows(VALUES, "/0\n/2\nother\n");
    side_close(&a);
    side_close(&b);
    side_close(&late);
}

/* A value is in a batch already when its series is removed in the same turn, or
 * by another responder. */
static void test_value_removed_in_the_same_turn(void **state) {
    struct side a;
    struct side b;
    struct err err = {.code = ERR_NONE};
    struct label label = {"page", "/1", 2};
    struct removal removal = {.labels = &label, .count = 1};
    static const struct push known = {NULL, "o", "{'page': '/1', 'kind': 'x'}",
                                      "1"};
    static const struct push other = {NULL, "o", "{'page': '/2', 'kind': 'x'}",
                                      "1"};
    (void)state;
    side_open(&a, open_family);
    side_open(&b, open_family);
    push_page(&a, "/0");
    push_page(&a, "/1");
    for (int i = 0; i < 2; i++) {
        struct batch batches[3] = {{.count = 0}, {.removal = &removal}};
        push_parse(&known, &a, &batches[0]);
        push_parse(&other, &a, &batches[2]);
        if (i == 1) {
            push_page(&b, "/1"); /* it is in the group again */
            remove_page(&b, "/1");
            push_page(&b, "/3");
        }
        assert_int_equal(turn_commit(&a, batches, 3, &err), 0);
        batch_free(&batches[0]);
        batch_free(&batches[2]);
        assert_rows(VALUES, i == 0 ? "/0\n/1\nother\n" : "/0\n/3\nother\n");
    }
    side_close(&a);
    side_close(&b);
}

/* Between two steps of a prune, before it announces its end. */
static void test_pruned_value_is_freed(void **state) {
    struct side a;
    struct side late;
    struct err err = {.code = ERR_NONE};
    struct prune_family family = {.name = "o", .reason = PRUNE_IDLE};
    const struct prune_list list = {.horizon = NOW + 10};
    (void)state;
    side_open(&a, open_family);
    push_page(&a, "/0");
    push_page(&a, "/1");
    struct strbuf id = outsider_rows("SELECT id FROM family");
    struct strbuf row =
        outsider_rows("SELECT id FROM series WHERE labels ->> 'page' = '/1'");
    int64_t series = strtoll(row.data, NULL, 10);
    family.id = strtoll(id.data, NULL, 10);
    family.series = &series;
    family.count = 1;
    side_open(&late, open_family);
    assert_int_equal(store_prune_series(late.store, &list, &family, &err), 1);
    assert_int_equal(family.deleted, 1);
    side_close(&late);
    side_open(&late, open_family);
    push_page(&late, "/2");
    push_page(&a, "/1");
    assert_rows(VALUES, "/0\n/2\nother\n");
    strbuf_free(&id);
    strbuf_free(&row);
    side_close(&a);
    side_close(&late);
}

/* An outsider announces no removal: the missing row shows it. */
static void test_value_deleted_by_an_outsider_is_freed(void **state) {
    struct side a;
    struct side b;
    (void)state;
    side_open(&a, open_family);
    push_page(&a, "/0");
    push_page(&a, "/1");
    outsider_run("DELETE FROM series WHERE labels ->> 'page' = '/1'");
    side_open(&b, open_family);
    push_page(&b, "/2");
    push_page(&a, "/1");
    assert_rows(VALUES, "/0\n/2\nother\n");
    side_close(&a);
    side_close(&b);
}

/* After a failure a responder opens its store again with its configuration;
 * meanwhile others have removed values, or the file was replaced. */
static void test_reopened_store_reads_the_values(void **state) {
    for (int replaced = 0; replaced < 2; replaced++) {
        struct side a;
        struct side b;
        struct err err = {.code = ERR_NONE};
        struct batch waiting = {.count = 0};
        static const struct push known = {NULL, "o",
                                          "{'page': '/1', 'kind': 'x'}", "1"};
        assert_int_equal(scratch_clear(state), 0);
        assert_int_equal(scratch_make(state), 0);
        side_open(&a, open_family);
        push_page(&a, "/0");
        push_page(&a, "/1");
        push_parse(&known, &a, &waiting);
        store_close(a.store);
        if (replaced) {
            assert_int_equal(unlink(scratch_path("t.db")), 0);
            side_open(&b, open_family);
            push_page(&b, "/9");
        } else {
            side_open(&b, open_family);
            remove_page(&b, "/0");
        }
        push_page(&b, "/2");
        assert_int_equal(batch_unresolve(&waiting), 0);
        assert_int_equal(
            store_open(scratch_path("t.db"), false, &a.store, &err), 0);
        assert_int_equal(store_load(a.store, &a.registry, NOW, &a.notes, &err),
                         0);
        assert_int_equal(turn_commit(&a, &waiting, 1, &err), 0);
        push_page(&a, "/0");
        assert_rows(VALUES, replaced ? "/2\n/9\nother\n" : "/1\n/2\nother\n");
        batch_free(&waiting);
        side_close(&a);
        side_close(&b);
    }
}

/* A batch of the turn is refused, and the commit of the rest fails or succeeds:
 * only values in the database take a place. */
static void test_refused_batch_takes_no_value(void **state) {
    struct side a;
    struct side b;
    struct err err = {.code = ERR_NONE};
    static const char *const families =
        "{'name': 'h', 'help': 'h', 'type': 'histogram', 'buckets': [1]},"
        "{'name': 'o', 'help': 'h', 'type': 'counter', 'labels': ["
        " {'name': 'page', 'maxValues': 2},"
        " {'name': 'kind', 'allowedValues': ['x', 'y']}]}";
    static const struct push pushes[] = {
        {NULL, "h", "{}", "1"},
        {NULL, "o", "{'page': '/1', 'kind': 'x'}", "1"},
        {NULL, "o", "{'page': '/2', 'kind': 'x'}", "1"}};
    struct batch batches[2] = {{.count = 0}};
    (void)state;
    side_open(&a, families);
    side_open(&b, families);
    push_page(&a, "/0");
    outsider_run(OUTSIDER_FILL);
    push_parse(&pushes[0], &a, &batches[0]);
    struct batch lost = {.count = 0};
    push_parse(&pushes[1], &a, &lost);
    *batch_add(&batches[0]) = lost.samples[0];
    push_parse(&pushes[2], &a, &batches[1]);
    assert_int_equal(turn_commit(&a, batches, 2, &err), 0);
    assert_true(batches[0].refused);
    assert_false(batches[1].refused);
    outsider_run(OUTSIDER_EMPTY);
    assert_rows(VALUES, "/0\n/2\n");
    push_page(&a, "/1");
    push_page(&b, "/1");
    push_page(&b, "/2");
    push_page(&a, "/0");
    assert_rows(TOTALS, "o|{\"kind\":\"x\",\"page\":\"/0\"}|2.0\n"
                        "o|{\"kind\":\"x\",\"page\":\"/2\"}|2.0\n"
                        "o|{\"kind\":\"x\",\"page\":\"other\"}|2.0\n");
    batch_free(&batches[0]);
    batch_free(&batches[1]);
    batch_free(&lost);
    side_close(&a);
    side_close(&b);
}

/* Three responders act in random order, the same in each run. */
static void test_limit_holds_in_any_order(void **state) {
    struct side sides[3];
    unsigned seed = 1;
    (void)state;
    for (size_t i = 0; i < COUNT(sides); i++)
        side_open(&sides[i], open_family);
    for (int i = 0; i < 600; i++) {
        seed = seed * 1103515245 + 12345;
        unsigned what = seed >> 16 & 15;
        struct side *side = &sides[(seed >> 20 & 0xFF) % COUNT(sides)];
        char page[8];
        (void)snprintf(page, sizeof(page), "/%u", seed >> 26 & 3);
        if (what < 11)
            push_page(side, page);
        else if (what < 14)
            remove_page(side, page);
        else
            side_load(side, open_family);
        assert_rows("SELECT count(DISTINCT labels ->> 'page') <= 2 FROM series "
                    "WHERE labels ->> 'page' <> 'other'",
                    "1\n");
    }
    for (size_t i = 0; i < COUNT(sides); i++)
        side_close(&sides[i]);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_equal_totals_are_separate_values),
        TEST(test_damaged_labels_have_no_value),
        TEST(test_freed_place_is_used),
        TEST(test_value_of_an_unknown_row_is_freed),
        TEST(test_value_removed_in_the_same_turn),
        TEST(test_pruned_value_is_freed),
        TEST(test_value_deleted_by_an_outsider_is_freed),
        TEST(test_reopened_store_reads_the_values),
        TEST(test_refused_batch_takes_no_value),
        TEST(test_limit_holds_in_any_order),
    };
    return cmocka_run_group_tests_name("store_values", tests, NULL, NULL);
}

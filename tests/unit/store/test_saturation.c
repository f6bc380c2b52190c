/* Totals saturate: no push makes a number that its column cannot hold, as this
 * would fail every turn with the series. */
#include "store/store.h"

#include <math.h>

#include "offer_fixture.h"
#include "store/commit.h"

#define COUNT_END "9007199254740992"

static const char types[] =
    "{'name': 'c', 'help': 'h', 'type': 'counter'},"
    "{'name': 'h', 'help': 'h', 'type': 'histogram', 'buckets': [1, 10]},"
    "{'name': 's', 'help': 'h', 'type': 'summary'},"
    "{'name': 'last', 'help': 'h', 'type': 'gauge'},"
    "{'name': 'max', 'help': 'h', 'type': 'gauge', 'gauge': 'max'},"
    "{'name': 'sum', 'help': 'h', 'type': 'gauge', 'gauge': 'sum'}";

static const uint64_t many = (uint64_t)1 << 53;

/* The sample of each batch. */
struct addition {
    const char *family;
    double value;
    double sum;
    uint64_t count;
    uint64_t buckets[3];
    int64_t at;
};

static void add(struct side *side, struct batch *batch,
                const struct addition *addition) {
    struct sample *sample = batch_add(batch);
    assert_non_null(sample);
    sample->family = registry_find(&side->registry, addition->family,
                                   strlen(addition->family));
    assert_non_null(sample->family);
    sample->value = addition->value;
    sample->sum = addition->sum;
    sample->count = addition->count;
    sample->at = addition->at;
    if (sample->family->type == METRIC_HISTOGRAM)
        sample->buckets = addition->buckets;
}

/* One turn of `count` batches with the same sample. */
static void push_often(struct side *side, const struct addition *addition,
                       size_t count) {
    struct batch batches[8] = {{.count = 0}};
    struct err err = {.code = ERR_NONE};
    for (size_t i = 0; i < count; i++)
        add(side, &batches[i], addition);
    if (turn_commit(side, batches, count, &err) != 0)
        fail_msg("%s: %s", addition->family, err.message);
    for (size_t i = 0; i < count; i++) {
        assert_false(batches[i].refused);
        batch_free(&batches[i]);
    }
}

static void test_ends(void **state) {
    static const struct {
        const char *before; /* stored in the series; NULL: zero */
        struct addition addition;
        size_t times; /* in one turn */
        const char *want;
    } cases[] = {
        /* Over the limit only together. */
        {NULL, {"c", .value = 4e99}, 2, "8.0e+99|0.0|0|NULL\n"},
        {NULL, {"c", .value = 4e99}, 3, "1.0e+100|0.0|0|NULL\n"},
        {NULL, {"sum", .value = -4e99}, 3, "-1.0e+100|0.0|3|NULL\n"},
        {NULL, {"sum", .value = 1.7e308}, 2, "1.0e+100|0.0|2|NULL\n"},
        {NULL, {"sum", .value = INFINITY}, 1, "1.0e+100|0.0|1|NULL\n"},
        {NULL, {"sum", .value = 1.7e308, .at = 5}, 2, "1.0e+100|0.0|2|NULL\n"},
        {NULL,
         {"h", .sum = 4e99, .count = many / 2, .buckets = {0, many / 2}},
         3,
         "0.0|1.0e+100|" COUNT_END "|[0," COUNT_END ",0]\n"},
        {NULL,
         {"s", .sum = -4e99, .count = many / 2},
         3,
         "0.0|-1.0e+100|" COUNT_END "|NULL\n"},
        {NULL,
         {"h", .count = many, .buckets = {many, many, many}},
         8,
         "0.0|0.0|" COUNT_END "|[" COUNT_END "," COUNT_END "," COUNT_END "]\n"},
        /* A small addition is too much for the stored value. */
        {"value = 1e100", {"c", .value = 1e84}, 1, "1.0e+100|0.0|0|NULL\n"},
        {"value = 9e999", {"c", .value = 1}, 1, "1.0e+100|0.0|0|NULL\n"},
        {"value = -1e100, count = 1",
         {"sum", .value = -1e99},
         1,
         "-1.0e+100|0.0|2|NULL\n"},
        {"value = 9e999, count = 1",
         {"sum", .value = -1e99},
         1,
         "1.0e+100|0.0|2|NULL\n"},
        {"sum = 1e100, count = " COUNT_END ", buckets = '[" COUNT_END ",1,0]'",
         {"h", .sum = 1e99, .count = 2, .buckets = {1, 1, 0}},
         1,
         "0.0|1.0e+100|" COUNT_END "|[" COUNT_END ",2,0]\n"},
        {"sum = -9e999, count = " COUNT_END,
         {"s", .sum = -1, .count = 1},
         1,
         "0.0|-1.0e+100|" COUNT_END "|NULL\n"},
        /* Counted by an earlier version up to the end of the column. */
        {"count = 9223372036854775807, buckets = '[9223372036854775807,0,0]'",
         {"h", .sum = 1, .count = 1, .buckets = {1, 0, 0}},
         1,
         "0.0|1.0|" COUNT_END "|[" COUNT_END ",0,0]\n"},
        {"count = 9223372036854775807",
         {"s", .sum = 1, .count = 1},
         1,
         "0.0|1.0|" COUNT_END "|NULL\n"},
        {"count = 9223372036854775807",
         {"last", .value = 3},
         1,
         "3.0|0.0|" COUNT_END "|NULL\n"},
        {"count = 9223372036854775807",
         {"max", .value = 3, .at = 5},
         1,
         "3.0|0.0|" COUNT_END "|NULL\n"},
    };
    struct side side;
    (void)state;
    side_open(&side, types);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct addition *addition = &cases[i].addition;
        char sql[300];
        const char *from = "(SELECT series.id FROM series JOIN family "
                           "ON family.id = family_id WHERE name = '%s')";
        outsider_run("UPDATE total SET value = 0, sum = 0, count = 0, "
                     "buckets = iif(buckets IS NULL, NULL, '[0,0,0]')");
        (void)snprintf(sql, sizeof(sql),
                       "UPDATE total SET %s WHERE series_id = ",
                       cases[i].before ? cases[i].before : "value = 0");
        (void)snprintf(sql + strlen(sql), sizeof(sql) - strlen(sql), from,
                       addition->family);
        outsider_run(sql);
        push_often(&side, addition, cases[i].times);
        /* A saturated series fails no other push. */
        (void)snprintf(sql, sizeof(sql),
                       "SELECT value, sum, count, buckets FROM total WHERE "
                       "series_id = ");
        (void)snprintf(sql + strlen(sql), sizeof(sql) - strlen(sql), from,
                       addition->family);
        assert_rows(sql, cases[i].want);
        assert_string_equal(store_notes(side.store), "");
    }
    side_close(&side);
}

/* 2^40 observations, the most in a push, until the count saturates. */
static void test_pushes_drive_a_count_to_its_end(void **state) {
    static const struct addition full = {"h", .count = (uint64_t)1 << 52,
                                         .buckets = {(uint64_t)1 << 52}};
    static const struct addition small = {"c", .value = 1};
    struct side side;
    (void)state;
    side_open(&side, types);
    for (int i = 0; i < 3; i++) {
        struct batch batches[2] = {{.count = 0}};
        struct err err = {.code = ERR_NONE};
        add(&side, &batches[0], &full);
        add(&side, &batches[1], &small);
        assert_int_equal(turn_commit(&side, batches, 2, &err), 0);
        batch_free(&batches[0]);
        batch_free(&batches[1]);
    }
    assert_rows(TOTALS,
                "c|{}|3.0\nh|{}|0.0 " COUNT_END " [" COUNT_END ",0,0]\n");
    side_close(&side);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_ends),
        TEST(test_pushes_drive_a_count_to_its_end),
    };
    return cmocka_run_group_tests_name("store_saturation", tests, NULL, NULL);
}

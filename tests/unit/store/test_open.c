/* Families that no file lists: a push adds them, the store checks them against
 * the existing families, and all responders share them. */
#include "store/store.h"

#include <math.h>

#include "offer_fixture.h"

static const char listed[] =
    "{'name': 'listed_total', 'help': 'h', 'type': 'counter'},"
    "{'name': 'hist', 'help': 'h', 'type': 'histogram', 'buckets': [1]},"
    "{'name': 'of_sum', 'help': 'h', 'type': 'gauge'}";

/* Several families of each type. */
static void test_types(void **state) {
    struct side side;
    static const struct offer offers[] = {
        {"c_total", METRIC_COUNTER, "{'a':'1'}", .value = 2, .help = "counts"},
        {"c_total", METRIC_COUNTER, "{'a':'2'}", .value = 3},
        {"g", METRIC_GAUGE, .value = -1.5, .unit = "s"},
        {"h", METRIC_HISTOGRAM, "{'a':'1'}", .sum = 7.5, .count = 6,
         .buckets = {1, 2, 3}, .bounds = {0.5, 10}, .bound_count = 2},
        {"nothing", METRIC_HISTOGRAM, .sum = 4, .count = 2, .buckets = {2}},
        {"s", METRIC_SUMMARY, .sum = 2.5, .count = 4},
        {"u", METRIC_UNTYPED, .value = 5}};
    (void)state;
    side_open(&side, listed);
    for (int i = 1; i <= 3; i++)
        check_text("push", offer_push(&side, offers, COUNT(offers), NULL),
                   NULL);
    assert_rows(OPEN_FAMILIES, "c_total|counter|counts||NULL\n"
                               "g|gauge|h|s|NULL\n"
                               "h|histogram|h||[0.5,10]\n"
                               "nothing|histogram|h||[]\n"
                               "s|summary|h||NULL\n"
                               "u|untyped|h||NULL\n");
    assert_rows("SELECT name, labels, value, sum, count, buckets FROM series "
                "JOIN total ON series_id = series.id "
                "JOIN family ON family.id = family_id WHERE open "
                "ORDER BY name, labels",
                "c_total|{\"a\":\"1\"}|6.0|0.0|0|NULL\n"
                "c_total|{\"a\":\"2\"}|9.0|0.0|0|NULL\n"
                "g|{}|-1.5|0.0|3|NULL\n"
                "h|{\"a\":\"1\"}|0.0|22.5|18|[3,6,9]\n"
                "nothing|{}|0.0|12.0|6|[6]\n"
                "s|{}|0.0|7.5|12|NULL\n"
                "u|{}|5.0|0.0|3|NULL\n");
    assert_rows(OPEN_META, "open_generation|2\nopen_series|7\n");
    sound_close(&side);
}

/* A family added by one responder is known to the other, and to one that starts
 * later. */
static void test_added_family_is_shared(void **state) {
    struct side a;
    struct side b;
    (void)state;
    side_open(&a, listed);
    side_open(&b, listed);
    for (int i = 0; i < 3; i++) {
        offer_one(&a, (struct offer){"x", METRIC_COUNTER, .value = 1});
        offer_one(&b, (struct offer){"x", METRIC_COUNTER, .value = 10});
        offer_one(&b, (struct offer){"y", METRIC_GAUGE, "{'b':'q\\u0022'}",
                                     .value = i});
        offer_one(&a,
                  (struct offer){"y", METRIC_GAUGE, "{'a':''}", .value = i});
        side_push(&a, "listed_total", "{}", "1");
    }
    static const char want[] = "listed_total|{}|3.0\n"
                               "x|{}|33.0\n"
                               "y|{\"a\":\"\"}|2.0\n"
                               "y|{\"b\":\"q\\u0022\"}|2.0\n";
    assert_rows(TOTALS, want);
    assert_rows(OPEN_META, "open_generation|3\nopen_series|3\n");
    sound_close(&b);
    sound_close(&a);
    side_open(&a, listed);
    offer_one(&a, (struct offer){"x", METRIC_COUNTER, .value = 100});
    assert_rows("SELECT value FROM series JOIN total ON series_id = series.id "
                "JOIN family ON family.id = family_id "
                "WHERE name = 'x'",
                "133.0\n");
    assert_rows(OPEN_META, "open_generation|3\nopen_series|3\n");
    sound_close(&a);
}

struct refusal {
    const char *name;
    struct offer offer;
    enum reject_reason reason;
    const char *why;
};

/* Beside the listed families, and those that test_refused_batch_adds_nothing
 * pushes first. */
static const struct refusal refusals[] = {
    {"type",
     {"g", METRIC_COUNTER, .value = 1},
     REJECT_TYPE_MISMATCH,
     "g: pushed as counter, but an earlier push had it as gauge"},
    {"a type for an untyped family",
     {"u", METRIC_GAUGE, .value = 1},
     REJECT_TYPE_MISMATCH,
     "u: pushed as gauge, but an earlier push had it as untyped"},
    {"a histogram without type",
     {"h", METRIC_UNTYPED, .value = 1},
     REJECT_TYPE_MISMATCH,
     "h: pushed as untyped, but an earlier push had it as histogram"},
    {"bounds",
     {"h", METRIC_HISTOGRAM, .count = 1, .buckets = {1}, .bounds = {1, 3},
      .bound_count = 2},
     REJECT_BOUNDS_MISMATCH,
     "h: pushed with the bounds 1, 3; an earlier push had 1, 2"},
    {"fewer bounds",
     {"h", METRIC_HISTOGRAM, .count = 1, .buckets = {1}, .bounds = {1},
      .bound_count = 1},
     REJECT_BOUNDS_MISMATCH,
     "h: pushed with the bounds 1; an earlier push had 1, 2"},
    {"no bounds",
     {"h", METRIC_HISTOGRAM, .count = 1, .buckets = {1}},
     REJECT_BOUNDS_MISMATCH,
     "h: pushed with the bounds none; an earlier push had 1, 2"},
    {"many bounds",
     {"h", METRIC_HISTOGRAM, .count = 1, .buckets = {1},
      .bounds = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, .bound_count = 11},
     REJECT_BOUNDS_MISMATCH,
     "h: pushed with the bounds 1, 2, 3, 4, 5, 6, 7, 8, 9, 10... (11); an "
     "earlier push had 1, 2"},
    {"a listed name's series",
     {"hist_created", METRIC_GAUGE, .value = 1},
     REJECT_NAME_COLLISION,
     "hist_created collides with the listed histogram hist: both would expose "
     "hist_created"},
    {"a listed name",
     {"hist", METRIC_COUNTER, .value = 1},
     REJECT_NAME_COLLISION,
     "hist collides with the listed histogram hist: both would expose hist"},
    {"an open name's series",
     {"h_count", METRIC_GAUGE, .value = 1},
     REJECT_NAME_COLLISION,
     "h_count collides with the histogram h: both would expose h_count"},
    {"a name that contains a listed one",
     {"of", METRIC_SUMMARY, .count = 1},
     REJECT_NAME_COLLISION,
     "of collides with the listed gauge of_sum: both would expose of_sum"},
    {"negative value of a counter",
     {"c", METRIC_UNTYPED, .value = -1},
     REJECT_NEGATIVE_VALUE,
     "c: the value of a counter is -1, must be between 0 and 1e+100"},
    {"NaN of a counter",
     {"c", METRIC_UNTYPED, .value = NAN},
     REJECT_INVALID_VALUE,
     "c: the value of a counter is nan, must be between 0 and 1e+100"},
    {"infinite counter",
     {"c", METRIC_UNTYPED, .value = INFINITY},
     REJECT_INVALID_VALUE,
     "c: the value of a counter is inf, must be between 0 and 1e+100"},
    {"former family of another type",
     {"former", METRIC_GAUGE, .value = 1},
     REJECT_TYPE_MISMATCH,
     "former: pushed as gauge, but a file has listed it as counter before, "
     "and its totals are kept; push that type, or choose another name"},
    {"former family with other bounds",
     {"former_h", METRIC_HISTOGRAM, .count = 1, .buckets = {1}, .bounds = {7},
      .bound_count = 1},
     REJECT_TYPE_MISMATCH,
     "former_h: pushed as histogram, but a file has listed it as histogram "
     "with other bounds before, and its totals are kept; push that type, or "
     "choose another name"},
};

static const struct offer before_refusals[] = {
    {"c", METRIC_COUNTER, .value = 1},
    {"g", METRIC_GAUGE, .value = 1},
    {"h", METRIC_HISTOGRAM, .sum = 1, .count = 1, .buckets = {1},
     .bounds = {1, 2}, .bound_count = 2},
    {"u", METRIC_UNTYPED, .value = 1}};

/* A refused batch applies nothing, whatever else it has; good batches before
 * and after it in the turn are applied, as is the next turn. */
static void test_refused_batch_adds_nothing(void **state) {
    struct side side;
    (void)state;
    side_open(&side, "{'name': 'former', 'help': 'h', 'type': 'counter'},"
                     "{'name': 'former_h', 'help': 'h', 'type': 'histogram', "
                     "'buckets': [1]}");
    side_load(&side, listed);
    check_text("before", offer_push(&side, before_refusals, 4, NULL), NULL);
    for (size_t i = 0; i < COUNT(refusals); i++) {
        const struct refusal *refusal = &refusals[i];
        struct batch batches[3] = {{.count = 0}};
        struct err err = {.code = ERR_NONE};
        const struct offer good = {"c", METRIC_COUNTER, .value = 1};
        char name[20];
        char taken[20];
        (void)snprintf(name, sizeof(name), "new%zu", i);
        (void)snprintf(taken, sizeof(taken), "new%zu_total", i);
        offer_add(&batches[0], &good);
        offer_add(&batches[1],
                  &(struct offer){name, METRIC_COUNTER, .value = 1});
        offer_add(&batches[1], &(struct offer){"c", METRIC_COUNTER, "{'a':'1'}",
                                               .value = 1});
        offer_add(&batches[1], &refusal->offer);
        offer_add(&batches[1],
                  &(struct offer){"new2", METRIC_COUNTER, .value = 1});
        batches[1].has_id = true;
        offer_add(&batches[2], &good);
        /* The name is free, as nothing of the batch before it was added. */
        offer_add(&batches[2],
                  &(struct offer){taken, METRIC_GAUGE, .value = 1});
        check_number(refusal->name, turn_commit(&side, batches, 3, &err), 0);
        assert_false(batches[0].refused || batches[2].refused);
        assert_true(batches[1].refused);
        check_text(refusal->name, batches[1].why.message, refusal->why);
        check_number(refusal->name, batches[1].refusal, refusal->reason);
        for (int j = 0; j < 3; j++)
            batch_free(&batches[j]);
    }
    assert_int_equal(COUNT(refusals), 16);
    assert_rows(TOTALS " LIMIT 3", "c|{}|33.0\ng|{}|1.0\n"
                                   "h|{}|1.0 1 [1,0,0]\n");
    assert_rows("SELECT count(*), sum(name LIKE 'new%_total') FROM family "
                "WHERE open",
                "20|16\n");
    assert_rows(OPEN_META, "open_generation|18\nopen_series|20\n");
    assert_rows("SELECT count(*) FROM batch", "0\n");
    sound_close(&side);
}

/* Two new families of one push, or of one turn, collide as well. */
static void test_new_families_collide(void **state) {
    struct side side;
    enum reject_reason reason = REJECT_REASONS;
    static const struct offer offers[] = {{"a_sum", METRIC_GAUGE, .value = 1},
                                          {"a", METRIC_SUMMARY, .count = 1}};
    static const char why[] =
        "a collides with the gauge a_sum: both would expose a_sum";
    struct batch batches[2] = {{.count = 0}};
    struct err err = {.code = ERR_NONE};
    (void)state;
    side_open(&side, listed);
    check_text("one", offer_push(&side, offers, 2, &reason), why);
    assert_int_equal(reason, REJECT_NAME_COLLISION);
    assert_rows(OPEN_FAMILIES, "");
    offer_add(&batches[0], &offers[0]);
    offer_add(&batches[1], &offers[1]);
    assert_int_equal(turn_commit(&side, batches, 2, &err), 0);
    assert_false(batches[0].refused);
    check_text("two", batches[1].why.message, why);
    assert_rows(OPEN_FAMILIES, "a_sum|gauge|h||NULL\n");
    batch_free(&batches[0]);
    batch_free(&batches[1]);
    sound_close(&side);
}

/* An untyped sample takes the type of the known family. Help and unit stay
 * unchanged. */
static void test_untyped_takes_the_known_type(void **state) {
    struct side side;
    (void)state;
    side_open(&side, listed);
    offer_one(&side, (struct offer){"c", METRIC_COUNTER, .value = 1});
    offer_one(&side, (struct offer){"c", METRIC_UNTYPED, .value = 2,
                                    .help = "other", .unit = "s"});
    offer_one(&side, (struct offer){"g", METRIC_GAUGE, .value = 1});
    offer_one(&side, (struct offer){"g", METRIC_UNTYPED, .value = -INFINITY});
    offer_one(&side, (struct offer){"u", METRIC_UNTYPED, .value = 5});
    offer_one(&side, (struct offer){"u", METRIC_UNTYPED, .value = 4});
    assert_rows(TOTALS, "c|{}|3.0\ng|{}|-Inf\nu|{}|4.0\n");
    assert_rows(OPEN_FAMILIES, "c|counter|h||NULL\ng|gauge|h||NULL\n"
                               "u|untyped|h||NULL\n");
    sound_close(&side);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_types),
        TEST(test_added_family_is_shared),
        TEST(test_refused_batch_adds_nothing),
        TEST(test_new_families_collide),
        TEST(test_untyped_takes_the_known_type),
    };
    return cmocka_run_group_tests_name("store_open", tests, NULL, NULL);
}

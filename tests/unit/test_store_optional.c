/* Samples that are left out where they do not fit: a push is not refused for
 * what it has not asked for. */
#include "store.h"

#include "offer_fixture.h"

static const char listed[] = "{'name': 'l', 'help': 'h', 'type': 'counter'}";

#define TIME                                                                   \
    {                                                                          \
        "push_time_seconds", METRIC_GAUGE, "{'job':'j'}", .value = 17,         \
                                                          .optional = true     \
    }
#define OPEN_ROWS                                                              \
    "SELECT name, type, labels, value FROM family LEFT JOIN series "           \
    "ON family.id = family_id WHERE open ORDER BY name, labels"

struct scene {
    const char *name;
    size_t families_max;
    size_t series_max;
    struct offer before; /* pushed before, if it has a name */
    const char *want;
};

static const struct scene scenes[] = {
    {.name = "it fits",
     .families_max = 2,
     .series_max = 2,
     .want = "a|counter|{\"job\":\"j\"}|2.0\n"
             "push_time_seconds|gauge|{\"job\":\"j\"}|17.0\n"},
    {.name = "untyped before",
     .families_max = 9,
     .series_max = 9,
     .before = {"push_time_seconds", METRIC_UNTYPED, "{'job':'j'}", .value = 1},
     .want = "a|counter|{\"job\":\"j\"}|2.0\n"
             "push_time_seconds|untyped|{\"job\":\"j\"}|1.0\n"},
    {.name = "another that exposes the name",
     .families_max = 9,
     .series_max = 9,
     .before = {"push_time_seconds_total", METRIC_COUNTER, .value = 1},
     .want = "a|counter|{\"job\":\"j\"}|2.0\n"
             "push_time_seconds_total|counter|{}|1.0\n"},
    {.name = "limits.families",
     .families_max = 1,
     .series_max = 9,
     .want = "a|counter|{\"job\":\"j\"}|2.0\n"},
    {.name = "limits.series, a new family",
     .families_max = 9,
     .series_max = 1,
     .want = "a|counter|{\"job\":\"j\"}|2.0\n"},
    {.name = "limits.series, a new series",
     .families_max = 9,
     .series_max = 2,
     .before = {"push_time_seconds", METRIC_GAUGE, "{'job':'k'}", .value = 1},
     .want = "a|counter|{\"job\":\"j\"}|2.0\n"
             "push_time_seconds|gauge|{\"job\":\"k\"}|1.0\n"},
    {.name = "limits.series, a known series",
     .families_max = 9,
     .series_max = 2,
     .before = {"push_time_seconds", METRIC_GAUGE, "{'job':'j'}", .value = 1},
     .want = "a|counter|{\"job\":\"j\"}|2.0\n"
             "push_time_seconds|gauge|{\"job\":\"j\"}|17.0\n"},
};

/* It comes and goes alike at the first push and at those after it. */
static void check_scene(const struct scene *scene) {
    struct side side;
    static const struct offer push[] = {
        {"a", METRIC_COUNTER, "{'job':'j'}", .value = 1}, TIME};
    side_open(&side, listed);
    side.registry.open_families_max = scene->families_max;
    side.registry.open_series_max = scene->series_max;
    if (scene->before.name)
        offer_one(&side, scene->before);
    for (int i = 0; i < 2; i++)
        check_text(scene->name, offer_push(&side, push, 2, NULL), NULL);
    assert_rows(OPEN_ROWS, scene->want);
    sound_close(&side);
}

static void test_scenes(void **state) {
    for (size_t i = 0; i < COUNT(scenes); i++) {
        assert_int_equal(scratch_clear(state), 0);
        assert_int_equal(scratch_make(state), 0);
        check_scene(&scenes[i]);
    }
}

/* The user is told of the series that were pushed. */
static void test_refused(void **state) {
    struct side side;
    static const struct offer push[] = {
        TIME,
        {"a", METRIC_COUNTER, "{'x':'1'}", .value = 1},
        {"a", METRIC_COUNTER, "{'x':'2'}", .value = 1}};
    (void)state;
    side_open(&side, listed);
    side.registry.open_series_max = 1;
    check_text("refused", offer_push(&side, push, 3, NULL),
               "the push would make the series of families that no file lists "
               "2, limits.series leaves 1 for them; push fewer label sets or "
               "raise it");
    assert_rows(OPEN_ROWS, "");
    sound_close(&side);
}

/* Wherever it stands, it alone is missing, and the batch counts the rest. */
static void test_count(void **state) {
    struct side side;
    struct batch batches[2] = {{.count = 0}};
    struct err err = {.code = ERR_NONE};
    static const struct offer push[] = {
        {"a", METRIC_COUNTER, .value = 1},
        TIME,
        {"b", METRIC_COUNTER, .value = 2},
        {"push_time_seconds", METRIC_GAUGE, .value = 18, .optional = true},
        {"c", METRIC_COUNTER, .value = 3}};
    (void)state;
    side_open(&side, listed);
    side.registry.open_series_max = 4;
    for (size_t i = 0; i < COUNT(push); i++)
        offer_add(&batches[0], &push[i]);
    offer_add(&batches[1], &push[3]);
    offer_add(&batches[1], &push[0]);
    assert_int_equal(turn_commit(&side, batches, 2, &err), 0);
    assert_false(batches[0].refused);
    assert_int_equal(batches[0].count, 4);
    assert_int_equal(batches[1].count, 1);
    batch_free(&batches[0]);
    batch_free(&batches[1]);
    assert_rows(OPEN_ROWS,
                "a|counter|{}|2.0\nb|counter|{}|2.0\nc|counter|{}|3.0\n"
                "push_time_seconds|gauge|{\"job\":\"j\"}|17.0\n");
    sound_close(&side);
}

/* Nor does a family that was listed once come back where it does not fit. */
static void test_former(void **state) {
    struct side side;
    static const struct offer push[] = {{"a", METRIC_COUNTER, .value = 1},
                                        TIME};
    static const char former[] =
        "{'name': 'push_time_seconds', 'help': 'h', 'type': '%s', 'labels': "
        "[{'name': 'x', 'allowedValues': ['1', '2']}]}";
    static const char *const types[] = {"gauge", "counter"};
    for (size_t i = 0; i < COUNT(types); i++) {
        char families[200];
        assert_int_equal(scratch_clear(state), 0);
        assert_int_equal(scratch_make(state), 0);
        (void)snprintf(families, sizeof(families), former, types[i]);
        side_open(&side, families);
        side_load(&side, listed);
        side.registry.open_series_max = 3;
        check_text(types[i], offer_push(&side, push, 2, NULL), NULL);
        assert_rows(OPEN_ROWS, "a|counter|{}|1.0\n");
        assert_rows(OPEN_META, "open_generation|2\nopen_series|1\n");
        offer_one(&side, (struct offer){"b", METRIC_COUNTER, .value = 1});
        assert_rows(OPEN_META, "open_generation|3\nopen_series|2\n");
        sound_close(&side);
    }
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_scenes),
        TEST(test_refused),
        TEST(test_count),
        TEST(test_former),
    };
    return cmocka_run_group_tests_name("store_optional", tests, NULL, NULL);
}

/* Cumulative families with an open label: each process continues from its last
 * totals, whether they count under their own value or as `other`. */
#include "store/store.h"

#include "cumulative_fixture.h"

static const char one_value[] =
    "{'name': 'o', 'help': 'h', 'type': 'counter', 'temporality': "
    "'cumulative', 'labels': [{'name': 'page', 'maxValues': 1}]}";
static const char two_values[] =
    "{'name': 'o', 'help': 'h', 'type': 'counter', 'temporality': "
    "'cumulative', 'labels': [{'name': 'page', 'maxValues': 2}]}";

/* A series that counts as `other` adds its own growth, whatever else counts
 * there. This holds when it starts or stops counting as `other`. */
static void test_other_adds_growth(void **state) {
    struct side side;
    static const struct {
        const char *families; /* loaded before, or NULL */
        struct total pushes[3];
        size_t count;
        const char *want;
    } steps[] = {
        {NULL,
         {{p1, "o", "a", .value = 1},
          {p1, "o", "b", .value = 10},
          {p1, "o", "c", .value = 100}},
         3,
         "oa|1.0|0.0|0|NULL\noother|110.0|0.0|0|NULL\n"},
        {NULL,
         {{p1, "o", "a", .value = 1},
          {p1, "o", "b", .value = 10},
          {p1, "o", "c", .value = 100}},
         3,
         "oa|1.0|0.0|0|NULL\noother|110.0|0.0|0|NULL\n"},
        {NULL,
         {{p1, "o", "b", .value = 11}, {p1, "o", "c", .value = 101}},
         2,
         "oa|1.0|0.0|0|NULL\noother|112.0|0.0|0|NULL\n"},
        {NULL,
         {{p1, "o", "other", .value = 5}, {p2, "o", "b", .value = 3}},
         2,
         "oa|1.0|0.0|0|NULL\noother|120.0|0.0|0|NULL\n"},
        {two_values,
         {{p1, "o", "b", .value = 15}, {p1, "o", "c", .value = 102}},
         2,
         "oa|1.0|0.0|0|NULL\nob|4.0|0.0|0|NULL\noother|121.0|0.0|0|NULL\n"},
        {one_value,
         {{p1, "o", "b", .value = 16}, {p1, "o", "a", .value = 2}},
         2,
         "oa|2.0|0.0|0|NULL\nob|4.0|0.0|0|NULL\noother|122.0|0.0|0|NULL\n"},
    };
    (void)state;
    side_open(&side, one_value);
    for (size_t i = 0; i < COUNT(steps); i++) {
        if (steps[i].families)
            side_load(&side, steps[i].families);
        check_text("push", totals_push(&side, steps[i].pushes, steps[i].count),
                   NULL);
        assert_rows(VALUES, steps[i].want);
    }
    assert_rows("SELECT pusher ->> 'i', labels ->> 'page', value FROM pusher "
                "ORDER BY 1, 2",
                "1|a|2.0\n1|b|16.0\n1|c|102.0\n1|other|5.0\n2|b|3.0\n");
    sound_close(&side);
}

/* At the limit, a process without a last total for a value of `other` is
 * refused like any other new one. */
static void test_other_is_limited_too(void **state) {
    struct side side;
    const struct total all[] = {{p1, "o", "a", .value = 1},
                                {p1, "o", "b", .value = 1},
                                {p1, "o", "c", .value = 1}};
    (void)state;
    side_open(&side, one_value);
    side.registry.pushers_max = 2;
    check_text("too many", totals_push(&side, all, 3),
               "the push would raise the series of cumulative families, "
               "counted by process, to 3, must be at most limits.series, 2; "
               "push fewer or "
               "raise the limit");
    check_text("fit", totals_push(&side, all, 2), NULL);
    check_text("known", totals_push(&side, all, 2), NULL);
    side.now = NOW + 86401;
    check_text("seen", totals_push(&side, all, 2), NULL);
    check_text("no room", totals_push(&side, &all[2], 1),
               "the push would raise the series of cumulative families, "
               "counted by process, to 3, must be at most limits.series, 2; "
               "push fewer or "
               "raise the limit");
    assert_rows(VALUES, "oa|1.0|0.0|0|NULL\noother|1.0|0.0|0|NULL\n");
    sound_close(&side);
}

static void push_pages(struct side *side) {
    static const struct total all[] = {
        {"{'page':'a'}", "o", "a", .value = 1},
        {"{'page':'b'}", "o", "b", .value = 10},
        {"{'page':'c'}", "o", "c", .value = 100}};
    for (size_t i = 0; i < COUNT(all); i++)
        total_push(side, all[i]);
}

/* After a removal, a process starts again in a removed series and continues in
 * `other`, which stays because several processes count there. */
static void test_process_continues_in_other(void **state) {
    struct side side;
    const struct label none = {NULL, NULL, 0};
    (void)state;
    side_open(&side, one_value);
    push_pages(&side);
    remove_series(&side, (struct label){"page", "b", 1}, none);
    remove_series(&side, (struct label){"page", "other", 5}, none);
    push_pages(&side);
    assert_rows(VALUES, "oa|1.0|0.0|0|NULL\noother|110.0|0.0|0|NULL\n");
    remove_series(&side, (struct label){"page", "a", 1}, none);
    assert_rows(VALUES, "oother|110.0|0.0|0|NULL\n");
    push_pages(&side);
    assert_rows(VALUES, "oa|1.0|0.0|0|NULL\noother|110.0|0.0|0|NULL\n");
    sound_close(&side);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_other_adds_growth),
        TEST(test_other_is_limited_too),
        TEST(test_process_continues_in_other),
    };
    return cmocka_run_group_tests_name("store_cumulative_other", tests, NULL,
                                       NULL);
}

/* Cumulative families: programs push running totals; the store adds their
 * growth. */
#include "store/store.h"

#include "cumulative_fixture.h"

/* The first total counts whole, later ones by their growth, and a total that
 * has fallen counts whole again. */
static void test_counter_adds_growth(void **state) {
    struct side side;
    (void)state;
    side_open(&side, families);
    static const struct {
        double push;
        const char *want;
    } steps[] = {{5, "ca|5.0|0.0|0|NULL\n"},   {5, "ca|5.0|0.0|0|NULL\n"},
                 {7.5, "ca|7.5|0.0|0|NULL\n"}, {2, "ca|9.5|0.0|0|NULL\n"},
                 {3, "ca|10.5|0.0|0|NULL\n"},  {0, "ca|10.5|0.0|0|NULL\n"},
                 {1, "ca|11.5|0.0|0|NULL\n"}};
    for (size_t i = 0; i < COUNT(steps); i++) {
        side.now++;
        total_push(&side, (struct total){p1, "c", "a", .value = steps[i].push});
        assert_rows(VALUES, steps[i].want);
    }
    assert_rows(PUSHERS, "c|{\"l\":\"a\"}|{\"i\":\"1\"}|1.0|0.0|0|NULL|7\n");
    sound_close(&side);
}

/* Sums, counts and buckets grow alike; any count that has fallen is a
 * restart. */
static void test_histogram_adds_growth(void **state) {
    struct side side;
    (void)state;
    side_open(&side, families);
    static const struct {
        struct total push;
        const char *want;
    } steps[] = {{{p1, "h", .sum = 5, .count = 6, .buckets = {1, 2, 3}},
                  "h|0.0|5.0|6|[1,2,3]\n"},
                 {{p1, "h", .sum = 5, .count = 6, .buckets = {1, 2, 3}},
                  "h|0.0|5.0|6|[1,2,3]\n"},
                 {{p1, "h", .sum = 4, .count = 8, .buckets = {3, 2, 3}},
                  "h|0.0|4.0|8|[3,2,3]\n"},
                 /* One bucket has fallen. */
                 {{p1, "h", .sum = 1, .count = 9, .buckets = {2, 3, 4}},
                  "h|0.0|5.0|17|[5,5,7]\n"},
                 {{p1, "h", .sum = 1, .count = 1, .buckets = {0, 0, 1}},
                  "h|0.0|6.0|18|[5,5,8]\n"}};
    for (size_t i = 0; i < COUNT(steps); i++) {
        total_push(&side, steps[i].push);
        assert_rows(VALUES, steps[i].want);
    }
    assert_rows(PUSHERS, "h|{}|{\"i\":\"1\"}|0.0|1.0|1|[0,0,1]|0\n");
    sound_close(&side);
}

static void test_summary(void **state) {
    struct side side;
    (void)state;
    side_open(&side, families);
    total_push(&side, (struct total){p1, "s", .sum = 2.5, .count = 2});
    total_push(&side, (struct total){p1, "s", .sum = 2, .count = 3});
    /* A fallen sum of a summary is a restart, too. */
    assert_rows(VALUES, "s|0.0|4.5|5|NULL\n");
    total_push(&side, (struct total){p1, "s", .sum = 3, .count = 2});
    assert_rows(VALUES, "s|0.0|7.5|7|NULL\n");
    total_push(&side, (struct total){p1, "s", .sum = 3.5, .count = 4});
    assert_rows(VALUES, "s|0.0|8.0|9|NULL\n");
    sound_close(&side);
}

/* Each process counts on its own, and so does each series; two responders share
 * the last totals of a process. */
static void test_each_process_counts_on_its_own(void **state) {
    struct side a;
    struct side b;
    (void)state;
    side_open(&a, families);
    side_open(&b, families);
    total_push(&a, (struct total){p1, "c", "a", .value = 10});
    total_push(&b, (struct total){p2, "c", "a", .value = 20});
    total_push(&b, (struct total){p1, "c", "a", .value = 11});
    total_push(&b, (struct total){p1, "c", "b", .value = 1});
    total_push(&a, (struct total){p2, "c", "a", .value = 22});
    total_push(&a, (struct total){p1, "c", "a", .value = 11.5});
    assert_rows(VALUES, "ca|33.5|0.0|0|NULL\ncb|1.0|0.0|0|NULL\n");
    sound_close(&a);
    sound_close(&b);
    side_open(&a, families);
    total_push(&a, (struct total){p1, "c", "a", .value = 12});
    assert_rows(VALUES, "ca|34.0|0.0|0|NULL\ncb|1.0|0.0|0|NULL\n");
    assert_rows("SELECT value FROM meta WHERE key = 'pushers'", "3\n");
    sound_close(&a);
}

/* Several totals of one process in one turn, in their order, beside
 * increments. */
static void test_totals_of_one_turn_keep_their_order(void **state) {
    struct side side;
    struct batch batches[4] = {{.count = 0}};
    struct err err = {.code = ERR_NONE};
    static const double values[] = {4, 6, 1, 3};
    (void)state;
    side_open(&side, families);
    for (size_t i = 0; i < 4; i++) {
        total_add(&side, &batches[i],
                  &(struct total){p1, "c", "a", .value = values[i]});
        total_add(&side, &batches[i],
                  &(struct total){p1, "plain", .value = values[i]});
    }
    assert_int_equal(turn_commit(&side, batches, 4, &err), 0);
    assert_rows(VALUES, "ca|9.0|0.0|0|NULL\nplain|14.0|0.0|0|NULL\n");
    for (size_t i = 0; i < 4; i++)
        batch_free(&batches[i]);
    sound_close(&side);
}

/* A push without a process is an increment, even to a cumulative family. */
static void test_push_without_pusher_is_an_increment(void **state) {
    struct side side;
    (void)state;
    side_open(&side, families);
    side_push(&side, "c", "{'l': 'a'}", "5");
    side_push(&side, "c", "{'l': 'a'}", "5");
    assert_rows(VALUES, "ca|10.0|0.0|0|NULL\n");
    assert_rows(PUSHERS, "");
    sound_close(&side);
}

/* A family whose type or bounds change forgets the last totals of processes. */
static void test_new_bounds_forget_last_totals(void **state) {
    struct side side;
    (void)state;
    side_open(&side, families);
    total_push(&side, (struct total){p1, "h", .sum = 5, .count = 6,
                                     .buckets = {1, 2, 3}});
    total_push(&side, (struct total){p1, "c", "a", .value = 5});
    side_load(&side, "{'name': 'h', 'help': 'h', 'type': 'histogram', "
                     "'buckets': [1, 3], 'temporality': 'cumulative'}");
    assert_rows("SELECT name FROM pusher JOIN family ON family.id = family_id",
                "c\n");
    assert_rows("SELECT value FROM meta WHERE key = 'pushers'", "1\n");
    total_push(&side, (struct total){p1, "h", .sum = 6, .count = 7,
                                     .buckets = {1, 3, 3}});
    assert_rows("SELECT sum, count, buckets FROM total WHERE sum > 0",
                "6.0|7|[1,3,3]\n");
    sound_close(&side);
}

/* The last total of a process is removed with its series; in a series that
 * stays because other processes count there, the process continues, so that
 * nothing is counted twice. */
static void test_removal_forgets_last_totals(void **state) {
    struct side side;
    static const char j[] = "{'instance':'i','job':'j'}";
    static const char k[] = "{'job':'k'}";
    const struct label none = {NULL, NULL, 0};
    const struct label job = {"job", "j", 1};
    const struct label other = {"job", "k", 1};
    const struct label instance = {"instance", "i", 1};
    (void)state;
    side_open(&side, "{'name': 'c', 'help': 'h', 'type': 'counter', "
                     "'temporality': 'cumulative', 'labels': ["
                     "{'name': 'job', 'allowedValues': ['j', 'k']}]}");
    total_push(&side, (struct total){j, "c", "j", .value = 100});
    total_push(&side, (struct total){j, "c", "j", .value = 110});
    remove_series(&side, instance, job);
    remove_series(&side, instance, none);
    total_push(&side, (struct total){j, "c", "j", .value = 115});
    assert_rows(TOTALS, "c|{\"job\":\"j\"}|115.0\n");
    total_push(&side, (struct total){k, "c", "k", .value = 100});
    remove_series(&side, job, none);
    remove_series(&side, other, none);
    assert_rows(TOTALS, "c|{\"job\":\"j\"}|115.0\n");
    assert_rows("SELECT pusher FROM pusher",
                "{\"instance\":\"i\",\"job\":\"j\"}\n");
    total_push(&side, (struct total){k, "c", "k", .value = 116});
    assert_rows(TOTALS, "c|{\"job\":\"j\"}|115.0\n"
                        "c|{\"job\":\"k\"}|116.0\n");
    sound_close(&side);
}

/* A damaged row counts as none. */
static void test_damaged_row_counts_as_none(void **state) {
    struct side side;
    const struct total total = {p1, "h", .sum = 1, .count = 1,
                                .buckets = {1, 0, 0}};
    (void)state;
    side_open(&side, families);
    total_push(&side, total);
    outsider_run("UPDATE pusher SET buckets = '[1,0,0,0]'");
    total_push(&side, total);
    total_push(&side, total);
    assert_rows(VALUES, "h|0.0|2.0|2|[2,0,0]\n");
    sound_close(&side);
}

/* A batch that is refused alone leaves no last totals. */
static void test_refused_batch_leaves_no_totals(void **state) {
    struct side side;
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    const struct total total = {p1, "c", "a", .value = 5};
    (void)state;
    side_open(&side, families);
    outsider_run(OUTSIDER_FILL);
    total_add(&side, &batch, &total);
    total_add(&side, &batch,
              &(struct total){p1, "h", .count = 1, .buckets = {1, 0, 0}});
    assert_int_equal(turn_commit(&side, &batch, 1, &err), 0);
    assert_true(batch.refused);
    batch_free(&batch);
    outsider_run(OUTSIDER_EMPTY);
    assert_rows(PUSHERS, "");
    total_push(&side, total);
    assert_rows(VALUES, "ca|5.0|0.0|0|NULL\n");
    sound_close(&side);
}

/* At limits.series rows, processes that were not seen for a day make room, but
 * never those of the same push. */
static void test_unseen_processes_make_room(void **state) {
    struct side side;
    const struct total all[] = {{p1, "c", "a", .value = 1},
                                {p1, "c", "b", .value = 1},
                                {p1, "o", "/1", .value = 1}};
    const struct total others[] = {{p2, "c", "a", .value = 10},
                                   {p2, "o", "/2", .value = 10}};
    static const char why[] =
        "the push would raise the series of cumulative families, counted by "
        "process, to "
        "%d, must be at most limits.series, 3; push fewer or raise the limit";
    char want[300];
    (void)state;
    side_open(&side, families);
    side.registry.pushers_max = 3;
    check_text("fits", totals_push(&side, all, 3), NULL);
    side.now = NOW + 86400;
    (void)snprintf(want, sizeof(want), why, 5);
    check_text("full", totals_push(&side, others, 2), want);
    check_text("known", totals_push(&side, &all[1], 2), NULL);
    assert_rows(VALUES, "ca|1.0|0.0|0|NULL\ncb|1.0|0.0|0|NULL\n"
                        "o/1|1.0|0.0|0|NULL\n");
    side.now = NOW + 86401;
    /* All but c{l="a"} were seen meanwhile: it alone makes room. */
    (void)snprintf(want, sizeof(want), why, 4);
    check_text("room for one", totals_push(&side, others, 2), want);
    check_text("one", totals_push(&side, others, 1), NULL);
    check_text("full again", totals_push(&side, &others[1], 1), want);
    assert_rows(VALUES, "ca|11.0|0.0|0|NULL\ncb|1.0|0.0|0|NULL\n"
                        "o/1|1.0|0.0|0|NULL\n");
    assert_rows(PUSHERS,
                "c|{\"l\":\"a\"}|{\"i\":\"2\"}|10.0|0.0|0|NULL|86401\n"
                "c|{\"l\":\"b\"}|{\"i\":\"1\"}|1.0|0.0|0|NULL|86400\n"
                "o|{\"page\":\"/1\"}|{\"i\":\"1\"}|1.0|0.0|0|NULL|86400\n");
    /* A lower limit refuses new processes only. */
    side.registry.pushers_max = 1;
    total_push(&side, (struct total){p2, "c", "a", .value = 12});
    check_text("lower", totals_push(&side, &all[1], 2), NULL);
    assert_rows(VALUES, "ca|13.0|0.0|0|NULL\ncb|1.0|0.0|0|NULL\n"
                        "o/1|1.0|0.0|0|NULL\n");
    sound_close(&side);
}

/* A push after a long pause does not remove its own last total. */
static void test_late_push_keeps_its_own_total(void **state) {
    struct side side;
    const struct total old[] = {{p1, "c", "a", .value = 5},
                                {p1, "c", "b", .value = 5}};
    const struct total mixed[] = {{p1, "c", "a", .value = 6},
                                  {p2, "c", "a", .value = 1}};
    (void)state;
    side_open(&side, families);
    side.registry.pushers_max = 2;
    check_text("old", totals_push(&side, old, 2), NULL);
    side.now = NOW + 10 * 86400;
    check_text("mixed", totals_push(&side, mixed, 2), NULL);
    assert_rows(VALUES, "ca|7.0|0.0|0|NULL\ncb|5.0|0.0|0|NULL\n");
    sound_close(&side);
}

/* A push that needs it removes more than a hundred rows. */
static void test_push_removes_many_old_rows(void **state) {
    enum { MANY = 250 };
    struct side side;
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    (void)state;
    side_open(&side, families);
    side.registry.pushers_max = MANY;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MANY; i++) {
            char pusher[30];
            (void)snprintf(pusher, sizeof(pusher), "{'i':'%d-%d'}", round, i);
            total_add(&side, &batch,
                      &(struct total){pusher, "c", "a", .value = 1});
        }
        assert_int_equal(turn_commit(&side, &batch, 1, &err), 0);
        assert_false(batch.refused);
        batch_free(&batch);
        batch = (struct batch){.count = 0};
        side.now += 86401;
    }
    assert_rows(VALUES, "ca|500.0|0.0|0|NULL\n");
    total_push(&side, (struct total){p1, "c", "a", .value = 1});
    assert_rows("SELECT count(*) FROM pusher", "151\n");
    sound_close(&side);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_counter_adds_growth),
        TEST(test_histogram_adds_growth),
        TEST(test_summary),
        TEST(test_each_process_counts_on_its_own),
        TEST(test_totals_of_one_turn_keep_their_order),
        TEST(test_push_without_pusher_is_an_increment),
        TEST(test_new_bounds_forget_last_totals),
        TEST(test_damaged_row_counts_as_none),
        TEST(test_refused_batch_leaves_no_totals),
        TEST(test_unseen_processes_make_room),
        TEST(test_late_push_keeps_its_own_total),
        TEST(test_push_removes_many_old_rows),
        TEST(test_removal_forgets_last_totals),
    };
    return cmocka_run_group_tests_name("store_cumulative", tests, NULL, NULL);
}

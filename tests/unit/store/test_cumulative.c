/* Cumulative families: programs push running totals, what they have grown by
 * is added. */
#include "store/store.h"

#include "cumulative_fixture.h"

/* The first push counts whole, then what comes on top of it, then whole again
 * when it has fallen. */
static void test_counter(void **state) {
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

/* Sums, counts and buckets alike; any of the counts may tell of a new begin. */
static void test_histogram(void **state) {
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
    /* The sum of a summary has fallen: that is a new begin as well. */
    assert_rows(VALUES, "s|0.0|4.5|5|NULL\n");
    total_push(&side, (struct total){p1, "s", .sum = 3, .count = 2});
    assert_rows(VALUES, "s|0.0|7.5|7|NULL\n");
    total_push(&side, (struct total){p1, "s", .sum = 3.5, .count = 4});
    assert_rows(VALUES, "s|0.0|8.0|9|NULL\n");
    sound_close(&side);
}

/* Each process counts on its own, and so does each series; two responders and
 * what they have pushed before know of each other. */
static void test_pushers(void **state) {
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

/* Pushes of one process in one turn, in their order, beside increments. */
static void test_one_turn(void **state) {
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

/* What is pushed to a cumulative family without a process is an increment. */
static void test_without_pusher(void **state) {
    struct side side;
    (void)state;
    side_open(&side, families);
    side_push(&side, "c", "{'l': 'a'}", "5");
    side_push(&side, "c", "{'l': 'a'}", "5");
    assert_rows(VALUES, "ca|10.0|0.0|0|NULL\n");
    assert_rows(PUSHERS, "");
    sound_close(&side);
}

/* A new kind of a family forgets what processes have pushed. */
static void test_other_bounds(void **state) {
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

/* A process is forgotten with its series, and goes on with one that stays, as
 * other processes count there: what it has counted is not counted again. */
static void test_removal(void **state) {
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
static void test_damaged(void **state) {
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

/* A batch that is refused alone has taken nothing for pushed. */
static void test_rolled_back(void **state) {
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

/* As many rows as limits.series permits; then the processes that were not seen
 * for a day make room, but those who push now. */
static void test_limit(void **state) {
    struct side side;
    const struct total all[] = {{p1, "c", "a", .value = 1},
                                {p1, "c", "b", .value = 1},
                                {p1, "o", "/1", .value = 1}};
    const struct total others[] = {{p2, "c", "a", .value = 10},
                                   {p2, "o", "/2", .value = 10}};
    static const char why[] =
        "the push would make the series of cumulative families, by process, "
        "%d, must be at most limits.series, 3; push fewer or raise it";
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
    /* A lower limit stops new ones only. */
    side.registry.pushers_max = 1;
    total_push(&side, (struct total){p2, "c", "a", .value = 12});
    check_text("lower", totals_push(&side, &all[1], 2), NULL);
    assert_rows(VALUES, "ca|13.0|0.0|0|NULL\ncb|1.0|0.0|0|NULL\n"
                        "o/1|1.0|0.0|0|NULL\n");
    sound_close(&side);
}

/* Who pushes after a long time is not forgotten by that very push. */
static void test_late(void **state) {
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

/* More than a hundred at a time where a push needs it. */
static void test_many(void **state) {
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
        TEST(test_counter),      TEST(test_histogram),
        TEST(test_summary),      TEST(test_pushers),
        TEST(test_one_turn),     TEST(test_without_pusher),
        TEST(test_other_bounds), TEST(test_damaged),
        TEST(test_rolled_back),  TEST(test_limit),
        TEST(test_late),         TEST(test_many),
        TEST(test_removal),
    };
    return cmocka_run_group_tests_name("store_cumulative", tests, NULL, NULL);
}

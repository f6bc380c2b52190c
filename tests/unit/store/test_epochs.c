/* Running totals with a start time (epoch), and those of families that are not
 * listed as cumulative. */
#include "cumulative_fixture.h"
#include "sql.h"
#include "store/prune.h"

/* The last totals of processes, and when they were seen. */
#define EPOCHS                                                                 \
    "SELECT name, labels, pusher, value, pusher.sum, count, buckets, epoch, "  \
    "seen_at - 1700000000 FROM pusher JOIN family ON family.id = family_id "   \
    "ORDER BY name, labels, pusher"

struct step {
    struct total push;
    const char *totals; /* afterwards */
    const char *known;  /* afterwards; NULL: as before */
};

static void run_steps(const struct step *steps, size_t count) {
    struct side side;
    const char *known = "";
    side_open(&side, families);
    for (size_t i = 0; i < count; i++) {
        side.now = NOW + (int64_t)i;
        total_push(&side, steps[i].push);
        known = steps[i].known ? steps[i].known : known;
        assert_rows(VALUES, steps[i].totals);
        assert_rows(EPOCHS, known);
    }
    sound_close(&side);
}

#define C "c|{\"l\":\"a\"}|{\"i\":\"1\"}|"

/* Within an epoch a lower total is a late one; a later epoch is a restart, even
 * if no total has fallen; a total of an earlier epoch is ignored. */
static void test_counter_epochs(void **state) {
    static const struct step steps[] = {
        {{p1, "c", "a", .value = 5, .epoch = 100},
         "ca|5.0|0.0|0|NULL\n",
         C "5.0|0.0|0|NULL|100|0\n"},
        {{p1, "c", "a", .value = 7, .epoch = 100},
         "ca|7.0|0.0|0|NULL\n",
         C "7.0|0.0|0|NULL|100|1\n"},
        {{p1, "c", "a", .value = 6, .epoch = 100}, "ca|7.0|0.0|0|NULL\n", NULL},
        {{p1, "c", "a", .value = 7, .epoch = 100},
         "ca|7.0|0.0|0|NULL\n",
         C "7.0|0.0|0|NULL|100|3\n"},
        {{p1, "c", "a", .value = 8, .epoch = 100},
         "ca|8.0|0.0|0|NULL\n",
         C "8.0|0.0|0|NULL|100|4\n"},
        {{p1, "c", "a", .value = 9, .epoch = 200},
         "ca|17.0|0.0|0|NULL\n",
         C "9.0|0.0|0|NULL|200|5\n"},
        {{p1, "c", "a", .value = 50, .epoch = 199},
         "ca|17.0|0.0|0|NULL\n",
         NULL},
        {{p1, "c", "a", .value = 10, .epoch = 200},
         "ca|18.0|0.0|0|NULL\n",
         C "10.0|0.0|0|NULL|200|7\n"},
        /* Later, and fallen as well. */
        {{p1, "c", "a", .value = 1, .epoch = INT64_MAX},
         "ca|19.0|0.0|0|NULL\n",
         C "1.0|0.0|0|NULL|9223372036854775807|8\n"}};
    (void)state;
    run_steps(steps, COUNT(steps));
}

/* If either epoch is unknown, a fall is a restart; the known epoch is kept. */
static void test_unknown_epochs(void **state) {
    static const struct step steps[] = {
        {{p1, "c", "a", .value = 5},
         "ca|5.0|0.0|0|NULL\n",
         C "5.0|0.0|0|NULL|0|0\n"},
        {{p1, "c", "a", .value = 6, .epoch = 100},
         "ca|6.0|0.0|0|NULL\n",
         C "6.0|0.0|0|NULL|100|1\n"},
        {{p1, "c", "a", .value = 7},
         "ca|7.0|0.0|0|NULL\n",
         C "7.0|0.0|0|NULL|100|2\n"},
        {{p1, "c", "a", .value = 9, .epoch = 99}, "ca|7.0|0.0|0|NULL\n", NULL},
        {{p1, "c", "a", .value = 4, .epoch = -1},
         "ca|11.0|0.0|0|NULL\n",
         C "4.0|0.0|0|NULL|0|4\n"},
        {{p1, "c", "a", .value = 3, .epoch = 50},
         "ca|14.0|0.0|0|NULL\n",
         C "3.0|0.0|0|NULL|50|5\n"}};
    (void)state;
    run_steps(steps, COUNT(steps));
}

#define H "h|{}|{\"i\":\"1\"}|0.0|"
#define S "s|{}|{\"i\":\"1\"}|0.0|"

/* A message counts nothing if any of its counts has fallen; its sum may
 * fall. */
static void test_histogram_epochs(void **state) {
    static const struct step steps[] = {
        {{p1, "h", .sum = 5, .count = 6, .buckets = {1, 2, 3}, .epoch = 1},
         "h|0.0|5.0|6|[1,2,3]\n",
         H "5.0|6|[1,2,3]|1|0\n"},
        {{p1, "h", .sum = 9, .count = 9, .buckets = {5, 1, 3}, .epoch = 1},
         "h|0.0|5.0|6|[1,2,3]\n",
         NULL},
        {{p1, "h", .sum = 9, .count = 5, .buckets = {5, 2, 3}, .epoch = 1},
         "h|0.0|5.0|6|[1,2,3]\n",
         NULL},
        {{p1, "h", .sum = 4, .count = 7, .buckets = {1, 2, 4}, .epoch = 1},
         "h|0.0|4.0|7|[1,2,4]\n",
         H "4.0|7|[1,2,4]|1|3\n"},
        {{p1, "h", .sum = 8, .count = 7, .buckets = {1, 2, 4}, .epoch = 2},
         "h|0.0|12.0|14|[2,4,8]\n",
         H "8.0|7|[1,2,4]|2|4\n"}};
    (void)state;
    run_steps(steps, COUNT(steps));
}

/* A program widens the buckets of an exponential histogram: counts move to
 * higher buckets of the family, and no count is lost or doubled. last: a total
 * whose counts have moved down, so it is late or of another process. */
static void widen(int64_t epoch, const char *last) {
    const struct {
        double sum;
        uint64_t count;
        uint64_t buckets[3];
        const char *totals;
    } pushes[] = {{5, 6, {3, 2, 1}, "h|0.0|5.0|6|[3,2,1]\n"},
                  {9, 8, {1, 5, 2}, "h|0.0|9.0|8|[3,3,2]\n"},
                  {9, 8, {0, 5, 3}, "h|0.0|9.0|8|[3,3,2]\n"},
                  {10, 9, {1, 5, 3}, "h|0.0|10.0|9|[4,3,2]\n"},
                  {20, 12, {0, 0, 12}, "h|0.0|20.0|12|[4,3,5]\n"},
                  {21, 13, {13, 0, 0}, last}};
    struct side side;
    side_open(&side, families);
    for (size_t i = 0; i < COUNT(pushes); i++) {
        struct total total = {p1,
                              "h",
                              .sum = pushes[i].sum,
                              .count = pushes[i].count,
                              .observed = true,
                              .epoch = epoch};
        memcpy(total.buckets, pushes[i].buckets, sizeof(total.buckets));
        total_push(&side, total);
        assert_rows(VALUES, pushes[i].totals);
    }
    sound_close(&side);
}

static void test_widened(void **state) {
    (void)state;
    widen(1, "h|0.0|20.0|12|[4,3,5]\n");
}

static void test_widened_unknown(void **state) {
    (void)state;
    widen(-1, "h|0.0|41.0|25|[17,3,5]\n");
}

static void test_summary(void **state) {
    static const struct step steps[] = {
        {{p1, "s", .sum = 5, .count = 2, .epoch = 1},
         "s|0.0|5.0|2|NULL\n",
         S "5.0|2|NULL|1|0\n"},
        {{p1, "s", .sum = 4, .count = 3, .epoch = 1},
         "s|0.0|5.0|2|NULL\n",
         NULL},
        {{p1, "s", .sum = 5, .count = 3, .epoch = 2},
         "s|0.0|10.0|5|NULL\n",
         S "5.0|3|NULL|2|2\n"}};
    (void)state;
    run_steps(steps, COUNT(steps));
}

/* A family listed for increments takes both kinds; the values of an open label
 * are counted as pushed. */
static void test_listed_for_increments_takes_both(void **state) {
    struct side side;
    (void)state;
    side_open(&side, "{'name': 'plain', 'help': 'h', 'type': 'counter'},"
                     "{'name': 'o', 'help': 'h', 'type': 'counter', 'labels': "
                     "[{'name': 'page', 'maxValues': 1}]}");
    total_push(&side, (struct total){p1, "plain", .value = 5, .epoch = -1});
    total_push(&side, (struct total){p1, "plain", .value = 2});
    total_push(&side, (struct total){p1, "plain", .value = 6, .epoch = 3});
    total_push(&side, (struct total){p2, "plain", .value = 10, .epoch = 3});
    for (int i = 0; i < 2; i++)
        for (int page = 0; page < 3; page++) {
            const char name[] = {(char)('a' + page), '\0'};
            total_push(&side, (struct total){p1, "o", name, .value = 10 + i,
                                             .epoch = 3});
        }
    assert_rows(VALUES, "oa|11.0|0.0|0|NULL\noother|22.0|0.0|0|NULL\n"
                        "plain|18.0|0.0|0|NULL\n");
    side_close(&side);
    side_open(&side, "{'name': 'plain', 'help': 'h', 'type': 'counter'}");
    total_push(&side, (struct total){p2, "plain", .value = 11, .epoch = 3});
    assert_rows("SELECT value FROM counter_totals JOIN total WHERE family = "
                "'plain' AND total = value",
                "19.0\n");
    sound_close(&side);
}

/* Messages of one turn, and of responders that do not know each other's. */
static void test_messages_of_a_turn_keep_their_order(void **state) {
    static const struct {
        double value;
        int64_t epoch;
    } pushes[] = {{4, 1}, {6, 1}, {5, 1}, {1, 2}, {8, 1}, {3, 2}, {2, 2}};
    struct side sides[2];
    struct batch batches[COUNT(pushes)] = {{.count = 0}};
    struct err err = {.code = ERR_NONE};
    (void)state;
    side_open(&sides[0], families);
    side_open(&sides[1], families);
    for (size_t i = 0; i < COUNT(pushes); i++)
        total_add(&sides[0], &batches[i],
                  &(struct total){p1, "c", "a", .value = pushes[i].value,
                                  .epoch = pushes[i].epoch});
    assert_int_equal(turn_commit(&sides[0], batches, COUNT(pushes), &err), 0);
    for (size_t i = 0; i < COUNT(pushes); i++)
        batch_free(&batches[i]);
    assert_rows(VALUES, "ca|9.0|0.0|0|NULL\n");
    total_push(&sides[1], (struct total){p1, "c", "a", .value = 2, .epoch = 2});
    total_push(&sides[1], (struct total){p1, "c", "a", .value = 4, .epoch = 2});
    total_push(&sides[0], (struct total){p1, "c", "a", .value = 3, .epoch = 2});
    assert_rows(VALUES, "ca|10.0|0.0|0|NULL\n");
    sound_close(&sides[1]);
    sound_close(&sides[0]);
}

static const struct offer open_counter = {"x_total",    METRIC_COUNTER,
                                          "{'l':'a'}",  .value = 5,
                                          .pusher = p1, .epoch = 10};

static void offer_value(struct side *side, const char *labels,
                        const char *pusher, double value) {
    struct offer offer = open_counter;
    offer.labels = labels;
    offer.pusher = pusher;
    offer.value = value;
    offer_one(side, offer);
}

static const char x_total[] = "{'name': 'x_total', 'help': 'h', 'type': "
                              "'counter', 'labels': [{'name': 'l', "
                              "'allowedValues': ['a', 'b']}]}";

/* Families added by a push: by label set, across responders and restarts, and
 * through a file that lists them and then no longer does. */
static void test_added_families_keep_totals_by_label_set(void **state) {
    struct side sides[2];
    struct offer histogram = {"y",
                              METRIC_HISTOGRAM,
                              .sum = 3,
                              .count = 3,
                              .buckets = {1, 2},
                              .bounds = {1},
                              .bound_count = 1,
                              .pusher = p1,
                              .epoch = 7};
    (void)state;
    side_open(&sides[0], families);
    side_open(&sides[1], families);
    offer_value(&sides[0], "{'l':'a'}", p1, 5);
    offer_value(&sides[0], "{'l':'b'}", p1, 50);
    offer_value(&sides[1], "{'l':'a'}", p2, 100);
    offer_value(&sides[1], "{'l':'a'}", p1, 6);
    offer_value(&sides[0], "{'l':'b'}", p1, 51);
    offer_value(&sides[0], "{'l':'a'}", p2, 90);
    offer_one(&sides[0], histogram);
    histogram.count = 4;
    histogram.buckets[0] = 2;
    offer_one(&sides[1], histogram);
    static const char want[] = "x_totala|106.0|0.0|0|NULL\n"
                               "x_totalb|51.0|0.0|0|NULL\n"
                               "y|0.0|3.0|4|[2,2]\n";
    assert_rows(VALUES, want);
    sound_close(&sides[1]);
    side_load(&sides[0], x_total);
    total_push(&sides[0],
               (struct total){p1, "x_total", "a", .value = 7, .epoch = 10});
    total_push(&sides[0],
               (struct total){p1, "x_total", "b", .value = 40, .epoch = 10});
    side_load(&sides[0], families);
    offer_value(&sides[0], "{'l':'a'}", p1, 8);
    sound_close(&sides[0]);
    side_open(&sides[0], families);
    offer_value(&sides[0], "{'l':'a'}", p1, 9);
    assert_rows(VALUES, "x_totala|109.0|0.0|0|NULL\n"
                        "x_totalb|51.0|0.0|0|NULL\n"
                        "y|0.0|3.0|4|[2,2]\n");
    sound_close(&sides[0]);
}

/* When the totals of a family restart, so do the last totals of its
 * processes. */
static void test_restarted_family_forgets_processes(void **state) {
    struct side side;
    (void)state;
    side_open(&side, families);
    offer_value(&side, "{'l':'a'}", p1, 5);
    side_load(&side, "{'name': 'x_total', 'help': 'h', 'type': 'summary'}");
    assert_rows(EPOCHS, "");
    side_load(&side, x_total);
    assert_rows(VALUES, "");
    total_push(&side,
               (struct total){p1, "x_total", "a", .value = 7, .epoch = 10});
    assert_rows(VALUES, "x_totala|7.0|0.0|0|NULL\n");
    sound_close(&side);
}

/* A removed group, with its family or without. */
static void test_removed_group_forgets_processes(void **state) {
    struct side side;
    struct offer offer = open_counter;
    (void)state;
    side_open(&side, families);
    offer.group = "{'l':'a'}";
    offer_one(&side, offer);
    offer_value(&side, "{'l':'b'}", p1, 50);
    remove_series(&side, (struct label){"l", "a", 1}, (struct label){NULL});
    assert_rows("SELECT labels, value FROM pusher", "{\"l\":\"b\"}|50.0\n");
    offer.value = 6;
    offer_one(&side, offer);
    offer_value(&side, "{'l':'b'}", p1, 51);
    assert_rows(VALUES, "x_totala|6.0|0.0|0|NULL\nx_totalb|51.0|0.0|0|NULL\n");
    sound_close(&side);
}

/* Without room for its processes a push is refused and adds no family. */
static void test_full_limit_adds_no_family(void **state) {
    struct side side;
    enum reject_reason reason = REJECT_REASONS;
    struct offer offers[] = {open_counter, open_counter};
    (void)state;
    side_open(&side, families);
    side.registry.pushers_max = 1;
    offers[1].labels = "{'l':'b'}";
    assert_string_equal(
        offer_push(&side, offers, 2, &reason),
        "the push would raise the series of cumulative families, counted by "
        "process, to "
        "2, must be at most limits.series, 1; push fewer or raise the limit");
    assert_int_equal(reason, REJECT_SERIES_LIMIT);
    assert_rows(OPEN_FAMILIES, "");
    assert_rows(EPOCHS, "");
    offer_one(&side, offers[1]);
    offer_one(&side, offers[1]);
    assert_non_null(offer_push(&side, offers, 1, &reason));
    assert_rows(VALUES, "x_totalb|5.0|0.0|0|NULL\n");
    sound_close(&side);
}

/* Removes series that were idle since horizon, as the command does. */
static void prune(const struct side *side, int64_t horizon) {
    struct prune_list list = {.horizon = horizon};
    const struct config config = {.open_families = true,
                                  .registry = side->registry};
    struct err err = {.code = ERR_NONE};
    struct db *db;
    size_t deleted = 0;
    assert_int_equal(db_open(scratch_path("t.db"), true, 500, &db, &err), 0);
    assert_int_equal(db_execute(db, sql_snapshot_begin, &err), 0);
    assert_int_equal(prune_list_read(&list, db, &config, &err), 0);
    db_close(db);
    for (size_t i = 0; i < list.count; i++)
        while (store_prune_series(side->store, &list, &list.families[i],
                                  &err) == 1)
            ;
    while (store_prune_pushers(side->store, &list, &deleted, &err) == 1)
        ;
    assert_int_equal(store_prune_families(side->store, &list, &deleted, &err),
                     0);
    assert_string_equal(err.message, "");
    prune_list_free(&list);
}

/* An idle series is pruned with the last totals of its processes, a late
 * message does not keep it, and the family goes with its last series. */
static void test_idle_series_is_pruned_with_its_processes(void **state) {
    struct side side;
    (void)state;
    side_open(&side, families);
    offer_value(&side, "{'l':'a'}", p1, 5);
    offer_value(&side, "{'l':'b'}", p1, 50);
    side.now = NOW + 60;
    offer_value(&side, "{'l':'a'}", p1, 4);
    offer_value(&side, "{'l':'b'}", p1, 50);
    prune(&side, NOW + 30);
    assert_rows("SELECT labels, value FROM pusher", "{\"l\":\"b\"}|50.0\n");
    offer_value(&side, "{'l':'a'}", p1, 6);
    offer_value(&side, "{'l':'b'}", p1, 51);
    assert_rows(VALUES, "x_totala|6.0|0.0|0|NULL\nx_totalb|51.0|0.0|0|NULL\n");
    prune(&side, NOW + 90);
    assert_rows(OPEN_FAMILIES, "");
    assert_rows(EPOCHS, "");
    side.now = NOW + 120;
    offer_value(&side, "{'l':'a'}", p1, 7);
    assert_rows(VALUES, "x_totala|7.0|0.0|0|NULL\n");
    sound_close(&side);
}

/* Totals of another node go to the family of that name, listed or not, with its
 * epoch, and are ignored without that family. */
static void test_totals_of_another_node(void **state) {
    static const char *const names[] = {"plain", "x_total", "nobody"};
    struct side side;
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    struct known_pusher known[COUNT(names)];
    (void)state;
    side_open(&side, families);
    for (size_t i = 0; i < COUNT(names); i++)
        known[i] =
            (struct known_pusher){.family = names[i],
                                  .labels = i == 1 ? "{\"l\":\"a\"}" : "{}",
                                  .pusher = "{\"i\":\"1\"}",
                                  .value = 4,
                                  .epoch = 10,
                                  .seen_at = 1700000001};
    struct offer increment = open_counter;
    increment.pusher = NULL;
    offer_add(&batch, &increment);
    batch.pushers = known;
    batch.pusher_count = COUNT(names);
    assert_int_equal(turn_commit(&side, &batch, 1, &err), 0);
    assert_false(batch.refused);
    batch_free(&batch);
    assert_rows(EPOCHS, "plain|{}|{\"i\":\"1\"}|4.0|0.0|0|NULL|10|1\n"
                        "x_total|{\"l\":\"a\"}|{\"i\":\"1\"}|4.0|0.0|0|NULL|"
                        "10|1\n");
    total_push(&side, (struct total){p1, "plain", .value = 3, .epoch = 10});
    total_push(&side, (struct total){p1, "plain", .value = 6, .epoch = 10});
    offer_value(&side, "{'l':'a'}", p1, 5);
    assert_rows(VALUES, "plain|2.0|0.0|0|NULL\nx_totala|6.0|0.0|0|NULL\n");
    sound_close(&side);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_counter_epochs),
        TEST(test_unknown_epochs),
        TEST(test_histogram_epochs),
        TEST(test_widened),
        TEST(test_widened_unknown),
        TEST(test_summary),
        TEST(test_listed_for_increments_takes_both),
        TEST(test_messages_of_a_turn_keep_their_order),
        TEST(test_added_families_keep_totals_by_label_set),
        TEST(test_restarted_family_forgets_processes),
        TEST(test_removed_group_forgets_processes),
        TEST(test_full_limit_adds_no_family),
        TEST(test_idle_series_is_pruned_with_its_processes),
        TEST(test_totals_of_another_node),
    };
    return cmocka_run_group_tests_name("store_epochs", tests, NULL, NULL);
}

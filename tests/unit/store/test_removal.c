/* Removal of groups: the series pushed under exactly the labels of a path. */
#include "store/store.h"

#include "offer_fixture.h"

/* Labels and patterns, each list ended by NULL. */
struct request {
    const char *labels[4][2];
    const char *families[3];
};

static void fill_labels(const struct request *request, struct label *labels,
                        struct removal *removal) {
    removal->labels = labels;
    for (; removal->count < 4 && request->labels[removal->count][0];
         removal->count++)
        labels[removal->count] =
            (struct label){request->labels[removal->count][0],
                           request->labels[removal->count][1],
                           strlen(request->labels[removal->count][1])};
}

/* Number of series removed or zeroed by the last removal. */
static size_t removed;
static size_t zeroed;

/* Commits a removal, before a batch of the samples if there are any. */
static int remove_and_push(struct side *side, const struct request *request,
                           struct batch *pushed, struct err *err) {
    struct label labels[4];
    struct string_list families = {
        .strings = (const char **)(uintptr_t)request->families};
    struct removal removal = {.labels = labels};
    struct batch batches[2] = {{.removal = &removal}};
    fill_labels(request, labels, &removal);
    while (request->families[families.count])
        families.count++;
    if (families.count > 0)
        removal.families = &families;
    if (pushed)
        batches[1] = *pushed;
    /* A removal is applied first, wherever it is in the batch. */
    if (pushed) {
        struct batch swap = batches[0];
        batches[0] = batches[1];
        batches[1] = swap;
    }
    int result = turn_commit(side, batches, pushed ? 2 : 1, err);
    removed = batches[pushed ? 1 : 0].removed;
    zeroed = batches[pushed ? 1 : 0].zeroed;
    if (pushed)
        *pushed = batches[0];
    return result;
}

static void remove_series(struct side *side, struct request request) {
    struct err err = {.code = ERR_NONE};
    if (remove_and_push(side, &request, NULL, &err) != 0)
        fail_msg("%s", err.message);
}

static const char families[] =
    "{'name': 'closed', 'help': 'h', 'type': 'counter', 'labels': ["
    " {'name': 'job', 'allowedValues': ['j', 'k']}]},"
    "{'name': 'closed_h', 'help': 'h', 'type': 'histogram', 'buckets': [1, 2],"
    " 'labels': [{'name': 'job', 'allowedValues': ['j', 'k']}]},"
    "{'name': 'lost', 'help': 'h', 'type': 'counter', 'labels': ["
    " {'name': 'job', 'allowedValues': ['j', 'k']}]},"
    "{'name': 'tallyish', 'help': 'h', 'type': 'gauge', 'labels': ["
    " {'name': 'job', 'maxValues': 5}]}";

static const char families_without_lost[] =
    "{'name': 'closed', 'help': 'h', 'type': 'counter', 'labels': ["
    " {'name': 'job', 'allowedValues': ['j', 'k']}]},"
    "{'name': 'closed_h', 'help': 'h', 'type': 'histogram', 'buckets': [1, 2],"
    " 'labels': [{'name': 'job', 'allowedValues': ['j', 'k']}]},"
    "{'name': 'tallyish', 'help': 'h', 'type': 'gauge', 'labels': ["
    " {'name': 'job', 'maxValues': 5}]}";

#define GROUP "{'job':'j'}"
#define OTHER "{'instance':'i2','job':'j'}"

/* Series of all kinds in the group of the path /job/j, and others. */
static void fill(struct side *side) {
    static const struct offer offers[] = {
        {"both", METRIC_COUNTER, GROUP, .value = 1, .group = GROUP},
        {"both", METRIC_COUNTER, "{'instance':'i','job':'j'}", .value = 1},
        {"only", METRIC_SUMMARY, GROUP, .count = 1}};
    static const struct offer others[] = {
        {"both", METRIC_COUNTER, OTHER, .value = 1, .group = OTHER},
        {"both", METRIC_COUNTER, "{'instance':'i','job':'k'}", .value = 1,
         .group = "{'job':'k'}"},
        {"both", METRIC_COUNTER, "{'job':'j','x':'y'}", .value = 1},
        {"both", METRIC_COUNTER, .value = 1},
        {"quoted", METRIC_GAUGE, "{'a':'\\\"job\\\":\\\"j\\\"'}", .value = 1,
         .group = "{'a':'\\\"job\\\":\\\"j\\\"'}"}};
    side_open(side, families);
    group_push(side, GROUP, "closed", "{'job': 'j'}", "5");
    group_push(side, "{'job':'k'}", "closed", "{'job': 'k'}", "5");
    group_push(side, GROUP, "closed_h", "{'job': 'j'}", "1,2,3");
    side_push(side, "closed_h", "{'job': 'k'}", "1");
    group_push(side, GROUP, "lost", "{'job': 'j'}", "5");
    side_push(side, "lost", "{'job': 'k'}", "5");
    group_push(side, GROUP, "tallyish", "{'job': 'j'}", "5");
    side_push(side, "tallyish", "{'job': 'k'}", "5");
    side_load(side, families_without_lost);
    check_text("fill", offer_push(side, offers, COUNT(offers), NULL), NULL);
    for (size_t i = 0; i < COUNT(others); i++)
        offer_one(side, others[i]);
    outsider_run("INSERT INTO family (name, type, help, unit) "
                 "VALUES ('tallyman_old', 'counter', 'h', '');"
                 "INSERT INTO series (family_id, labels, created_at)"
                 " SELECT id, '{\"job\":\"j\"}', 1 FROM family "
                 "WHERE name = 'tallyman_old';"
                 "INSERT INTO total (series_id, value, updated_at) "
                 "VALUES (last_insert_rowid(), 1, 1)");
    side->now = NOW + 60;
}

#define ALL                                                                    \
    "SELECT name, labels, value, sum, count, buckets, created_at FROM series " \
    "JOIN total ON series_id = series.id "                                     \
    "JOIN family ON family.id = family_id ORDER BY name, labels"
#define GROUPS                                                                 \
    "SELECT push_group.labels, pushed_at, failed_at, count(series.id) FROM "   \
    "push_group LEFT JOIN series ON group_id = push_group.id GROUP BY "        \
    "push_group.id ORDER BY 1"

static const char rest_of_job_j[] =
    "both|{\"instance\":\"i\",\"job\":\"k\"}|1.0|0.0|0|NULL|1700000000\n"
    "both|{\"instance\":\"i2\",\"job\":\"j\"}|1.0|0.0|0|NULL|1700000000\n"
    "both|{\"job\":\"j\",\"x\":\"y\"}|1.0|0.0|0|NULL|1700000000\n"
    "both|{}|1.0|0.0|0|NULL|1700000000\n"
    "closed|{\"job\":\"j\"}|0.0|0.0|0|NULL|1700000060\n"
    "closed|{\"job\":\"k\"}|5.0|0.0|0|NULL|1700000000\n"
    "closed_h|{\"job\":\"j\"}|0.0|0.0|0|[0,0,0]|1700000060\n"
    "closed_h|{\"job\":\"k\"}|0.0|1.0|1|[1,0,0]|1700000000\n"
    "lost|{\"job\":\"k\"}|5.0|0.0|0|NULL|1700000000\n"
    "quoted|{\"a\":\"\\\"job\\\":\\\"j\\\"\"}|1.0|0.0|1|NULL|1700000000\n"
    "tallyish|{\"job\":\"k\"}|5.0|0.0|1|NULL|1700000000\n"
    "tallyman_old|{\"job\":\"j\"}|1.0|0.0|0|NULL|1\n";

/* The removal takes the group with all further labels of its bodies; groups
 * with more labels and series without a group stay. */
static void test_removal_takes_exactly_the_group(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    assert_rows(GROUPS,
                "{\"a\":\"\\\"job\\\":\\\"j\\\"\"}|1700000000.0|0.0|1\n"
                "{\"instance\":\"i2\",\"job\":\"j\"}|1700000000.0|0.0|1\n"
                "{\"job\":\"j\"}|1700000000.0|0.0|7\n"
                "{\"job\":\"k\"}|1700000000.0|0.0|2\n");
    remove_series(&side, (struct request){.labels = {{"job", "j"}}});
    assert_int_equal(removed, 5);
    assert_int_equal(zeroed, 2);
    assert_rows(ALL, rest_of_job_j);
    assert_rows(GROUPS,
                "{\"a\":\"\\\"job\\\":\\\"j\\\"\"}|1700000000.0|0.0|1\n"
                "{\"instance\":\"i2\",\"job\":\"j\"}|1700000000.0|0.0|1\n"
                "{\"job\":\"k\"}|1700000000.0|0.0|2\n");
    assert_rows(OPEN_FAMILIES, "both|counter|h||NULL\n"
                               "quoted|gauge|h||NULL\n");
    assert_rows(OPEN_META, "open_generation|4\nopen_series|5\n");
    /* The second removal finds no group. */
    side.now = NOW + 90;
    remove_series(&side, (struct request){.labels = {{"job", "j"}}});
    assert_int_equal(removed + zeroed, 0);
    assert_rows(ALL, rest_of_job_j);
    sound_close(&side);
}

/* Other labels name another group, or none. */
static void test_other_labels_name_another_group(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    struct strbuf before = outsider_rows(ALL);
    static const struct request nothing[] = {
        {.labels = {{"instance", "i"}, {"job", "j"}}},
        {.labels = {{"instance", "i2"}, {"job", "j"}, {"x", "y"}}},
        {.labels = {{"job", ""}}},
        {.labels = {{"ob", "j"}}},
        {.labels = {{"job", "j\"}"}}},
        {.labels = {{NULL, NULL}}},
        {.labels = {{"job", "j"}}, .families = {"bot", "*x"}},
    };
    for (size_t i = 0; i < COUNT(nothing); i++) {
        remove_series(&side, nothing[i]);
        assert_int_equal(removed + zeroed, 0);
        assert_rows(ALL, before.data);
    }
    remove_series(
        &side, (struct request){.labels = {{"instance", "i2"}, {"job", "j"}}});
    assert_int_equal(removed, 1);
    assert_int_equal(zeroed, 0);
    assert_rows("SELECT labels FROM series JOIN family ON family.id = "
                "family_id WHERE name = 'both' ORDER BY labels",
                "{\"instance\":\"i\",\"job\":\"j\"}\n"
                "{\"instance\":\"i\",\"job\":\"k\"}\n"
                "{\"job\":\"j\",\"x\":\"y\"}\n{\"job\":\"j\"}\n{}\n");
    strbuf_free(&before);
    sound_close(&side);
}

/* A token may be limited to some families. */
static void test_patterns_limit_the_removal(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    remove_series(&side, (struct request){.labels = {{"job", "j"}},
                                          .families = {"on*", "closed"}});
    assert_int_equal(removed, 1);
    assert_int_equal(zeroed, 1);
    assert_rows("SELECT name FROM series JOIN total ON series_id = series.id "
                "JOIN family ON family.id = family_id "
                "WHERE group_id = 1 AND (value <> 0 OR count <> 0) "
                "ORDER BY name",
                "both\nboth\nclosed_h\nlost\ntallyish\n");
    /* A caller without patterns removes the rest. */
    remove_series(&side, (struct request){.labels = {{"job", "j"}}});
    assert_int_equal(removed, 4);
    assert_int_equal(zeroed, 2);
    group_push(&side, GROUP, "closed", "{'job': 'j'}", "5");
    assert_rows("SELECT name FROM series JOIN family ON family.id = family_id "
                "JOIN push_group ON push_group.id = group_id "
                "WHERE push_group.labels = '{\"job\":\"j\"}'",
                "closed\n");
    assert_rows(OPEN_FAMILIES, "both|counter|h||NULL\n"
                               "quoted|gauge|h||NULL\n");
    sound_close(&side);
}

/* The next push adds removed series again, with a new birth: from a
 * responder that knew their rows, from the one that removed them, and in the
 * same turn. */
static void test_removed_series_are_added_again(void **state) {
    struct side a;
    struct side b;
    const struct offer offer = {"x", METRIC_COUNTER, "{'job':'j'}", .value = 1,
                                .group = GROUP};
    const struct request request = {.labels = {{"job", "j"}}};
    static const char *const births[] = {"1\n", "2\n", "3\n"};
    (void)state;
    side_open(&a, families);
    side_open(&b, families);
    for (int i = 1; i <= 3; i++) {
        struct batch batch = {.count = 0};
        struct err err = {.code = ERR_NONE};
        offer_one(&a, offer);
        offer_one(&b, offer);
        group_push(&a, GROUP, "tallyish", "{'job': 'j'}", "5");
        group_push(&b, GROUP, "tallyish", "{'job': 'j'}", "5");
        group_push(&b, GROUP, "closed", "{'job': 'j'}", "5");
        assert_rows("SELECT sum(value) FROM total", "12.0\n");
        a.now = b.now = NOW + i;
        remove_series(&a, request);
        assert_rows(TOTALS, "");
        assert_rows(OPEN_FAMILIES, "");
        group_push(&b, GROUP, "closed", "{'job': 'j'}", "2");
        group_push(&b, GROUP, "tallyish", "{'job': 'j'}", "3");
        offer_one(&b, offer);
        offer_one(&a, offer);
        assert_rows(TOTALS, "closed|{\"job\":\"j\"}|2.0\n"
                            "tallyish|{\"job\":\"j\"}|3.0\n"
                            "x|{\"job\":\"j\"}|2.0\n");
        offer_add(&batch, &offer);
        batch_give_group(&batch, GROUP, b.now);
        assert_int_equal(remove_and_push(&b, &request, &batch, &err), 0);
        assert_false(batch.refused);
        batch_free(&batch);
        assert_rows(TOTALS, "x|{\"job\":\"j\"}|1.0\n");
        assert_rows("SELECT DISTINCT created_at - 1700000000 FROM series "
                    "JOIN total ON series_id = series.id "
                    "WHERE labels LIKE '%j\"%' AND value > 0",
                    births[i - 1]);
        remove_series(&b, request);
    }
    assert_rows(TOTALS, "");
    assert_rows("SELECT value FROM meta WHERE key = 'open_series'", "0\n");
    sound_close(&a);
    sound_close(&b);
}

/* A batch that is refused alone removes nothing; another batch still adds. */
static void test_refused_batch_removes_nothing(void **state) {
    struct side side;
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    const struct request request = {.labels = {{"job", "j"}}};
    const struct offer offer = {"both", METRIC_COUNTER,
                                "{'instance':'i','job':'j'}", .value = 1,
                                .group = GROUP};
    (void)state;
    fill(&side);
    struct strbuf before = outsider_rows(ALL);
    outsider_run(OUTSIDER_FILL);
    offer_add(&batch, &offer);
    batch_give_group(&batch, GROUP, side.now);
    struct batch bad = {.count = 0};
    const struct push push = {NULL, "closed_h", "{'job': 'k'}", "1"};
    push_parse(&push, &side, &bad);
    struct label label = {"job", "j", 1};
    struct removal removal = {.labels = &label, .count = 1};
    bad.removal = &removal;
    struct batch turn[2] = {batch, bad};
    assert_int_equal(turn_commit(&side, &turn[1], 1, &err), 0);
    assert_true(turn[1].refused);
    assert_int_equal(turn[1].refusal, REJECT_NOT_STORED);
    assert_non_null(strstr(turn[1].why.message, "constraint failed"));
    outsider_run(OUTSIDER_EMPTY);
    assert_rows(ALL, before.data);
    outsider_run(OUTSIDER_FILL);
    assert_int_equal(turn_commit(&side, turn, 2, &err), 0);
    assert_false(turn[0].refused);
    assert_true(turn[1].refused);
    batch_free(&turn[0]);
    batch_free(&turn[1]);
    outsider_run(OUTSIDER_EMPTY);
    assert_rows("SELECT value FROM series JOIN total ON series_id = series.id "
                "WHERE labels = "
                "'{\"instance\":\"i\",\"job\":\"j\"}'",
                "2.0\n");
    remove_series(&side, request);
    assert_rows(OPEN_META, "open_generation|4\nopen_series|5\n");
    strbuf_free(&before);
    sound_close(&side);
}

/* A family that is listed again gets the zeros that were removed meanwhile. */
static void test_listed_again_gets_zeros(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    remove_series(&side, (struct request){.labels = {{"job", "j"}}});
    side_load(&side, families);
    assert_rows("SELECT labels, value FROM series JOIN total ON series_id = "
                "series.id JOIN family ON family.id = "
                "family_id WHERE name = 'lost' ORDER BY labels",
                "{\"job\":\"j\"}|0.0\n{\"job\":\"k\"}|5.0\n");
    sound_close(&side);
}

/* The last totals of a program are removed with the series that they count in,
 * whatever the program's own labels are. */
static void test_last_totals_are_removed(void **state) {
    struct side side;
    (void)state;
    fill(&side);
    outsider_run(
        "CREATE TEMP TABLE row (family, labels, pusher, value, series);"
        "INSERT INTO row VALUES"
        " ('closed', '{\"job\":\"j\"}', '{\"i\":\"1\"}', 1, NULL),"
        " ('closed', '{\"job\":\"k\"}', '{\"job\":\"j\"}', 2, NULL),"
        " ('tallyish', '{\"job\":\"x\"}', '{}', 3, '{\"job\":\"k\"}'),"
        " ('tallyish', '{\"job\":\"k\"}', '{}', 4, '{\"job\":\"j\"}'),"
        " ('only', '{\"job\":\"j\"}', '{\"i\":\"1\"}', 5, NULL),"
        " ('lost', '{\"i\":\"1\",\"job\":\"j\"}', '{}', 6, NULL);"
        "INSERT INTO pusher (family_id, labels, pusher, series, value, sum, "
        "count, epoch, seen_at) "
        "SELECT id, labels, pusher, series, value, 0, 0, 0, 1 "
        "FROM row JOIN family ON name = family;"
        "UPDATE meta SET value = 6 WHERE key = 'pushers'");
    static const char rows[] = "SELECT value FROM pusher ORDER BY value";
    remove_series(&side,
                  (struct request){.labels = {{"i", "1"}, {"job", "k"}}});
    assert_rows(rows, "1.0\n2.0\n3.0\n4.0\n5.0\n6.0\n");
    remove_series(&side, (struct request){.labels = {{"job", "j"}},
                                          .families = {"x", "closed"}});
    assert_rows(rows, "2.0\n3.0\n4.0\n5.0\n6.0\n");
    remove_series(&side, (struct request){.labels = {{"job", "j"}}});
    assert_rows(rows, "2.0\n3.0\n6.0\n");
    assert_rows("SELECT labels, value FROM series JOIN total ON series_id = "
                "series.id JOIN family ON family.id = "
                "family_id WHERE name = 'closed' ORDER BY labels",
                "{\"job\":\"j\"}|0.0\n{\"job\":\"k\"}|5.0\n");
    assert_rows("SELECT value FROM meta WHERE key = 'pushers'", "3\n");
    sound_close(&side);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

/* A removal leaves the totals of sessions, even while sessions are not
 * counted. */
static void test_totals_of_sessions_stay(void **state) {
    struct side side;
    (void)state;
    side_open(&side, "{'name': 'grafana_analytics_sessions_total', 'help': "
                     "'h', 'type': 'counter', 'labels': ["
                     "{'name': 'dashboard_name', 'maxValues': 5}]}");
    group_push(&side, "{'dashboard_name':'D'}",
               "grafana_analytics_sessions_total", "{'dashboard_name': 'D'}",
               "5");
    side_load(&side, "");
    remove_series(&side, (struct request){.labels = {{"dashboard_name", "D"}}});
    remove_series(&side, (struct request){.labels = {{"dashboard_name", "D"}},
                                          .families = {"*"}});
    assert_rows(TOTALS, "grafana_analytics_sessions_total|"
                        "{\"dashboard_name\":\"D\"}|5.0\n");
    side_close(&side);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_removal_takes_exactly_the_group),
        TEST(test_other_labels_name_another_group),
        TEST(test_patterns_limit_the_removal),
        TEST(test_removed_series_are_added_again),
        TEST(test_refused_batch_removes_nothing),
        TEST(test_listed_again_gets_zeros),
        TEST(test_last_totals_are_removed),
        TEST(test_totals_of_sessions_stay),
    };
    return cmocka_run_group_tests_name("store_removal", tests, NULL, NULL);
}

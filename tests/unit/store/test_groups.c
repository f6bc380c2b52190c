/* Groups of pushes: the series of a group, and the limit of groups. */
#include "offer_fixture.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

#define MEMBERS                                                                \
    "SELECT name, series.labels, push_group.labels, value FROM series JOIN "   \
    "total ON series_id = series.id JOIN "                                     \
    "family ON family.id = family_id LEFT JOIN push_group ON push_group.id = " \
    "group_id WHERE value > 0 ORDER BY 1, 2"
#define GROUPS                                                                 \
    "SELECT labels, pushed_at - 1700000000, failed_at FROM push_group ORDER "  \
    "BY labels"

static void remove_group(struct side *side, const char *job) {
    const struct label label = {"job", job, strlen(job)};
    const struct removal removal = {.labels = &label, .count = 1};
    struct batch batch = {.removal = &removal};
    struct err err = {.code = ERR_NONE};
    if (turn_commit(side, &batch, 1, &err) != 0)
        fail_msg("%s", err.message);
}

/* A label `instance` from the body and one from the path make the same series.
 * The series belongs to the group that pushed it first, until it is deleted. */
static void test_series_belongs_to_its_first_group(void **state) {
    struct side a;
    struct side b;
    static const char set[] = "{'instance':'i','job':'j'}";
    const struct offer body = {"x", METRIC_COUNTER, set, .value = 1,
                               .group = "{'job':'j'}"};
    struct offer path = body;
    (void)state;
    path.group = set;
    side_open(&a, "");
    side_open(&b, "");
    offer_one(&a, body);
    offer_one(&a, path);
    offer_one(&b, path);
    offer_one(&a, body);
    assert_rows(MEMBERS, "x|{\"instance\":\"i\",\"job\":\"j\"}|"
                         "{\"job\":\"j\"}|4.0\n");
    assert_rows(GROUPS, "{\"instance\":\"i\",\"job\":\"j\"}|0.0|0.0\n"
                        "{\"job\":\"j\"}|0.0|0.0\n");
    remove_group(&b, "j");
    assert_rows(MEMBERS, "");
    offer_one(&a, path);
    offer_one(&a, body);
    offer_one(&b, body);
    assert_rows(MEMBERS, "x|{\"instance\":\"i\",\"job\":\"j\"}|"
                         "{\"instance\":\"i\",\"job\":\"j\"}|3.0\n");
    remove_group(&a, "j");
    assert_rows(MEMBERS, "x|{\"instance\":\"i\",\"job\":\"j\"}|"
                         "{\"instance\":\"i\",\"job\":\"j\"}|3.0\n");
    sound_close(&a);
    sound_close(&b);
}

/* A push without a path leaves a series in its group. A series whose labels
 * differ from the path, as with `other`, belongs to no group. */
static void test_push_without_a_path_has_no_group(void **state) {
    struct side side;
    (void)state;
    side_open(&side, "{'name': 'c', 'help': 'h', 'type': 'counter', 'labels': ["
                     " {'name': 'job', 'maxValues': 1}]}");
    side_push(&side, "c", "{'job': 'j'}", "1");
    assert_rows(MEMBERS, "c|{\"job\":\"j\"}|NULL|1.0\n");
    group_push(&side, "{'job':'j'}", "c", "{'job': 'j'}", "1");
    side_push(&side, "c", "{'job': 'j'}", "1");
    group_push(&side, "{'job':'k'}", "c", "{'job': 'k'}", "1");
    group_push(&side, "{'job':'k'}", "c", "{'job': 'k'}", "1");
    assert_rows(MEMBERS, "c|{\"job\":\"j\"}|{\"job\":\"j\"}|3.0\n"
                         "c|{\"job\":\"other\"}|NULL|2.0\n");
    remove_group(&side, "k");
    assert_rows(MEMBERS, "c|{\"job\":\"j\"}|{\"job\":\"j\"}|3.0\n"
                         "c|{\"job\":\"other\"}|NULL|2.0\n");
    sound_close(&side);
}

static const char *push_job(struct side *side, const char *group) {
    const struct offer offer = {"x", METRIC_COUNTER, group, .value = 1,
                                .group = group};
    return offer_push(side, &offer, 1, NULL);
}

/* There are at most limits.series groups. Groups without series make room when
 * they were not pushed for a day. */
static void test_idle_groups_make_room(void **state) {
    struct side side;
    static const char full[] =
        "the push would raise the number of groups, by the labels of their "
        "paths, to 3, must "
        "be at most limits.series, 2; delete groups or raise the limit";
    (void)state;
    side_open(&side, "");
    side.registry.groups_max = 2;
    check_text("1", push_job(&side, "{'job':'1'}"), NULL);
    check_text("2", push_job(&side, "{'job':'2'}"), NULL);
    check_text("3", push_job(&side, "{'job':'3'}"), full);
    check_text("known", push_job(&side, "{'job':'1'}"), NULL);
    assert_rows(GROUPS, "{\"job\":\"1\"}|0.0|0.0\n{\"job\":\"2\"}|0.0|0.0\n");
    outsider_run("DELETE FROM series WHERE labels = '{\"job\":\"1\"}';"
                 "UPDATE meta SET value = value - 1 WHERE key = 'open_series';"
                 "UPDATE meta SET value = value + 1 "
                 "WHERE key = 'open_generation'");
    side.now = NOW + 86400;
    check_text("3 too early", push_job(&side, "{'job':'3'}"), full);
    side.now = NOW + 86401;
    check_text("3 looked lately", push_job(&side, "{'job':'3'}"), full);
    side.now = NOW + 86460;
    check_text("3 fits", push_job(&side, "{'job':'3'}"), NULL);
    assert_rows(GROUPS, "{\"job\":\"2\"}|0.0|0.0\n"
                        "{\"job\":\"3\"}|86460.0|0.0\n");
    sound_close(&side);
}

/* A batch that is refused alone leaves the time of its group unchanged and adds
 * no series to it. */
static void test_refused_batch_changes_no_group(void **state) {
    struct side side;
    struct batch turn[2] = {{.count = 0}, {.count = 0}};
    struct err err = {.code = ERR_NONE};
    const struct push bad = {NULL, "h", "{}", "1"};
    const struct offer offer = {"x", METRIC_COUNTER, "{'job':'j'}", .value = 1};
    (void)state;
    side_open(&side, "{'name': 'h', 'help': 'h', 'type': 'histogram', "
                     "'buckets': [1]}");
    offer_one(&side, offer);
    outsider_run(OUTSIDER_FILL);
    push_parse(&bad, &side, &turn[0]);
    offer_add(&turn[0], &offer);
    batch_give_group(&turn[0], "{'job':'j'}", NOW);
    assert_int_equal(turn_commit(&side, turn, 2, &err), 0);
    assert_true(turn[0].refused);
    batch_free(&turn[0]);
    batch_free(&turn[1]);
    outsider_run(OUTSIDER_EMPTY);
    assert_rows(GROUPS, "{\"job\":\"j\"}|-1700000000.0|1700000000.0\n");
    assert_rows(MEMBERS, "x|{\"job\":\"j\"}|NULL|1.0\n");
    check_text("j", push_job(&side, "{'job':'j'}"), NULL);
    assert_rows(MEMBERS, "x|{\"job\":\"j\"}|{\"job\":\"j\"}|2.0\n");
    sound_close(&side);
}

/* Totals of another node come with their groups; the later of two times is
 * kept. */
static void test_node_brings_its_groups(void **state) {
    struct side side;
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    struct batch_group groups[2] = {
        {.labels = "{\"job\":\"j\"}",
         .labels_len = 11,
         .pushed_at = NOW - 5,
         .failed_at = NOW + 7},
        {.labels = "{\"job\":\"k\"}", .labels_len = 11, .pushed_at = NOW + 9}};
    const struct offer offers[] = {
        {"x", METRIC_COUNTER, "{'job':'j'}", .value = 1},
        {"x", METRIC_COUNTER, "{'job':'k'}", .value = 1},
        {"x", METRIC_COUNTER, "{'job':'l'}", .value = 1}};
    (void)state;
    side_open(&side, "");
    check_text("j", push_job(&side, "{'job':'j'}"), NULL);
    for (size_t i = 0; i < COUNT(offers); i++)
        offer_add(&batch, &offers[i]);
    batch.samples[0].group = &groups[0];
    batch.samples[1].group = &groups[1];
    batch.groups = groups;
    batch.group_count = 2;
    batch.totals = true;
    assert_int_equal(turn_commit(&side, &batch, 1, &err), 0);
    batch_free(&batch);
    assert_rows(MEMBERS, "x|{\"job\":\"j\"}|{\"job\":\"j\"}|2.0\n"
                         "x|{\"job\":\"k\"}|{\"job\":\"k\"}|1.0\n"
                         "x|{\"job\":\"l\"}|NULL|1.0\n");
    assert_rows(GROUPS, "{\"job\":\"j\"}|0.0|1700000007.0\n"
                        "{\"job\":\"k\"}|9.0|0.0\n");
    sound_close(&side);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_series_belongs_to_its_first_group),
        TEST(test_push_without_a_path_has_no_group),
        TEST(test_idle_groups_make_room),
        TEST(test_refused_batch_changes_no_group),
        TEST(test_node_brings_its_groups),
    };
    return cmocka_run_group_tests_name("store_groups", tests, NULL, NULL);
}

/* A series and its totals are two rows: neither stays without the other, and a
 * deleted one is inserted again. */
#include "offer_fixture.h"
#include "sql.h"
#include "store/prune.h"

static const char families[] =
    "{'name': 'c', 'help': 'h', 'type': 'counter', 'labels': ["
    " {'name': 'l', 'allowedValues': ['a', 'b']}]},"
    "{'name': 'h', 'help': 'h', 'type': 'histogram', 'buckets': [1, 10]},"
    "{'name': 'o', 'help': 'h', 'type': 'counter', 'labels': ["
    " {'name': 'page', 'maxValues': 2}]}";

#define GROUP "{'l':'a'}"

static const struct offer open_a = {"x", METRIC_COUNTER, "{'l':'a'}",
                                    .value = 7, .group = GROUP};

/* A series of each kind, and one of c that stays. */
static void fill(struct side *side) {
    group_push(side, GROUP, "c", "{'l': 'a'}", "5");
    side_push(side, "c", "{'l': 'b'}", "1");
    side_push(side, "h", "{}", "5");
    side_push(side, "o", "{'page': '/1'}", "3");
    offer_one(side, open_a);
}

/* Responders add to the same series: two that know it, the second with its row
 * or without, and one that starts now. */
static void push_again(struct side *sides) {
    for (int i = 0; i < 3; i++) {
        struct side *side = &sides[i];
        if (i == 2)
            side_open(side, families);
        side->now = NOW + 60;
        group_push(side, GROUP, "c", "{'l': 'a'}", "10");
        side_push(side, "h", "{}", "20");
        side_push(side, "o", "{'page': '/1'}", "10");
        offer_one(side, open_a);
    }
}

static void close_all(struct side *sides) {
    for (int i = 0; i < 3; i++)
        sound_close(&sides[i]);
}

/* The shell enforces no foreign keys: the trigger deletes the totals, and the
 * series of the next push begins at zero. */
static void test_deleted_series_restarts_at_zero(void **state) {
    for (int known = 0; known < 2; known++) {
        struct side sides[3];
        assert_int_equal(scratch_clear(state), 0);
        assert_int_equal(scratch_make(state), 0);
        side_open(&sides[0], families);
        side_open(&sides[1], families);
        fill(&sides[0]);
        if (known)
            side_push(&sides[1], "c", "{'l': 'a'}", "0");
        struct strbuf last = outsider_rows("SELECT max(id) FROM series");
        outsider_run("DELETE FROM series WHERE labels <> '{\"l\":\"b\"}';"
                     "UPDATE meta SET value = 0 WHERE key = 'open_series'");
        assert_rows(SOUND, "ok|0|0\n");
        assert_rows("SELECT series_id - id, value FROM series JOIN total",
                    "0|1.0\n");
        push_again(sides);
        assert_rows(ALL_SERIES,
                    "c|{\"l\":\"a\"}|30.0|0.0|0|NULL|1700000060|1700000060\n"
                    "c|{\"l\":\"b\"}|1.0|0.0|0|NULL|1700000000|1700000000\n"
                    "h|{}|0.0|60.0|3|[0,0,3]|1700000060|1700000060\n"
                    "o|{\"page\":\"/1\"}|30.0|0.0|0|NULL|1700000060|"
                    "1700000060\n"
                    "x|{\"l\":\"a\"}|21.0|0.0|0|NULL|1700000060|"
                    "1700000060\n");
        char ids[100];
        (void)snprintf(ids, sizeof(ids),
                       "SELECT count(*) FROM series WHERE id > %s", last.data);
        assert_rows(ids, "4\n");
        strbuf_free(&last);
        close_all(sides);
    }
}

/* If only the totals are deleted, the series keeps its row and its group, and
 * counts from zero with a new birth. */
static void test_deleted_totals_restart_at_zero(void **state) {
    static const char series[] =
        "SELECT id, family_id, labels, group_id FROM series ORDER BY id";
    for (int known = 0; known < 2; known++) {
        struct side sides[3];
        assert_int_equal(scratch_clear(state), 0);
        assert_int_equal(scratch_make(state), 0);
        side_open(&sides[0], families);
        side_open(&sides[1], families);
        fill(&sides[0]);
        if (known)
            side_push(&sides[1], "c", "{'l': 'a'}", "0");
        struct strbuf before = outsider_rows(series);
        outsider_run("DELETE FROM total WHERE value > 1 OR count > 0");
        assert_rows(TOTALS, "c|{\"l\":\"b\"}|1.0\n");
        push_again(sides);
        assert_rows(series, before.data);
        assert_rows(ALL_SERIES,
                    "c|{\"l\":\"a\"}|30.0|0.0|0|NULL|1700000060|1700000060\n"
                    "c|{\"l\":\"b\"}|1.0|0.0|0|NULL|1700000000|1700000000\n"
                    "h|{}|0.0|60.0|3|[0,0,3]|1700000060|1700000060\n"
                    "o|{\"page\":\"/1\"}|30.0|0.0|0|NULL|1700000060|"
                    "1700000060\n"
                    "x|{\"l\":\"a\"}|21.0|0.0|0|NULL|1700000060|"
                    "1700000060\n");
        strbuf_free(&before);
        close_all(sides);
    }
}

static void test_lost_totals_are_logged_once(void **state) {
    struct side side;
    (void)state;
    side_open(&side, families);
    fill(&side);
    assert_string_equal(store_notes(side.store), "");
    outsider_run("DELETE FROM total WHERE buckets NOT NULL");
    side_push(&side, "h", "{}", "1");
    assert_string_equal(store_notes(side.store),
                        "h{}: its row in the table total was missing: the "
                        "series starts again at zero\n");
    side_push(&side, "h", "{}", "1");
    assert_string_equal(store_notes(side.store), "");
    sound_close(&side);
}

/* Totals that the shell has left without a series are given to no new series,
 * from a push or from a file, of any type. */
static void test_totals_without_series_are_not_adopted(void **state) {
    struct side side;
    (void)state;
    side_open(&side, families);
    outsider_run("INSERT INTO total SELECT seq + value, 99, 98, 97, "
                 "'[1,2,3,4]', 1 FROM sqlite_sequence JOIN "
                 "json_each('[1,2,3,4,5,6,7,8,9]') WHERE name = 'series'");
    side.now = NOW + 60;
    side_push(&side, "o", "{'page': '/1'}", "3");
    offer_one(&side, open_a);
    side_load(&side, "{'name': 'g', 'help': 'h', 'type': 'gauge'},"
                     "{'name': 'k', 'help': 'h', 'type': 'histogram', "
                     "'buckets': [1, 10]},"
                     "{'name': 'o', 'help': 'h', 'type': 'counter', 'labels': ["
                     " {'name': 'page', 'allowedValues': ['/1', '/2']}]}");
    side_push(&side, "k", "{}", "20");
    assert_rows(
        "SELECT name, labels, value, sum, count, buckets, updated_at "
        "FROM series JOIN total ON series_id = series.id JOIN family ON "
        "family.id = family_id WHERE name NOT IN ('c', 'h') ORDER BY 1, 2",
        "g|{}|0.0|0.0|0|NULL|1700000060\n"
        "k|{}|0.0|20.0|1|[0,0,1]|1700000060\n"
        "o|{\"page\":\"/1\"}|3.0|0.0|0|NULL|1700000060\n"
        "o|{\"page\":\"/2\"}|0.0|0.0|0|NULL|1700000060\n"
        "x|{\"l\":\"a\"}|7.0|0.0|0|NULL|1700000060\n");
    assert_string_equal(store_notes(side.store), "");
    outsider_run("DELETE FROM total WHERE series_id NOT IN "
                 "(SELECT id FROM series)");
    sound_close(&side);
}

/* Missing zeros are inserted with their totals; existing totals stay. */
static void test_missing_zeros_are_inserted(void **state) {
    struct side side;
    (void)state;
    side_open(&side, families);
    side_push(&side, "c", "{'l': 'a'}", "5");
    outsider_run("DELETE FROM total WHERE value = 0;"
                 "UPDATE family SET zeroed = 0");
    side_load(&side, families);
    assert_rows(TOTALS, "c|{\"l\":\"a\"}|5.0\n");
    assert_rows("SELECT buckets FROM total WHERE buckets NOT NULL",
                "[0,0,0]\n");
    sound_close(&side);
}

/* A series that a responder deletes takes its totals along, without the
 * trigger. */
static void test_removed_series_takes_its_totals(void **state) {
    const struct label label = {"l", "a", 1};
    const struct removal removal = {.labels = &label, .count = 1};
    struct batch batch = {.removal = &removal};
    struct err err = {.code = ERR_NONE};
    struct side side;
    (void)state;
    side_open(&side, families);
    fill(&side);
    outsider_run("DROP TRIGGER series_gone");
    side.now = NOW + 60;
    assert_int_equal(turn_commit(&side, &batch, 1, &err), 0);
    assert_int_equal(batch.removed, 1);
    assert_int_equal(batch.zeroed, 1);
    assert_rows(ALL_SERIES,
                "c|{\"l\":\"a\"}|0.0|0.0|0|NULL|1700000060|1700000060\n"
                "c|{\"l\":\"b\"}|1.0|0.0|0|NULL|1700000000|1700000000\n"
                "h|{}|0.0|5.0|1|[0,1,0]|1700000000|1700000000\n"
                "o|{\"page\":\"/1\"}|3.0|0.0|0|NULL|1700000000|1700000000\n");
    sound_close(&side);
}

/* So does a family that restarts: other bounds, another type. */
static void test_restarted_family_loses_its_totals(void **state) {
    struct side side;
    (void)state;
    side_open(&side, families);
    fill(&side);
    outsider_run("DROP TRIGGER series_gone");
    side.now = NOW + 60;
    side_load(&side,
              "{'name': 'c', 'help': 'h', 'type': 'gauge'},"
              "{'name': 'h', 'help': 'h', 'type': 'histogram', 'buckets': [1]},"
              "{'name': 'o', 'help': 'h', 'type': 'summary'}");
    assert_rows(ALL_SERIES, "c|{}|0.0|0.0|0|NULL|1700000060|1700000060\n"
                            "h|{}|0.0|0.0|0|[0,0]|1700000060|1700000060\n"
                            "o|{}|0.0|0.0|0|NULL|1700000060|1700000060\n"
                            "x|{\"l\":\"a\"}|7.0|0.0|0|NULL|1700000000|"
                            "1700000000\n");
    sound_close(&side);
}

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
    assert_int_equal(store_prune_families(side->store, &list, &deleted, &err),
                     0);
    assert_string_equal(err.message, "");
    prune_list_free(&list);
}

/* Idle series and those that have lost their totals are pruned; pushed and
 * listed series stay. */
static void test_idle_series_are_pruned(void **state) {
    struct side side;
    (void)state;
    side_open(&side, families);
    fill(&side);
    side_push(&side, "o", "{'page': '/2'}", "2");
    offer_one(&side, (struct offer){"y", METRIC_COUNTER, .value = 1});
    offer_one(&side,
              (struct offer){"y", METRIC_COUNTER, "{'l':'a'}", .value = 1});
    side_load(&side, "{'name': 'h', 'help': 'h', 'type': 'histogram', "
                     "'buckets': [1, 10]},"
                     "{'name': 'o', 'help': 'h', 'type': 'counter', 'labels': ["
                     " {'name': 'page', 'maxValues': 3}]}");
    side.now = NOW + 60;
    side_push(&side, "o", "{'page': '/3'}", "3");
    offer_one(&side, (struct offer){"y", METRIC_COUNTER, .value = 2});
    outsider_run("DROP TRIGGER series_gone;"
                 "DELETE FROM total WHERE series_id IN ("
                 " SELECT id FROM series WHERE labels = '{\"page\":\"/2\"}');"
                 "DELETE FROM total WHERE series_id IN (SELECT series.id FROM "
                 " series JOIN family ON family.id = family_id "
                 " WHERE name = 'c' AND labels LIKE '%b%')");
    prune(&side, NOW + 30);
    assert_rows(ALL_SERIES,
                "h|{}|0.0|5.0|1|[0,1,0]|1700000000|1700000000\n"
                "o|{\"page\":\"/3\"}|3.0|0.0|0|NULL|1700000060|1700000060\n"
                "y|{}|3.0|0.0|0|NULL|1700000000|1700000060\n");
    assert_rows("SELECT name FROM family ORDER BY name", "h\no\ny\n");
    sound_close(&side);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_deleted_series_restarts_at_zero),
        TEST(test_deleted_totals_restart_at_zero),
        TEST(test_missing_zeros_are_inserted),
        TEST(test_lost_totals_are_logged_once),
        TEST(test_totals_without_series_are_not_adopted),
        TEST(test_removed_series_takes_its_totals),
        TEST(test_restarted_family_loses_its_totals),
        TEST(test_idle_series_are_pruned),
    };
    return cmocka_run_group_tests_name("store_totals", tests, NULL, NULL);
}

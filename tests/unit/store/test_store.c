/* Turns committed by one responder or two. */
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <sys/syscall.h>

#include "metrics/batch_id.h"
#include "offer_fixture.h"
#include "store/commit.h"

/* Totals over several commits of two stores, and within one turn. */
static void test_totals(void **state) {
    struct side a;
    struct side b;
    struct err err = {.code = ERR_NONE};
    static const struct push turn[] = {
        {NULL, "c", "{'l': 'a'}", "1"},  {NULL, "c", "{'l': 'b'}", "0.25"},
        {NULL, "c", "{'l': 'a'}", "10"}, {NULL, "h", "{}", "1, 1.5"},
        {NULL, "h", "{}", "11, -1"},     {NULL, "h", "{}", ""},
    };
    (void)state;
    side_open(&a, all_types);
    side_open(&b, all_types);
    a.now = NOW + 1;
    b.now = NOW + 2;
    assert_int_equal(side_turn(&a, turn, 6, NULL, &err), 0);
    assert_rows(TOTALS, "c|{\"l\":\"a\"}|11.0\nc|{\"l\":\"b\"}|0.25\n"
                        "h|{}|12.5 4 [2,1,1]\n");
    assert_int_equal(side_turn(&b, turn, 6, NULL, &err), 0);
    assert_int_equal(side_turn(&a, turn, 6, NULL, &err), 0);
    assert_rows(TOTALS, "c|{\"l\":\"a\"}|33.0\nc|{\"l\":\"b\"}|0.75\n"
                        "h|{}|37.5 12 [6,3,3]\n");
    side_push(&b, "c", "{'l': 'b'}", "0");
    assert_rows("SELECT labels, value, created_at, updated_at FROM series JOIN "
                "total ON series_id = series.id "
                "WHERE labels <> '{}' ORDER BY labels",
                "{\"l\":\"a\"}|33.0|1700000000|1700000001\n"
                "{\"l\":\"b\"}|0.75|1700000000|1700000002\n");
    side_close(&a);
    side_close(&b);
}

#define META                                                                   \
    "SELECT * FROM meta WHERE key IN ('checked_at', 'generation') ORDER BY "   \
    "key"

/* An empty turn succeeds; with touch it writes. */
static void test_empty_turn_writes_only_with_touch(void **state) {
    struct side side;
    struct err err = {.code = ERR_NONE};
    struct store_clock clock = {.now = NOW + 5};
    (void)state;
    side_open(&side, all_types);
    assert_int_equal(store_commit(side.store, NULL, 0, false, &clock, &err), 0);
    assert_rows(META, "generation|1\n");
    assert_int_equal(store_commit(side.store, NULL, 0, true, &clock, &err), 0);
    clock.now++;
    assert_int_equal(store_commit(side.store, NULL, 0, true, &clock, &err), 0);
    assert_rows(META, "checked_at|1700000006\ngeneration|1\n");
    side_close(&side);
}

/* The result after each value, set one by one, and all in one turn. */
static void test_gauges(void **state) {
    static const struct {
        const char *family;
        const char *values[4];
        const char *after[4];
    } gauges[] = {
        {"last", {"5", "-7.5", "0", "3"}, {"5.0", "-7.5", "0.0", "3.0"}},
        {"max", {"-5", "-7", "-1", "-3"}, {"-5.0", "-5.0", "-1.0", "-1.0"}},
        {"min", {"5", "7", "1", "3"}, {"5.0", "5.0", "1.0", "1.0"}},
        {"sum", {"5", "-7", "0.5", "0"}, {"5.0", "-2.0", "-1.5", "-1.5"}},
    };
    char sql[200];
    char want[100];
    for (size_t i = 0; i < 4; i++) {
        struct side one;
        struct side two;
        struct push turn[4];
        struct err err = {.code = ERR_NONE};
        const char *family = gauges[i].family;
        side_open(&one, all_types);
        side_open(&two, all_types);
        (void)snprintf(sql, sizeof(sql),
                       "SELECT value, count FROM series JOIN total ON "
                       "series_id = series.id JOIN family "
                       "ON family.id = family_id WHERE name = '%s'",
                       family);
        assert_rows(sql, "0.0|0\n");
        for (int j = 0; j < 4; j++) {
            side_push(j % 2 ? &two : &one, family, "{}", gauges[i].values[j]);
            (void)snprintf(want, sizeof(want), "%s|%d\n", gauges[i].after[j],
                           j + 1);
            assert_rows(sql, want);
            turn[j] = (struct push){NULL, family, "{}", gauges[i].values[j]};
        }
        outsider_run("UPDATE total SET value = 0, count = 0");
        assert_int_equal(side_turn(&one, turn, 4, NULL, &err), 0);
        assert_rows(sql, want);
        assert_int_equal(side_turn(&two, &turn[1], 1, NULL, &err), 0);
        (void)snprintf(want, sizeof(want), "%s|5\n",
                       (const char *[]){"-7.5", "-1.0", "1.0", "-8.5"}[i]);
        assert_rows(sql, want);
        side_close(&one);
        side_close(&two);
        assert_int_equal(scratch_clear(state), 0);
        assert_int_equal(scratch_make(state), 0);
    }
}

/* NaN is not a value: any number replaces it, and only a gauge with `last` is
 * set back to it; in one turn as in several. A sum saturates at 1e100. */
static void test_nan_is_replaced_by_any_number(void **state) {
    static const struct {
        const char *family;
        double values[4];
        const char *after[4];
    } gauges[] = {
        {"last", {NAN, 5, NAN, 3}, {"NULL", "5.0", "NULL", "3.0"}},
        {"max", {NAN, -5, NAN, -3}, {"NULL", "-5.0", "-5.0", "-3.0"}},
        {"min", {NAN, 5, NAN, 3}, {"NULL", "5.0", "5.0", "3.0"}},
        {"sum", {NAN, 5, NAN, 3}, {"NULL", "5.0", "5.0", "8.0"}},
        {"sum",
         {INFINITY, -INFINITY, 5, INFINITY},
         {"1.0e+100", "0.0", "5.0", "1.0e+100"}},
    };
    struct side side;
    uint32_t value = 0;
    char want[100];
    (void)state;
    side_open(&side, all_types);
    for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++) {
        struct batch batches[4] = {{.count = 0}};
        struct err err = {.code = ERR_NONE};
        for (int j = 0; j < 4; j++) {
            struct sample *sample = batch_add(&batches[j]);
            sample->family = registry_find(&side.registry, gauges[i].family,
                                           strlen(gauges[i].family));
            sample->values = &value;
            sample->value = gauges[i].values[j];
        }
        outsider_run("UPDATE total SET value = 0, count = 0");
        for (int j = 0; j < 4; j++) {
            assert_int_equal(turn_commit(&side, &batches[j], 1, &err), 0);
            (void)snprintf(want, sizeof(want), "%s|%d\n", gauges[i].after[j],
                           j + 1);
            assert_rows("SELECT value, count FROM total WHERE count > 0", want);
        }
        outsider_run("UPDATE total SET value = 0, count = 0");
        assert_int_equal(turn_commit(&side, batches, 4, &err), 0);
        assert_rows("SELECT value, count FROM total WHERE count > 0", want);
        for (int j = 0; j < 4; j++)
            batch_free(&batches[j]);
    }
    side_close(&side);
}

/* An id counts once: within a turn, in the next, and over two stores. */
static void test_push_with_an_id_counts_once(void **state) {
    struct side a;
    struct side b;
    struct err err = {.code = ERR_NONE};
    bool repeated[5];
    static const struct push turn[] = {
        {id_1, "c", "{'l': 'a'}", "1"}, {id_1, "c", "{'l': 'a'}", "1"},
        {NULL, "c", "{'l': 'a'}", "1"}, {NULL, "c", "{'l': 'a'}", "1"},
        {id_2, "c", "{'l': 'a'}", "1"},
    };
    (void)state;
    side_open(&a, all_types);
    side_open(&b, all_types);
    b.now = NOW + 1;
    assert_int_equal(side_turn(&a, turn, 4, repeated, &err), 0);
    assert_false(repeated[0] || repeated[2] || repeated[3]);
    assert_true(repeated[1]);
    assert_rows(TOTALS, "c|{\"l\":\"a\"}|3.0\n");
    assert_int_equal(side_turn(&b, turn, 5, repeated, &err), 0);
    assert_true(repeated[0] && repeated[1]);
    assert_false(repeated[2] || repeated[3] || repeated[4]);
    assert_rows(TOTALS, "c|{\"l\":\"a\"}|6.0\n");
    assert_int_equal(side_turn(&a, &turn[4], 1, repeated, &err), 0);
    assert_true(repeated[0]);
    assert_rows(TOTALS, "c|{\"l\":\"a\"}|6.0\n");
    assert_rows("SELECT hex(id), seen_at FROM batch",
                "018BCFE5680070008000000000000001|1700000000\n"
                "018BCFE5680070008000000000000002|1700000001\n");
    side_close(&a);
    side_close(&b);
}

/* A turn with an id forgets the ids below the horizon, 100 at most. */
static void test_old_ids_are_forgotten(void **state) {
    struct side side;
    struct batch batch = {.count = 0};
    struct batch *turn[] = {&batch};
    struct err err = {.code = ERR_NONE};
    struct store_clock clock = {.now = NOW};
    (void)state;
    side_open(&side, all_types);
    sqlite3 *outsider = outsider_open();
    for (int i = 1; i <= 150; i++) {
        char sql[200];
        (void)snprintf(sql, sizeof(sql),
                       "INSERT INTO batch VALUES (x'%032x', 1)", i);
        outsider_execute(outsider, sql);
    }
    outsider_close(outsider);
    batch_id_lowest(0, clock.batch_horizon);
    clock.batch_horizon[15] = 140; /* 1 to 139 are below it */
    assert_int_equal(store_commit(side.store, turn, 1, false, &clock, &err), 0);
    assert_rows("SELECT count(*) FROM batch", "150\n");
    batch.has_id = true;
    assert_int_equal(batch_id_parse(id_1, strlen(id_1), batch.id, &err), 0);
    assert_int_equal(store_commit(side.store, turn, 1, false, &clock, &err), 0);
    assert_rows("SELECT count(*), hex(min(id)) FROM batch",
                "51|00000000000000000000000000000065\n");
    assert_int_equal(store_commit(side.store, turn, 1, false, &clock, &err), 0);
    assert_true(batch.repeated);
    assert_rows("SELECT count(*), hex(min(id)) FROM batch",
                "12|0000000000000000000000000000008C\n");
    side_close(&side);
}

/* Open labels have no rows before their values arrive, and at most maxValues
 * values across responders; further values count as `other`. */
static void test_values_beyond_max_values_count_as_other(void **state) {
    struct side a;
    struct side b;
    (void)state;
    side_open(&a, open_family);
    side_open(&b, open_family);
    assert_rows(ALL_SERIES, "");
    side_push(&a, "o", "{'page': '/1', 'kind': 'x'}", "1");
    side_push(&b, "o", "{'page': '/2', 'kind': 'x'}", "2");
    side_push(&a, "o", "{'page': '/3', 'kind': 'x'}", "4");
    side_push(&b, "o", "{'page': '/4', 'kind': 'x'}", "8");
    side_push(&b, "o", "{'page': '/1', 'kind': 'x'}", "16");
    side_push(&a, "o", "{'page': '/2', 'kind': 'y'}", "32");
    side_push(&a, "o", "{'page': 'other', 'kind': 'y'}", "64");
    static const char want[] = "o|{\"kind\":\"x\",\"page\":\"/1\"}|17.0\n"
                               "o|{\"kind\":\"x\",\"page\":\"/2\"}|2.0\n"
                               "o|{\"kind\":\"x\",\"page\":\"other\"}|12.0\n"
                               "o|{\"kind\":\"y\",\"page\":\"/2\"}|32.0\n"
                               "o|{\"kind\":\"y\",\"page\":\"other\"}|64.0\n";
    assert_rows(TOTALS, want);
    side_close(&a);
    side_close(&b);
    /* A responder that starts now knows them. */
    side_open(&a, open_family);
    side_push(&a, "o", "{'page': '/5', 'kind': 'x'}", "128");
    side_push(&a, "o", "{'page': '/1', 'kind': 'x'}", "256");
    assert_rows("SELECT labels, value FROM series JOIN total ON series_id = "
                "series.id WHERE value > 100 "
                "ORDER BY labels",
                "{\"kind\":\"x\",\"page\":\"/1\"}|273.0\n"
                "{\"kind\":\"x\",\"page\":\"other\"}|140.0\n");
    side_close(&a);
}

static void test_open_label_is_limited_within_a_turn(void **state) {
    struct side side;
    struct err err = {.code = ERR_NONE};
    static const struct push turn[] = {
        {NULL, "o", "{'page': '/1', 'kind': 'x'}", "1"},
        {NULL, "o", "{'page': '/2', 'kind': 'x'}", "2"},
        {NULL, "o", "{'page': '/3', 'kind': 'x'}", "4"},
        {NULL, "o", "{'page': '/1', 'kind': 'x'}", "8"},
    };
    (void)state;
    side_open(&side, open_family);
    assert_int_equal(side_turn(&side, turn, 4, NULL, &err), 0);
    assert_rows(TOTALS, "o|{\"kind\":\"x\",\"page\":\"/1\"}|9.0\n"
                        "o|{\"kind\":\"x\",\"page\":\"/2\"}|2.0\n"
                        "o|{\"kind\":\"x\",\"page\":\"other\"}|4.0\n");
    side_close(&side);
}

/* The number of syncs of the WAL file, by us or by SQLite, and whether they
 * succeed. */
static int wal_syncs;
static bool sync_fails;

/* Replaces the C library's. */
int fdatasync(int fd) {
    char link[64];
    char path[4096];
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof(path));
    if (len > 4 && memcmp(path + len - 4, "-wal", 4) == 0) {
        wal_syncs++;
        if (sync_fails) {
            errno = EIO;
            return -1;
        }
    }
    return (int)syscall(SYS_fdatasync, fd);
}

static int syncs_of_a_push(struct side *side) {
    int before = wal_syncs;
    side_push(side, "c", "{'l': 'a'}", "1");
    return wal_syncs - before;
}

static void test_durability(void **state) {
    struct side side = {.now = NOW};
    struct err err = {.code = ERR_NONE};
    char want[500];
    const struct push push = {NULL, "c", "{'l': 'a'}", "1"};
    (void)state;
    side_open(&side, all_types);
    assert_int_equal(syncs_of_a_push(&side), 0);
    side_close(&side);

    side = (struct side){.now = NOW};
    assert_int_equal(store_open(scratch_path("t.db"), true, &side.store, &err),
                     0);
    side_load(&side, all_types);
    /* SQLite syncs the header of a new WAL file. */
    assert_int_equal(syncs_of_a_push(&side), 2);
    assert_int_equal(syncs_of_a_push(&side), 1);
    sync_fails = true;
    assert_int_equal(side_turn(&side, &push, 1, NULL, &err), -1);
    sync_fails = false;
    assert_int_equal(err.code, ERR_UNSYNCED);
    (void)snprintf(want, sizeof(want),
                   "%s-wal: Input/output error: committed, but a power cut "
                   "may lose it",
                   scratch_path("t.db"));
    assert_string_equal(err.message, want);
    side_close(&side);
    assert_rows(TOTALS, "c|{\"l\":\"a\"}|4.0\n");
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_totals),
        TEST(test_empty_turn_writes_only_with_touch),
        TEST(test_gauges),
        TEST(test_nan_is_replaced_by_any_number),
        TEST(test_push_with_an_id_counts_once),
        TEST(test_old_ids_are_forgotten),
        TEST(test_values_beyond_max_values_count_as_other),
        TEST(test_open_label_is_limited_within_a_turn),
        TEST(test_durability),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}

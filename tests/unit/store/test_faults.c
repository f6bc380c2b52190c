/* Failures of a turn: nothing of it is applied, and later turns succeed as soon
 * as the cause has gone. */
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <time.h>

#include "offer_fixture.h"
#include "store/commit.h"

static struct timespec started;

static void start_clock(void) {
    (void)clock_gettime(CLOCK_MONOTONIC, &started);
}

static double elapsed(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - started.tv_sec) +
           (double)(now.tv_nsec - started.tv_nsec) / 1e9;
}

/* While an outsider writes, the turn fails soon and nothing is applied. */
static void test_locked_database_fails_the_turn(void **state) {
    struct side side;
    struct err err = {.code = ERR_NONE};
    static const struct push push = {id_1, "c", "{'l': 'a'}", "1"};
    (void)state;
    side_open(&side, all_types);
    sqlite3 *outsider = outsider_open();
    outsider_execute(outsider, "BEGIN IMMEDIATE");
    start_clock();
    assert_int_equal(side_turn(&side, &push, 1, NULL, &err), -1);
    assert_true(elapsed() < 3);
    assert_int_equal(err.code, ERR_BUSY);
    assert_non_null(strstr(err.message, "t.db: database is locked"));
    /* Later turns need not wait for the lock again. */
    double first = elapsed();
    double quickest =
        first; /* The best of some, as other processes may be busy. */
    for (int i = 0; i < 5; i++) {
        start_clock();
        assert_int_equal(side_turn(&side, &push, 1, NULL, &err), -1);
        assert_int_equal(err.code, ERR_BUSY);
        quickest = fmin(quickest, elapsed());
    }
    assert_true(quickest < first / 2);
    outsider_execute(outsider, "COMMIT");
    outsider_close(outsider);
    assert_rows(TOTALS, "");
    assert_int_equal(side_turn(&side, &push, 1, NULL, &err), 0);
    assert_rows(TOTALS, "c|{\"l\":\"a\"}|1.0\n");
    side_close(&side);
}

/* A row that an outsider has deleted is inserted again. */
static void test_deleted_row_is_inserted_again(void **state) {
    struct side side;
    (void)state;
    side_open(&side, all_types);
    side_push(&side, "c", "{'l': 'a'}", "5");
    side_push(&side, "h", "{}", "5");
    outsider_run("DELETE FROM series");
    side.now = NOW + 60;
    side_push(&side, "c", "{'l': 'a'}", "1");
    side_push(&side, "h", "{}", "20");
    assert_rows(ALL_SERIES,
                "c|{\"l\":\"a\"}|1.0|0.0|0|NULL|1700000060|1700000060\n"
                "h|{}|0.0|20.0|1|[0,0,1]|1700000060|1700000060\n");
    side_close(&side);
}

/* A row that an outsider has damaged restarts at zero, with a new birth,
 * without failing a push. Its old content is logged once. */
static void test_damaged_row_restarts_at_zero(void **state) {
    static const char *damages[] = {"'[1,2]'", "'[1,2,3,4]'", "'[1,-2,3]'",
                                    "'many'", "NULL"};
    static const struct push turn[] = {{NULL, "c", "{'l': 'a'}", "1"},
                                       {NULL, "h", "{}", "1"}};
    (void)state;
    for (size_t i = 0; i < COUNT(damages); i++) {
        struct side side;
        struct err err = {.code = ERR_NONE};
        struct strbuf damage = {0};
        side_open(&side, all_types);
        side_push(&side, "h", "{}", "20");
        side.now = NOW + 60;
        strbuf_printf(&damage,
                      "UPDATE total SET value = 0; UPDATE total SET "
                      "buckets = %s WHERE buckets NOT NULL",
                      damages[i]);
        outsider_run(damage.data);
        assert_int_equal(side_turn(&side, turn, 2, NULL, &err), 0);
        assert_rows(TOTALS, "c|{\"l\":\"a\"}|1.0\nh|{}|1.0 1 [1,0,0]\n");
        assert_rows("SELECT created_at FROM series JOIN total ON series_id = "
                    "series.id WHERE buckets NOT NULL",
                    "1700000060\n");
        assert_string_equal(store_notes(side.store),
                            "h{}: its buckets in the database were damaged: "
                            "the series starts again at zero\n");
        side_push(&side, "h", "{}", "1");
        assert_string_equal(store_notes(side.store), "");
        assert_rows(TOTALS, "c|{\"l\":\"a\"}|1.0\nh|{}|2.0 2 [2,0,0]\n");
        outsider_run("UPDATE total SET value = 0, count = 0");
        side_close(&side);
        strbuf_free(&damage);
    }
}

/* While set, all writes of SQLite fail with a full disk. */
static bool disk_full;

static ssize_t no_space(void) {
    errno = ENOSPC;
    return -1;
}

static ssize_t full_write(int fd, const void *bytes, size_t len) {
    return disk_full ? no_space() : write(fd, bytes, len);
}

static ssize_t full_pwrite(int fd, const void *bytes, size_t len, off_t at) {
    return disk_full ? no_space() : pwrite(fd, bytes, len, at);
}

static int intercept_writes(void **state) {
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    (void)vfs->xSetSystemCall(vfs, "write", (sqlite3_syscall_ptr)full_write);
    (void)vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)full_pwrite);
    (void)vfs->xSetSystemCall(vfs, "pwrite64",
                              (sqlite3_syscall_ptr)full_pwrite);
    return scratch_make(state);
}

static int release_writes(void **state) {
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    (void)vfs->xSetSystemCall(vfs, NULL, NULL);
    disk_full = false;
    return scratch_clear(state);
}

/* A full disk applies nothing and remembers no id; the next turn with space
 * succeeds. */
static void test_full_disk_applies_nothing(void **state) {
    struct side side;
    struct err err = {.code = ERR_NONE};
    bool repeated[3];
    static const struct push turn[] = {{id_1, "c", "{'l': 'a'}", "1"},
                                       {NULL, "h", "{}", "1"},
                                       {NULL, "last", "{}", "1"}};
    (void)state;
    side_open(&side, all_types);
    side_push(&side, "c", "{'l': 'a'}", "5");
    for (int i = 0; i < 3; i++) {
        disk_full = true;
        assert_int_equal(side_turn(&side, turn, 3, NULL, &err), -1);
        assert_int_equal(err.code, ERR_FULL);
        disk_full = false;
        assert_rows(TOTALS, "c|{\"l\":\"a\"}|5.0\n");
        assert_rows("SELECT count(*) FROM batch", "0\n");
    }
    assert_int_equal(side_turn(&side, turn, 3, repeated, &err), 0);
    assert_false(repeated[0]);
    assert_rows(TOTALS, "c|{\"l\":\"a\"}|6.0\nh|{}|1.0 1 [1,0,0]\n"
                        "last|{}|1.0\n");
    assert_rows("PRAGMA integrity_check", "ok\n");
    side_close(&side);
}

static void test_disk_full_at_open(void **state) {
    struct store *store;
    struct err err = {.code = ERR_NONE};
    (void)state;
    disk_full = true;
    assert_int_equal(store_open(scratch_path("t.db"), false, &store, &err), -1);
    assert_int_equal(err.code, ERR_FULL);
    assert_null(store);
    disk_full = false;
    struct side side;
    side_open(&side, all_types);
    side_push(&side, "c", "{'l': 'a'}", "1");
    assert_rows(TOTALS, "c|{\"l\":\"a\"}|1.0\n");
    side_close(&side);
}

/* A failed turn forgets the values that it admitted to an open label. */
static void test_rolled_back_values_are_forgotten(void **state) {
    struct side a;
    struct side b;
    struct err err = {.code = ERR_NONE};
    static const struct push turn[] = {
        {NULL, "o", "{'page': '/lost', 'kind': 'x'}", "1"},
        {NULL, "o", "{'page': '/1', 'kind': 'x'}", "1"}};
    (void)state;
    side_open(&a, open_family);
    side_open(&b, open_family);
    side_push(&a, "o", "{'page': '/0', 'kind': 'x'}", "1");
    disk_full = true;
    assert_int_equal(side_turn(&a, turn, 2, NULL, &err), -1);
    assert_int_equal(side_turn(&b, turn, 2, NULL, &err), -1);
    disk_full = false;
    side_push(&a, "o", "{'page': '/1', 'kind': 'y'}", "2");
    side_push(&a, "o", "{'page': '/2', 'kind': 'x'}", "4");
    side_push(&b, "o", "{'page': '/1', 'kind': 'y'}", "8");
    side_push(&b, "o", "{'page': '/lost', 'kind': 'x'}", "16");
    side_push(&a, "o", "{'page': '/0', 'kind': 'x'}", "32");
    assert_rows(TOTALS, "o|{\"kind\":\"x\",\"page\":\"/0\"}|33.0\n"
                        "o|{\"kind\":\"x\",\"page\":\"other\"}|20.0\n"
                        "o|{\"kind\":\"y\",\"page\":\"/1\"}|10.0\n");
    side_close(&a);
    side_close(&b);
}

/* A row inserted by a rolled back turn does not exist. */
static void test_rolled_back_row_is_inserted_again(void **state) {
    struct side side;
    struct err err = {.code = ERR_NONE};
    static const struct push push = {NULL, "c", "{'l': 'a'}", "1"};
    (void)state;
    side_open(&side, all_types);
    outsider_run("DELETE FROM series");
    disk_full = true;
    assert_int_equal(side_turn(&side, &push, 1, NULL, &err), -1);
    disk_full = false;
    outsider_run("INSERT INTO series (family_id, labels, created_at) "
                 "SELECT id, '{}', 1 FROM family WHERE name = 'last';"
                 "INSERT INTO total (series_id, updated_at) "
                 "VALUES (last_insert_rowid(), 1)");
    assert_int_equal(side_turn(&side, &push, 1, NULL, &err), 0);
    assert_rows(ALL_SERIES,
                "c|{\"l\":\"a\"}|1.0|0.0|0|NULL|1700000000|1700000000\n"
                "last|{}|0.0|0.0|0|NULL|1|1\n");
    side_close(&side);
}

/* A turn that fails at its end leaves no added families, removals or running
 * totals, however often it is repeated. */
static void test_full_disk_adds_no_families(void **state) {
    struct side a;
    struct side b;
    struct label label = {"x", "1", 1};
    struct removal removal = {.labels = &label, .count = 1};
    static const struct offer known = {"k", METRIC_COUNTER, "{'x':'1'}",
                                       .value = 1};
    static const struct offer new = {"n", METRIC_COUNTER, .value = 1};
    (void)state;
    side_open(&a, all_types);
    side_open(&b, all_types);
    offer_one(&a, known);
    struct strbuf before = outsider_rows(ALL_SERIES);
    for (int i = 0; i < 3; i++) {
        struct batch batch = {.removal = &removal};
        struct err err = {.code = ERR_NONE};
        offer_add(&batch, &known);
        offer_add(&batch, &new);
        disk_full = true;
        assert_int_equal(turn_commit(i % 2 ? &b : &a, &batch, 1, &err), -1);
        assert_int_equal(err.code, ERR_FULL);
        disk_full = false;
        batch_free(&batch);
        assert_rows(ALL_SERIES, before.data);
        assert_rows(OPEN_META, "open_generation|2\nopen_series|1\n");
    }
    offer_one(&b, known);
    offer_one(&a, new);
    offer_one(&b, new);
    offer_one(&a, known);
    assert_rows(TOTALS, "k|{\"x\":\"1\"}|3.0\nn|{}|2.0\n");
    strbuf_free(&before);
    sound_close(&a);
    sound_close(&b);
}

/* The turns of these tests: the second batch cannot be stored. */
static const struct push with_a_bad_one[] = {{id_1, "c", "{'l': 'a'}", "1"},
                                             {id_2, "h", "{}", "1"},
                                             {NULL, "c", "{'l': 'b'}", "2"},
                                             {NULL, "sum", "{}", "4"}};

static void parse_turn(struct side *side, struct batch batches[4]) {
    for (int i = 0; i < 4; i++)
        push_parse(&with_a_bad_one[i], side, &batches[i]);
}

static void free_turn(struct batch batches[4]) {
    for (int i = 0; i < 4; i++)
        batch_free(&batches[i]);
}

/* A batch that cannot be stored is refused alone, as a whole. */
static void test_bad_batch_is_refused_alone(void **state) {
    struct side side;
    struct err err = {.code = ERR_NONE};
    struct strbuf notes = {0};
    static const struct offer new = {"n", METRIC_COUNTER, .value = 1};
    (void)state;
    side_open(&side, all_types);
    side_push(&side, "c", "{'l': 'a'}", "8");
    outsider_run(OUTSIDER_FILL);
    for (int i = 0; i < 2; i++) {
        struct batch batches[4] = {{.count = 0}};
        parse_turn(&side, batches);
        offer_add(&batches[2], &new);
        offer_add(&batches[3], &new);
        batch_give_group(&batches[1], "{'job':'j'}", side.now);
        assert_int_equal(turn_commit(&side, batches, 4, &err), 0);
        for (int j = 0; j < 4; j++)
            assert_int_equal(batches[j].refused, j == 1);
        assert_int_equal(batches[1].refusal, REJECT_NOT_STORED);
        assert_non_null(strstr(batches[1].why.message, "CHECK constraint"));
        assert_int_equal(batches[0].repeated, i == 1);
        strbuf_reset(&notes);
        strbuf_printf(&notes,
                      "one push was refused, the others in the same commit "
                      "were accepted: %s\n",
                      batches[1].why.message);
        assert_string_equal(store_notes(side.store), notes.data);
        free_turn(batches);
    }
    outsider_run(OUTSIDER_EMPTY);
    assert_rows(TOTALS, "c|{\"l\":\"a\"}|9.0\nc|{\"l\":\"b\"}|4.0\n"
                        "n|{}|4.0\nsum|{}|8.0\n");
    assert_rows("SELECT labels, pushed_at, failed_at FROM push_group",
                "{\"job\":\"j\"}|0.0|1700000000.0\n");
    /* Its id was not taken. */
    struct batch again = {.count = 0};
    push_parse(&with_a_bad_one[1], &side, &again);
    assert_int_equal(turn_commit(&side, &again, 1, &err), 0);
    assert_false(again.refused || again.repeated);
    assert_rows("SELECT count FROM total WHERE buckets NOT NULL", "1\n");
    batch_free(&again);
    strbuf_free(&notes);
    sound_close(&side);
}

/* A turn of bad batches only. */
static void test_turn_of_bad_batches(void **state) {
    struct side side;
    struct err err = {.code = ERR_NONE};
    (void)state;
    side_open(&side, all_types);
    outsider_run(OUTSIDER_FILL);
    for (size_t count = 1; count <= 2; count++) {
        struct batch batches[2] = {{.count = 0}};
        push_parse(&with_a_bad_one[1], &side, &batches[0]);
        push_parse(&with_a_bad_one[1], &side, &batches[1]);
        assert_int_equal(turn_commit(&side, batches, count, &err), 0);
        assert_true(batches[0].refused);
        assert_int_equal(batches[1].refused, count == 2);
        batch_free(&batches[0]);
        batch_free(&batches[1]);
    }
    assert_rows("SELECT count(*) FROM batch", "0\n");
    side_close(&side);
}

/* A failure of every batch is the store's failure: nothing is applied, and
 * every batch can be sent again. */
static void test_failing_store_refuses_all(void **state) {
    struct side side;
    struct err err = {.code = ERR_NONE};
    static const struct push turn[] = {{id_1, "c", "{'l': 'a'}", "1"},
                                       {NULL, "last", "{}", "1"}};
    (void)state;
    side_open(&side, all_types);
    outsider_run("PRAGMA legacy_alter_table = ON; "
                 "ALTER TABLE series RENAME TO lost");
    assert_int_equal(side_turn(&side, turn, 2, NULL, &err), -1);
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_non_null(strstr(err.message, "no such table"));
    outsider_run("PRAGMA legacy_alter_table = ON; "
                 "ALTER TABLE lost RENAME TO series");
    assert_rows(TOTALS, "");
    assert_int_equal(side_turn(&side, turn, 2, NULL, &err), 0);
    assert_rows(TOTALS, "c|{\"l\":\"a\"}|1.0\nlast|{}|1.0\n");
    side_close(&side);
}

/* The rest of a turn with a bad batch cannot be committed: nothing of the turn
 * is kept in the database or in memory. */
static void test_uncommitted_rest_leaves_nothing(void **state) {
    static const char *const families[] = {all_types, open_family};
    struct side side;
    struct strbuf both = {0};
    struct err err = {.code = ERR_NONE};
    static const struct push open = {NULL, "o", "{'page': '/0', 'kind': 'x'}",
                                     "1"};
    static const struct offer new = {"n", METRIC_COUNTER, .value = 1};
    (void)state;
    strbuf_printf(&both, "%s,%s", families[0], families[1]);
    side_open(&side, both.data);
    outsider_run(OUTSIDER_FILL);
    outsider_run("DELETE FROM series WHERE id IN "
                 "(SELECT series_id FROM total WHERE buckets IS NULL)");
    for (int i = 0; i < 2; i++) {
        struct batch batches[4] = {{.count = 0}};
        parse_turn(&side, batches);
        batch_free(&batches[3]);
        push_parse(&open, &side, &batches[3]);
        offer_add(&batches[3], &new);
        disk_full = i == 0;
        assert_int_equal(turn_commit(&side, batches, 4, &err),
                         disk_full ? -1 : 0);
        if (disk_full) {
            assert_int_equal(err.code, ERR_FULL);
            assert_false(batches[1].refused);
            disk_full = false;
            assert_rows("SELECT count(*) FROM series LEFT JOIN total ON "
                        "series_id = series.id WHERE buckets IS NULL",
                        "0\n");
            /* Its row has the number of one that was rolled back. */
            outsider_run("INSERT INTO series (family_id, labels, created_at) "
                         "SELECT id, '{}', 1 FROM family WHERE name = 'last';"
                         "INSERT INTO total (series_id, updated_at) "
                         "VALUES (last_insert_rowid(), 1)");
            side_push(&side, "o", "{'page': '/1', 'kind': 'x'}", "1");
            side_push(&side, "o", "{'page': '/2', 'kind': 'x'}", "1");
        }
        free_turn(batches);
    }
    assert_rows("SELECT name, labels, value FROM series JOIN total ON "
                "series_id = series.id JOIN family ON "
                "family.id = family_id WHERE buckets IS NULL ORDER BY 1, 2",
                "c|{\"l\":\"a\"}|1.0\nc|{\"l\":\"b\"}|2.0\nlast|{}|0.0\n"
                "n|{}|1.0\no|{\"kind\":\"x\",\"page\":\"/1\"}|1.0\n"
                "o|{\"kind\":\"x\",\"page\":\"/2\"}|1.0\n"
                "o|{\"kind\":\"x\",\"page\":\"other\"}|1.0\n");
    strbuf_free(&both);
    side_close(&side);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)
#define FULL_TEST(name)                                                        \
    cmocka_unit_test_setup_teardown(name, intercept_writes, release_writes)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_locked_database_fails_the_turn),
        TEST(test_deleted_row_is_inserted_again),
        TEST(test_damaged_row_restarts_at_zero),
        FULL_TEST(test_full_disk_applies_nothing),
        FULL_TEST(test_disk_full_at_open),
        FULL_TEST(test_full_disk_adds_no_families),
        FULL_TEST(test_rolled_back_values_are_forgotten),
        FULL_TEST(test_rolled_back_row_is_inserted_again),
        TEST(test_bad_batch_is_refused_alone),
        TEST(test_turn_of_bad_batches),
        TEST(test_failing_store_refuses_all),
        FULL_TEST(test_uncommitted_rest_leaves_nothing),
    };
    return cmocka_run_group_tests_name("store_faults", tests, NULL, NULL);
}

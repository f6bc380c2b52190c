/* The limit of the WAL file, which counts while a reader keeps it from being
 * restarted. */
#include "store/store.h"

#include <sys/stat.h>

#include "store_fixture.h"

enum { LOG_MAX = 200000, JOURNAL_SIZE_LIMIT = 16777216 };

static const struct push push = {NULL, "c", "{'l': 'a'}", "1"};

static off_t log_size(void) {
    struct stat st;
    assert_int_equal(stat(scratch_path("t.db-wal"), &st), 0);
    return st.st_size;
}

/* Pushes until the log has more than `bytes`. Returns the number of pushes. */
static unsigned fill_log(struct side *side, off_t bytes) {
    struct err err = {.code = ERR_NONE};
    unsigned count = 0;
    for (; log_size() <= bytes; count++)
        assert_int_equal(side_turn(side, &push, 1, NULL, &err), 0);
    return count;
}

static void assert_total(unsigned count) {
    char want[64];
    (void)snprintf(want, sizeof(want), "c|{\"l\":\"a\"}|%u.0\n", count);
    assert_rows(TOTALS, want);
}

static void refused_while_a_reader_is_active(void **state) {
    struct side side;
    struct err err = {.code = ERR_NONE};
    (void)state;
    side_open(&side, all_types);
    store_limit_log(side.store, LOG_MAX);
    sqlite3 *outsider = outsider_open();
    outsider_execute(outsider, "BEGIN; SELECT * FROM series");
    unsigned count = fill_log(&side, LOG_MAX);
    off_t size = log_size();
    for (int i = 0; i < 3; i++) {
        assert_int_equal(side_turn(&side, &push, 1, NULL, &err), -1);
        assert_int_equal(err.code, ERR_FULL);
        assert_non_null(strstr(err.message, "t.db-wal has more than 200000 "
                                            "bytes (limits.wal_bytes)"));
    }
    assert_int_equal(log_size(), size);
    outsider_execute(outsider, "COMMIT");
    outsider_close(outsider);
    assert_int_equal(side_turn(&side, &push, 1, NULL, &err), 0);
    assert_int_equal(side_turn(&side, &push, 1, NULL, &err), 0);
    assert_total(count + 2);
    side_close(&side);
}

/* Without a reader the log restarts, so a large file refuses no push. */
static void accepted_without_a_reader(void **state) {
    struct side side;
    struct err err = {.code = ERR_NONE};
    (void)state;
    side_open(&side, all_types);
    unsigned count = fill_log(&side, LOG_MAX);
    store_limit_log(side.store, LOG_MAX);
    for (int i = 0; i < 3; i++)
        assert_int_equal(side_turn(&side, &push, 1, NULL, &err), 0);
    assert_total(count + 3);
    side_close(&side);
}

static void shrinks_after_a_reader(void **state) {
    struct side side;
    struct err err = {.code = ERR_NONE};
    (void)state;
    side_open(&side, all_types);
    sqlite3 *outsider = outsider_open();
    outsider_execute(outsider, "BEGIN; SELECT * FROM series");
    unsigned count = fill_log(&side, JOURNAL_SIZE_LIMIT);
    outsider_execute(outsider, "COMMIT");
    outsider_close(outsider);
    for (int i = 0; i < 2; i++)
        assert_int_equal(side_turn(&side, &push, 1, NULL, &err), 0);
    assert_in_range(log_size(), 1, JOURNAL_SIZE_LIMIT);
    assert_total(count + 2);
    side_close(&side);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refused_while_a_reader_is_active,
                                        scratch_make, scratch_clear),
        cmocka_unit_test_setup_teardown(accepted_without_a_reader, scratch_make,
                                        scratch_clear),
        cmocka_unit_test_setup_teardown(shrinks_after_a_reader, scratch_make,
                                        scratch_clear),
    };
    return cmocka_run_group_tests_name("store_log", tests, NULL, NULL);
}

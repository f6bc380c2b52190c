/* Checkpoints between the commits write the log back. */
#include "store/checkpoint.h"

#include <sys/stat.h>

#include "store/turn.h"
#include "store_fixture.h"

enum { LOG_MAX = 2 << 20 };

static const struct push push = {NULL, "c", "{'l': 'a'}", "1"};

static off_t size_of(const char *name) {
    struct stat st;
    assert_int_equal(stat(scratch_path(name), &st), 0);
    return st.st_size;
}

static void push_once(struct side *side) {
    struct err err = {.code = ERR_NONE};
    if (side_turn(side, &push, 1, NULL, &err) != 0)
        fail_msg("%s", err.message);
}

/* Pushes until a checkpoint is due. Returns the number of pushes. */
static unsigned push_until_due(struct side *side) {
    unsigned count = 0;
    do {
        push_once(side);
        count++;
    } while (!checkpoint_due(side->store));
    return count;
}

static void assert_total(unsigned count) {
    char want[64];
    (void)snprintf(want, sizeof(want), "c|{\"l\":\"a\"}|%u.0\n", count);
    assert_rows(TOTALS, want);
}

static void assert_run(struct checkpoint *checkpoint, int want) {
    struct err err = {.code = ERR_NONE};
    if (checkpoint_run(checkpoint, &err) != want)
        fail_msg("not %d: %s", want, err.message);
}

static struct checkpoint *open_beside(struct side *side) {
    struct err err = {.code = ERR_NONE};
    struct checkpoint *checkpoint;
    if (checkpoint_open(side->store, &checkpoint, &err) != 0)
        fail_msg("%s", err.message);
    return checkpoint;
}

/* After a checkpoint the next commit restarts the log, long before a commit
 * alone would have done so. */
static void checkpoint_restarts_the_log(void **state) {
    struct side side;
    (void)state;
    side_open(&side, all_types);
    store_limit_log(side.store, LOG_MAX);
    struct checkpoint *checkpoint = open_beside(&side);
    unsigned count = 0;
    for (int i = 0; i < 40; i++) {
        count += push_until_due(&side);
        assert_run(checkpoint, 1);
    }
    assert_in_range(size_of("t.db-wal"), 1, LOG_MAX / 4);
    checkpoint_close(checkpoint);
    assert_total(count);
    side_close(&side);
}

/* A checkpoint is due once for each sixteenth of the log's limit. */
static void due_after_each_sixteenth(void **state) {
    struct side side;
    (void)state;
    side_open(&side, all_types);
    store_limit_log(side.store, LOG_MAX);
    for (int part = 1; part <= 15; part++) {
        (void)push_until_due(&side);
        assert_in_range(size_of("t.db-wal"), part * LOG_MAX / 32,
                        (part + 2) * LOG_MAX / 32);
        assert_false(checkpoint_due(side.store));
    }
    side_close(&side);
}

static void commits_do_it_alone(void **state) {
    struct side side;
    (void)state;
    side_open(&side, all_types);
    store_limit_log(side.store, LOG_MAX);
    unsigned count = 0;
    while (size_of("t.db-wal") < LOG_MAX / 2 && ++count)
        push_once(&side);
    for (unsigned i = 0; i < 2 * count; i++)
        push_once(&side);
    assert_in_range(size_of("t.db-wal"), LOG_MAX / 2, LOG_MAX / 2 + 100000);
    assert_total(3 * count);
    side_close(&side);
}

static void lock_is_not_waited_for(void **state) {
    struct side side;
    struct side other;
    struct checkpoint *checkpoint;
    struct err err = {.code = ERR_NONE};
    (void)state;
    side_open(&side, all_types);
    side_open(&other, all_types);
    assert_int_equal(store_lock(other.store, &err), 0);
    assert_int_equal(checkpoint_open(side.store, &checkpoint, &err), -1);
    assert_int_equal(err.code, ERR_BUSY);
    assert_null(checkpoint);
    side_close(&other);
    side_close(&side);
}

/* For the file of a checkpoint, SQLite calls xUnfetch between reading the
 * length of the log and reading how much of the log is in the file already. */
static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    sqlite3_io_methods methods;
    int (*unfetch)(sqlite3_file *, sqlite3_int64, void *);
    struct side *side; /* pushes once meanwhile; NULL: no push */
} between;

static int unfetch(sqlite3_file *file, sqlite3_int64 offset, void *page) {
    struct side *side = between.side;
    between.side = NULL;
    if (side)
        push_once(side);
    return between.unfetch(file, offset, page);
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
                     int flags, int *out_flags) {
    (void)vfs;
    int result =
        between.real->xOpen(between.real, name, file, flags, out_flags);
    if (result == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB)) {
        between.methods = *file->pMethods;
        between.unfetch = between.methods.xUnfetch;
        between.methods.xUnfetch = unfetch;
        file->pMethods = &between.methods;
    }
    return result;
}

static struct checkpoint *open_beside_between(struct side *side) {
    between.real = sqlite3_vfs_find(NULL);
    between.vfs = *between.real;
    between.vfs.zName = "between";
    between.vfs.xOpen = open_file;
    assert_int_equal(sqlite3_vfs_register(&between.vfs, 1), SQLITE_OK);
    struct checkpoint *checkpoint = open_beside(side);
    assert_int_equal(sqlite3_vfs_unregister(&between.vfs), SQLITE_OK);
    return checkpoint;
}

/* The whole log is in the file when a checkpoint begins, and a commit restarts
 * the log during the checkpoint: SQLite before 3.51.3 takes the frames of the
 * new log for pages that are in the file already. */
static void commit_restarts_the_log_during_a_checkpoint(void **state) {
    struct side side;
    (void)state;
    side_open(&side, all_types);
    struct checkpoint *checkpoint = open_beside_between(&side);
    for (int i = 0; i < 10; i++)
        push_once(&side);
    outsider_run("PRAGMA wal_checkpoint");
    between.side = &side;
    assert_run(checkpoint, 1);
    assert_null(between.side);
    assert_total(11);
    push_once(&side);
    assert_run(checkpoint, 1);
    assert_total(12);
    assert_rows(SOUND, "ok|0|0\n");
    checkpoint_close(checkpoint);
    side_close(&side);
}

/* A checkpoint leaves alone a file that is gone, and a new file of the same
 * name. */
static void replaced_file_is_left_alone(void **state) {
    struct side side;
    struct checkpoint *none;
    struct err err = {.code = ERR_NONE};
    (void)state;
    side_open(&side, all_types);
    struct checkpoint *checkpoint = open_beside(&side);
    push_once(&side);
    off_t size = size_of("t.db");
    assert_int_equal(rename(scratch_path("t.db"), scratch_path("moved")), 0);
    scratch_write("t.db", "");
    assert_run(checkpoint, 0);
    assert_int_equal(size_of("moved"), size);
    assert_int_equal(size_of("t.db"), 0);
    assert_int_equal(checkpoint_open(side.store, &none, &err), -1);
    assert_int_equal(err.code, ERR_BUSY);
    checkpoint_close(checkpoint);
    side_close(&side);
    assert_int_equal(size_of("t.db"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(checkpoint_restarts_the_log,
                                        scratch_make, scratch_clear),
        cmocka_unit_test_setup_teardown(due_after_each_sixteenth, scratch_make,
                                        scratch_clear),
        cmocka_unit_test_setup_teardown(commits_do_it_alone, scratch_make,
                                        scratch_clear),
        cmocka_unit_test_setup_teardown(lock_is_not_waited_for, scratch_make,
                                        scratch_clear),
        cmocka_unit_test_setup_teardown(
            commit_restarts_the_log_during_a_checkpoint, scratch_make,
            scratch_clear),
        cmocka_unit_test_setup_teardown(replaced_file_is_left_alone,
                                        scratch_make, scratch_clear),
    };
    return cmocka_run_group_tests_name("store_checkpoint", tests, NULL, NULL);
}

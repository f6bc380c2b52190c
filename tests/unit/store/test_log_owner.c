/* The log that belongs to a database after either was replaced or removed. */
#include "store/log_owner.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "scratch.h"
#include "unit.h"

static const char *database(void) {
    static char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s", scratch_path("t.db"));
    return path;
}

static const char *log_file(void) {
    static char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s", scratch_path("t.db-wal"));
    return path;
}

/* Gives the file another inode. */
static void replace_file(const char *name) {
    char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s", scratch_path(name));
    scratch_write("new", "new");
    assert_int_equal(rename(scratch_path("new"), path), 0);
}

static bool knows_births(void) {
    struct statx st;
    return statx(AT_FDCWD, database(), 0, STATX_BTIME, &st) == 0 &&
           (st.stx_mask & STATX_BTIME);
}

static int open_recorded(void) {
    int fd = open(scratch_path("lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    scratch_write("t.db", "database");
    scratch_write("t.db-wal", "log");
    assert_false(log_owner_differs(fd, database(), log_file()));
    log_owner_record(fd, database(), log_file());
    assert_false(log_owner_differs(fd, database(), log_file()));
    return fd;
}

static void test_database_replaced(void **state) {
    (void)state;
    int fd = open_recorded();
    replace_file("t.db");
    assert_int_equal(log_owner_differs(fd, database(), log_file()),
                     knows_births());
    log_owner_record(fd, database(), log_file());
    assert_false(log_owner_differs(fd, database(), log_file()));
    (void)close(fd);
}

static void test_log_replaced(void **state) {
    (void)state;
    int fd = open_recorded();
    replace_file("t.db-wal");
    assert_false(log_owner_differs(fd, database(), log_file()));
    replace_file("t.db");
    assert_false(log_owner_differs(fd, database(), log_file()));
    (void)close(fd);
}

static void test_a_file_is_missing(void **state) {
    (void)state;
    int fd = open_recorded();
    assert_int_equal(unlink(database()), 0);
    assert_false(log_owner_differs(fd, database(), log_file()));
    replace_file("t.db");
    assert_int_equal(unlink(log_file()), 0);
    assert_false(log_owner_differs(fd, database(), log_file()));
    (void)close(fd);
}

/* The lock file of an earlier version is empty, others have half a record. */
static void test_damaged_record_is_ignored(void **state) {
    static const char *const texts[] = {
        "",   "12",  "12 born 1.000000000\n", "12 born 1.000000000\n13",
        "\n", "\n\n"};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int fd = open_recorded();
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, texts[i], strlen(texts[i]), 0),
                         strlen(texts[i]));
        assert_false(log_owner_differs(fd, database(), log_file()));
        (void)close(fd);
    }
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_database_replaced),
        TEST(test_log_replaced),
        TEST(test_a_file_is_missing),
        TEST(test_damaged_record_is_ignored),
    };
    return cmocka_run_group_tests_name("log_owner", tests, NULL, NULL);
}

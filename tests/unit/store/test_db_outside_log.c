/* Queries of a database in WAL mode: beside a writer, without rights, and in a
 * process that has the same file open. */
#include <pthread.h>
#include <stdatomic.h>

#include "outside_fixture.h"

#define COUNT "SELECT count(*) FROM orders"

/* --- a writer ------------------------------------------------------------- */

/* A query neither sees uncommitted rows nor waits for the writer. */
static void test_writer_does_not_disturb(void **state) {
    (void)state;
    sqlite3 *shop = shop_open("WAL");
    const char *path = scratch_path("shop.db");
    outsider_execute(shop, "BEGIN IMMEDIATE; DELETE FROM orders");
    outside_expect(outside_ask(COUNT, path), "", "{} 3\n");
    outsider_execute(shop, "COMMIT");
    outside_expect(outside_ask(COUNT, path), "", "{} 0\n");
    sqlite3_close(shop);
    outside_expect(outside_ask(COUNT, path), "", "{} 0\n");
}

enum { TRANSACTIONS = 300 };

/* Moves an order from one state to the other. */
static void *move_orders(void *context) {
    atomic_bool *over = context;
    sqlite3 *shop;
    if (sqlite3_open(scratch_path("shop.db"), &shop) != SQLITE_OK)
        return context;
    for (int i = 0; i < TRANSACTIONS; i++)
        if (sqlite3_exec(shop,
                         "BEGIN IMMEDIATE;"
                         "UPDATE orders SET state = 'moved' WHERE id = 1;"
                         "UPDATE orders SET state = 'new' WHERE id = 1;"
                         "INSERT INTO orders (state) VALUES ('new');"
                         "INSERT INTO orders (state) VALUES ('sent');"
                         "COMMIT",
                         NULL, NULL, NULL) != SQLITE_OK)
            return context;
    sqlite3_close(shop);
    atomic_store(over, true);
    return NULL;
}

/* Each result is one snapshot. */
static void test_result_is_one_snapshot(void **state) {
    pthread_t writer;
    void *failed;
    atomic_bool over = false;
    (void)state;
    sqlite3_close(shop_open("WAL"));
    const char *path = scratch_path("shop.db");
    assert_int_equal(pthread_create(&writer, NULL, move_orders, &over), 0);
    while (!atomic_load(&over))
        outside_expect(
            outside_ask("SELECT sum(CASE state WHEN 'new' THEN 1 WHEN 'sent' "
                        "THEN -1 ELSE 100 END) FROM orders",
                        path),
            "", "{} 1\n");
    assert_int_equal(pthread_join(writer, &failed), 0);
    assert_null(failed);
    outside_expect(outside_ask(COUNT, path), "", "{} 603\n");
}

/* --- rights --------------------------------------------------------------- */

static void set_modes(mode_t directory, mode_t file) {
    assert_int_equal(chmod(scratch, directory), 0);
    assert_int_equal(chmod(scratch_path("shop.db"), file), 0);
}

#define UNWRITABLE                                                             \
    "query q: database %/shop.db: is in WAL mode, and its -wal and -shm "      \
    "cannot "                                                                  \
    "be opened; let the responder's user write to the directory % and to its " \
    "-shm (systemd: ReadWritePaths=), or set PRAGMA journal_mode = DELETE in " \
    "the other program"

#define SHUT_OUT                                                               \
    "query q: database %/shop.db: is in WAL mode and not open, and its "       \
    "owner could not write to a -shm of this user; let its file and "          \
    "directory belong to a group of both users (chmod g+rw and chmod g+rwxs)," \
    " or set PRAGMA journal_mode = DELETE in the other program"

/* Only root can change to another user. */
static void skip_unless_root(void) {
    if (geteuid() != 0) {
        print_message("needs root\n");
        skip();
    }
}

/* There is no -shm file, and the directory does not permit a new one. */
static void test_query_without_rights_is_refused(void **state) {
    (void)state;
    skip_unless_root();
    sqlite3_close(shop_open("WAL"));
    const char *path = scratch_path("shop.db");
    set_modes(0755, 0666);
    outside_expect(outside_ask_as_nobody(COUNT, path), scratch, UNWRITABLE);
    set_modes(0755, 0600);
    outside_expect(outside_ask_as_nobody(COUNT, path), path,
                   "query q: database %: Permission denied");
    set_modes(0700, 0644);
    outside_expect(outside_ask_as_nobody(COUNT, path), path,
                   "query q: database %: Permission denied");
}

/* The two remedies in the message: write permission, and no WAL mode. */
static void test_remedies_in_the_message_work(void **state) {
    (void)state;
    skip_unless_root();
    sqlite3 *shop = shop_open("WAL");
    const char *path = scratch_path("shop.db");
    set_modes(0777, 0666);
    assert_int_equal(chmod(scratch_path("shop.db-shm"), 0666), 0);
    assert_int_equal(chmod(scratch_path("shop.db-wal"), 0666), 0);
    outside_expect(outside_ask_as_nobody(COUNT, path), "", "{} 3\n");
    sqlite3_close(shop);
    outside_expect(outside_ask_as_nobody(COUNT, path), "", "{} 3\n");
    /* The other program can still write. */
    assert_int_equal(sqlite3_open(path, &shop), SQLITE_OK);
    outsider_execute(shop, "DELETE FROM orders WHERE id = 1;"
                           "PRAGMA journal_mode = DELETE");
    sqlite3_close(shop);
    set_modes(0755, 0644);
    outside_expect(outside_ask_as_nobody(COUNT, path), "", "{} 2\n");
}

/* A -shm file made by Tallyman would shut out the other program, which is not
 * running, unless both are in its group. */
static void test_shm_never_shuts_out_the_owner(void **state) {
    static const struct {
        mode_t directory;
        gid_t group; /* of the directory and the file */
        mode_t file;
        const char *want;
    } rows[] = {
        {0777, 0, 0644, SHUT_OUT},       {0777, 0, 0664, SHUT_OUT},
        {0777, 0, 0666, "{} 3\n"},       {02777, NOBODY, 0644, SHUT_OUT},
        {02777, NOBODY, 0664, "{} 3\n"}, {02777, 0, 0664, "{} 3\n"},
    };
    (void)state;
    skip_unless_root();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sqlite3 *shop;
        const char *path = scratch_path("shop.db");
        const char *shm = scratch_path("shop.db-shm");
        const bool made = rows[i].want[0] == '{';
        sqlite3_close(shop_open("WAL"));
        assert_int_equal(chown(scratch, 0, rows[i].group), 0);
        assert_int_equal(chown(path, 0, rows[i].group), 0);
        set_modes(rows[i].directory, rows[i].file);
        outside_expect(outside_ask_as_nobody(COUNT, path), scratch,
                       rows[i].want);
        assert_int_equal(access(shm, F_OK), made ? 0 : -1);
        /* The last connection to close removes the -shm file. */
        assert_int_equal(sqlite3_open(path, &shop), SQLITE_OK);
        outsider_execute(shop, "DROP TABLE orders");
        sqlite3_close(shop);
        assert_int_equal(access(shm, F_OK), -1);
    }
}

/* The files beside the target of a symbolic link are used. */
static void test_symbolic_link_is_followed(void **state) {
    (void)state;
    skip_unless_root();
    sqlite3_close(shop_open("WAL"));
    assert_int_equal(mkdir(scratch_path("web"), 0755), 0);
    assert_int_equal(symlink("../shop.db", scratch_path("web/shop.db")), 0);
    set_modes(0777, 0644);
    outside_expect(outside_ask_as_nobody(COUNT, scratch_path("web/shop.db")),
                   scratch, SHUT_OUT);
}

/* --- the file of this process --------------------------------------------- */

/* Whether another process could lock the byte. */
static bool is_free(const char *name, off_t start) {
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = 1};
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int fd = open(scratch_path(name), O_RDWR);
        _exit(fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0
                  ? (lock.l_type == F_UNLCK ? 0 : 1)
                  : 2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
    return WEXITSTATUS(status) == 0;
}

/* The kernel drops all locks of a process on a file when the process closes any
 * descriptor of that file; SQLite knows this and closes late. */
static void test_own_locks_survive(void **state) {
    enum { WRITE_LOCK = 120, RESERVED = 0x40000001, SHARED = 0x40000002 };
    static const char *const queries[] = {COUNT, "SELECT nonsense",
                                          "DELETE FROM orders"};
    (void)state;
    sqlite3 *shop = shop_open("WAL");
    const char *path = scratch_path("shop.db");
    assert_true(is_free("shop.db-shm", WRITE_LOCK));
    outsider_execute(shop, "BEGIN IMMEDIATE; DELETE FROM orders");
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        struct strbuf got = outside_ask(queries[i], path);
        strbuf_free(&got);
        assert_false(is_free("shop.db-shm", WRITE_LOCK));
        assert_false(is_free("shop.db", SHARED));
    }
    outsider_execute(shop, "COMMIT; PRAGMA journal_mode = DELETE");
    assert_true(is_free("shop.db", RESERVED));
    outsider_execute(shop, "BEGIN IMMEDIATE; DELETE FROM orders");
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        struct strbuf got = outside_ask(queries[i], path);
        strbuf_free(&got);
        assert_false(is_free("shop.db", RESERVED));
        assert_false(is_free("shop.db", SHARED));
    }
    outsider_execute(shop, "COMMIT");
    assert_true(is_free("shop.db", RESERVED));
    sqlite3_close(shop);
}

int main(void) {
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)
    const struct CMUnitTest tests[] = {
        TEST(test_writer_does_not_disturb),
        TEST(test_result_is_one_snapshot),
        TEST(test_query_without_rights_is_refused),
        TEST(test_remedies_in_the_message_work),
        TEST(test_shm_never_shuts_out_the_owner),
        TEST(test_symbolic_link_is_followed),
        TEST(test_own_locks_survive),
    };
    return cmocka_run_group_tests_name("db_outside_log", tests, NULL, NULL);
}

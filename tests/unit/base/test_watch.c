#include "base/watch.h"

#include "check.h"
#include "scratch.h"

/* A change within a tick of the clock must have another time. */
static void make_old(const char *name) {
    static const struct timespec times[2] = {{1000, 5}, {1000, 5}};
    assert_int_equal(utimensat(AT_FDCWD, scratch_path(name), times, 0), 0);
}

static void make_file(void) {
    scratch_write("file", "12345");
    make_old("file");
}

static void nothing(void) {
}

static void other_size(void) {
    scratch_write("file", "123456");
}

static void same_size(void) {
    scratch_write("file", "54321");
}

static void nanoseconds(void) {
    static const struct timespec times[2] = {{1000, 5}, {1000, 6}};
    assert_int_equal(utimensat(AT_FDCWD, scratch_path("file"), times, 0), 0);
}

static void vanished(void) {
    assert_int_equal(unlink(scratch_path("file")), 0);
}

/* Writes a new file under the old name, like editors and `git checkout`. */
static void replaced(void) {
    assert_int_equal(rename(scratch_path("file"), scratch_path("elsewhere")),
                     0);
    make_file();
}

static void new_name(void) {
    scratch_write("directory/new.json", "");
}

static void old_name(void) {
    assert_int_equal(unlink(scratch_path("directory/old.json")), 0);
}

static void appeared(void) {
    scratch_write("missing", "");
}

static void read_only(void) {
    char byte;
    int fd = open(scratch_path("file"), O_RDONLY);
    assert_int_equal(read(fd, &byte, 1), 1);
    close(fd);
}

static void changes(void **state) {
    static const struct {
        const char *name, *watched;
        void (*change)(void);
        bool want;
    } cases[] = {
        {"a file that stays", "file", nothing, false},
        {"a directory that stays", "directory", nothing, false},
        {"a missing file that stays", "missing", nothing, false},
        {"a file that is read", "file", read_only, false},
        {"another size", "file", other_size, true},
        {"another content", "file", same_size, true},
        {"another time", "file", nanoseconds, true},
        {"a vanished file", "file", vanished, true},
        {"a replaced file", "file", replaced, true},
        {"a new name", "directory", new_name, true},
        {"a vanished name", "directory", old_name, true},
        {"a file that appears", "missing", appeared, true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct watch watch = {0};
        (void)unlink(scratch_path("missing"));
        (void)mkdir(scratch_path("directory"), 0700);
        scratch_write("directory/old.json", "");
        make_old("directory");
        make_file();
        assert_int_equal(watch_add(&watch, scratch_path(cases[i].watched)), 0);
        check_number(cases[i].name, watch_changed(&watch), false);
        cases[i].change();
        check_number(cases[i].name, watch_changed(&watch), cases[i].want);
        check_number(cases[i].name, watch_changed(&watch), cases[i].want);
        watch_free(&watch);
    }
}

static void each_of_many(void **state) {
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    (void)state;
    for (size_t changed = 0; changed < COUNT(names); changed++) {
        struct watch watch = {0};
        char path[PATH_MAX];
        for (size_t i = 0; i < COUNT(names); i++) {
            scratch_write(names[i], "x");
            strcpy(path, scratch_path(names[i]));
            assert_int_equal(watch_add(&watch, path), 0);
            memset(path, 'x', sizeof(path)); /* the watch has a copy */
        }
        assert_int_equal(watch.count, COUNT(names));
        assert_false(watch_changed(&watch));
        scratch_write(names[changed], "longer");
        assert_true(watch_changed(&watch));
        watch_free(&watch);
        assert_false(watch_changed(&watch));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(changes, scratch_make, scratch_clear),
        cmocka_unit_test_setup_teardown(each_of_many, scratch_make,
                                        scratch_clear),
    };
    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}

#include "base/filesystem.h"

#include <sys/vfs.h>

#include "check.h"
#include "scratch.h"

static void network_names(void **state) {
    static const struct {
        long type;
        const char *want;
    } cases[] = {
        /* Network file systems, by statfs(2). */
        {0x6969, "NFS"},
        {0x517B, "SMB"},
        {0xFF534D42, "CIFS"},
        {(int)0xFF534D42, "CIFS"}, /* from a signed f_type */
        {0xFE534D42, "SMB2"},
        {0x5346414F, "AFS"},
        {0x73757245, "Coda"},
        {0x564C, "NCP"},
        {0x01021997, "9P"},
        {0x00C36400, "Ceph"},
        {0x7461636F, "OCFS2"},
        {0x01161970, "GFS2"},
        {0x0BD00BD0, "Lustre"},
        /* Local ones. */
        {0xEF53, NULL},     /* ext4 */
        {0x58465342, NULL}, /* XFS */
        {0x9123683E, NULL}, /* Btrfs */
        {0x2FC12FC1, NULL}, /* ZFS */
        {0x01021994, NULL}, /* tmpfs */
        {0x794C7630, NULL}, /* overlayfs */
        {0, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_text(cases[i].want ? cases[i].want : "local",
                   filesystem_network_name(cases[i].type), cases[i].want);
}

static long simulated_type;
static char simulated_path[PATH_MAX];

/* Replaces the C library's: no test can mount a network file system. */
int statfs(const char *path, struct statfs *info) {
    (void)snprintf(simulated_path, sizeof(simulated_path), "%s", path);
    *info = (struct statfs){.f_type = simulated_type};
    return 0;
}

static void check_of_a_network_path(void **state) {
    struct err err = {.code = ERR_NONE};
    char want[PATH_MAX + 200];
    (void)state;
    simulated_type = 0x6969;
    const char *path = scratch_path("tallyman.db");
    (void)snprintf(want, sizeof(want),
                   "database %s is on NFS, where several responders cannot "
                   "share it; set `database` to a path on a local disk, such "
                   "as /var/lib/tallyman/tallyman.db",
                   path);
    assert_int_equal(filesystem_check(path, &err), -1);
    assert_int_equal(err.code, ERR_VALUE);
    assert_string_equal(err.message, want);
    /* The file may be missing. */
    assert_string_equal(simulated_path, scratch);
    simulated_type = 0xEF53;
    assert_int_equal(filesystem_check(path, &err), 0);
}

static void check_of_a_directory(void **state) {
    static const struct {
        const char *path, *want;
    } cases[] = {
        {"missing/tallyman.db",
         "its directory is missing; make it, for the user of the responders: "
         "install -d -m 700 -o USER "},
        {"file/tallyman.db", ""},
    };
    struct err err;
    (void)state;
    simulated_type = 0xEF53;
    assert_int_equal(filesystem_check(scratch_path("tallyman.db"), &err), 0);
    scratch_write("file", "");
    for (size_t i = 0; i < COUNT(cases); i++) {
        char want[500];
        const char *path = scratch_path(cases[i].path);
        int len = (int)(strrchr(path, '/') - path) + 1;
        (void)snprintf(want, sizeof(want), "database %s: %s%.*s%s", path,
                       cases[i].want, len, path,
                       i == 0 ? "" : " is not a directory");
        assert_int_equal(filesystem_check(path, &err), -1);
        assert_string_equal(err.message, want);
        assert_int_equal(err.code, ERR_IO);
    }
}

static void below(void **state) {
    static const struct {
        const char *path, *directory;
        bool want;
    } cases[] = {
        {"www/a.db", "www", true},
        {"www/a.db", "www/", true},
        {"www/in/a.db", "www", true},
        {"www/../www/a.db", "www", true},
        {"a.db", "www", false},
        {"www/../a.db", "www", false},
        {"www2/a.db", "www", false},
        {"ww/a.db", "www", false},
        {"www/a.db", "www/in", false},
        {"link/a.db", "www", true}, /* to www/in */
        {"www/a.db", "link", false},
        {"www/in/a.db", "link", true},
        {"www/out/a.db", "www", false}, /* to www2 */
        {"missing/a.db", "www", false},
        {"www/a.db", "missing", false},
    };
    (void)state;
    assert_int_equal(mkdir(scratch_path("ww"), 0700), 0);
    assert_int_equal(mkdir(scratch_path("www"), 0700), 0);
    assert_int_equal(mkdir(scratch_path("www/in"), 0700), 0);
    assert_int_equal(mkdir(scratch_path("www2"), 0700), 0);
    assert_int_equal(symlink("www/in", scratch_path("link")), 0);
    assert_int_equal(symlink("../www2", scratch_path("www/out")), 0);
    for (size_t i = 0; i < COUNT(cases); i++)
        check_number(cases[i].path,
                     filesystem_below(scratch_path(cases[i].path),
                                      scratch_path(cases[i].directory)),
                     cases[i].want);
}

static void below_uninformative_directories(void **state) {
    (void)state;
    assert_false(filesystem_below(scratch_path("a.db"), "/"));
    assert_false(filesystem_below(scratch_path("a.db"), ""));
    assert_false(filesystem_below("/a.db", "/tmp/.."));
    assert_false(filesystem_below("/a.db", scratch));
}

static void below_from_the_working_directory(void **state) {
    char before[PATH_MAX];
    (void)state;
    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(scratch), 0);
    bool here = filesystem_below("a.db", scratch);
    bool elsewhere = filesystem_below("../a.db", scratch);
    assert_int_equal(chdir(before), 0);
    assert_true(here);
    assert_false(elsewhere);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(network_names),
        cmocka_unit_test(check_of_a_network_path),
        cmocka_unit_test(check_of_a_directory),
        cmocka_unit_test(below),
        cmocka_unit_test(below_uninformative_directories),
        cmocka_unit_test(below_from_the_working_directory),
    };
    return cmocka_run_group_tests_name("filesystem", tests, scratch_make,
                                       scratch_clear);
}

/* faulty_fixture: a file system that fails or kills the process at a write. */
#ifndef TALLYMAN_TESTS_FAULTY_FIXTURE_H
#define TALLYMAN_TESTS_FAULTY_FIXTURE_H

#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "scratch.h"
#include "unit.h"

enum fault { NONE, KILL_BEFORE, KILL_HALF, FAIL, FAIL_FULL };

/* The fault, and the number of the write at which it happens, from 1. */
static enum fault fault;
static int fault_at;
static int writes;

/* Databases and journals have different methods. */
static struct kind {
    sqlite3_io_methods methods;
    const sqlite3_io_methods *real;
} kinds[8];
static sqlite3_vfs vfs;
static sqlite3_vfs *real_vfs;

static inline void die(void) {
    (void)kill(getpid(), SIGKILL);
}

static inline int faulty_write(sqlite3_file *file, const void *bytes, int len,
                               sqlite3_int64 at) {
    const struct kind *kind = (const struct kind *)file->pMethods;
    bool now = fault != NONE && ++writes == fault_at;
    if (now && fault == FAIL)
        return SQLITE_IOERR_WRITE;
    if (now && fault == FAIL_FULL)
        return SQLITE_FULL;
    if (now && fault == KILL_BEFORE)
        die();
    if (now && fault == KILL_HALF) {
        (void)kind->real->xWrite(file, bytes, len / 2, at);
        die();
    }
    return kind->real->xWrite(file, bytes, len, at);
}

static inline int open_faulty(sqlite3_vfs *self, const char *name,
                              sqlite3_file *file, int flags, int *out_flags) {
    (void)self;
    int result = real_vfs->xOpen(real_vfs, name, file, flags, out_flags);
    if (result != SQLITE_OK || !file->pMethods)
        return result;
    struct kind *kind = kinds;
    while (kind->real && kind->real != file->pMethods)
        kind++;
    assert_true(kind < kinds + COUNT(kinds));
    kind->real = file->pMethods;
    kind->methods = *kind->real;
    kind->methods.xWrite = faulty_write;
    file->pMethods = &kind->methods;
    return result;
}

static inline void faulty_make(void) {
    real_vfs = sqlite3_vfs_find(NULL);
    vfs = *real_vfs;
    vfs.zName = "faulty";
    vfs.xOpen = open_faulty;
    if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK)
        fail_msg("no file system");
}

static inline void copy_file(const char *from, const char *to) {
    char bytes[4096];
    size_t count;
    FILE *in = fopen(scratch_path(from), "rb");
    FILE *out = fopen(scratch_path(to), "wb");
    assert_true(in && out);
    while ((count = fread(bytes, 1, sizeof(bytes), in)) > 0)
        assert_int_equal(fwrite(bytes, 1, count, out), count);
    (void)fclose(in);
    assert_int_equal(fclose(out), 0);
}

/* Makes t.db a copy of first.db, without a fault. Returns false if there is no
 * first.db yet. */
static inline bool begin_again(void) {
    static const char *const logs[] = {"t.db-wal", "t.db-shm"};
    fault = NONE;
    for (size_t i = 0; i < COUNT(logs); i++)
        (void)unlink(scratch_path(logs[i]));
    if (access(scratch_path("first.db"), F_OK) != 0)
        return false;
    copy_file("first.db", "t.db");
    return true;
}

/* Calls run in a child process, in which the writes count from 1. Returns false
 * if the child was not killed. */
static inline bool is_killed(void (*run)(void)) {
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        writes = 0;
        run();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        assert_int_equal(WTERMSIG(status), SIGKILL);
    else
        assert_int_equal(WEXITSTATUS(status), 0);
    return WIFSIGNALED(status);
}

#endif

#include "base/side_lock.h"

#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "check.h"
#include "scratch.h"

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int open_lock(void) {
    struct err err;
    int fd = side_lock_open(scratch_path("lock"), &err);
    assert_true(fd >= 0);
    return fd;
}

/* Starts a process that takes the lock and holds it for hold_ms, or until it is
 * killed. Returns when it has the lock. */
static pid_t other_holder(int hold_ms) {
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct err err;
        int fd = side_lock_open(scratch_path("lock"), &err);
        if (fd < 0 || side_lock_take(fd, 1000, &err) != 0 ||
            write(ready[1], "x", 1) != 1)
            _exit(1);
        usleep((useconds_t)hold_ms * 1000);
        side_lock_release(fd);
        pause(); /* the release matters, not the exit */
        _exit(0);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void end(pid_t pid) {
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void open_creates(void **state) {
    struct stat st;
    (void)state;
    int fd = open_lock();
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    close(fd);
    close(open_lock());
}

static void open_fails(void **state) {
    struct err err;
    char want[PATH_MAX + 64];
    (void)state;
    (void)snprintf(want, sizeof(want),
                   "lock file %s: No such file or directory",
                   scratch_path("no/lock"));
    assert_int_equal(side_lock_open(scratch_path("no/lock"), &err), -1);
    assert_int_equal(err.code, ERR_IO);
    assert_string_equal(err.message, want);
}

static void one_at_a_time(void **state) {
    struct err err;
    (void)state;
    int first = open_lock();
    int second = open_lock();
    assert_int_equal(side_lock_take(first, 50, &err), 0);
    assert_int_equal(side_lock_take(second, 50, &err), -1);
    assert_int_equal(err.code, ERR_BUSY);
    side_lock_release(first);
    assert_int_equal(side_lock_take(second, 50, &err), 0);
    assert_int_equal(side_lock_take(first, 50, &err), -1);
    close(second);
    assert_int_equal(side_lock_take(first, 50, &err), 0);
    close(first);
}

static void waits_for_the_other_process(void **state) {
    struct err err;
    (void)state;
    int fd = open_lock();
    long long start = now_ms(); /* before the other process has it */
    pid_t pid = other_holder(300);
    assert_int_equal(side_lock_take(fd, 10000, &err), 0);
    assert_in_range(now_ms() - start, 300, 5000);
    side_lock_release(fd);
    end(pid);
    close(fd);
}

static void gives_up_in_time(void **state) {
    struct err err;
    struct itimerval timer;
    (void)state;
    int fd = open_lock();
    pid_t pid = other_holder(60000);
    long long start = now_ms();
    assert_int_equal(side_lock_take(fd, 200, &err), -1);
    assert_in_range(now_ms() - start, 200, 5000);
    assert_int_equal(err.code, ERR_BUSY);
    assert_string_equal(err.message,
                        "another responder has held the lock file for 200 ms");
    /* No later signal interrupts another system call. */
    assert_int_equal(getitimer(ITIMER_REAL, &timer), 0);
    assert_int_equal(timer.it_value.tv_sec, 0);
    assert_int_equal(timer.it_value.tv_usec, 0);
    end(pid);
    close(fd);
}

/* kill -9 of a responder must not stop the others. */
static void a_killed_holder_lets_go(void **state) {
    struct err err;
    (void)state;
    int fd = open_lock();
    pid_t pid = other_holder(60000);
    assert_int_equal(side_lock_take(fd, 50, &err), -1);
    end(pid);
    assert_int_equal(side_lock_take(fd, 1000, &err), 0);
    close(fd);
}

static void not_a_descriptor(void **state) {
    struct err err;
    (void)state;
    assert_int_equal(side_lock_take(-1, 50, &err), -1);
    assert_int_equal(err.code, ERR_IO);
    assert_string_equal(err.message, "lock file: Bad file descriptor");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_creates),
        cmocka_unit_test(open_fails),
        cmocka_unit_test(one_at_a_time),
        cmocka_unit_test(waits_for_the_other_process),
        cmocka_unit_test(gives_up_in_time),
        cmocka_unit_test(a_killed_holder_lets_go),
        cmocka_unit_test(not_a_descriptor),
    };
    return cmocka_run_group_tests_name("side_lock", tests, scratch_make,
                                       scratch_clear);
}

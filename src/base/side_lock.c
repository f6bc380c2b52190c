#include "base/side_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

/* SIGALRM without SA_RESTART ends the wait of side_lock_take. */
static void interrupt_wait(int signal) {
    (void)signal;
}

int side_lock_open(const char *path, struct err *err) {
    const struct sigaction alarm = {.sa_handler = interrupt_wait};
    (void)sigaction(SIGALRM, &alarm, NULL);
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    return err_set(err,
                   errno == ENOSPC || errno == EDQUOT  ? ERR_FULL
                   : errno == EROFS || errno == EACCES ? ERR_READONLY
                                                       : ERR_IO,
                   "lock file %s: %s", path, strerror(errno));
}

static int set_lock(int fd, int command, short type) {
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET};
    return fcntl(fd, command, &lock);
}

static void set_alarm(int ms) {
    struct itimerval timer = {{0, 0}, {ms / 1000, ms % 1000 * 1000L}};
    /* Repeats, because the first signal may arrive just before the wait
     * begins. */
    timer.it_interval.tv_usec = ms > 0 ? 100000 : 0;
    (void)setitimer(ITIMER_REAL, &timer, NULL);
}

int side_lock_take(int fd, int timeout_ms, struct err *err) {
    if (set_lock(fd, F_OFD_SETLK, F_WRLCK) == 0)
        return 0;
    if (errno != EAGAIN && errno != EACCES)
        return err_set(err, ERR_IO, "lock file: %s", strerror(errno));
    set_alarm(timeout_ms);
    int result = set_lock(fd, F_OFD_SETLKW, F_WRLCK);
    int error = errno;
    set_alarm(0);
    if (result == 0)
        return 0;
    if (error == EINTR)
        return err_set(err, ERR_BUSY,
                       "another responder has held the lock file for %d ms",
                       timeout_ms);
    return err_set(err, ERR_IO, "lock file: %s", strerror(error));
}

bool side_lock_try(int fd) {
    return set_lock(fd, F_OFD_SETLK, F_WRLCK) == 0;
}

void side_lock_release(int fd) {
    (void)set_lock(fd, F_OFD_SETLK, F_UNLCK);
}

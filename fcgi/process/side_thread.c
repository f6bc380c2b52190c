#include "process/side_thread.h"

#include <signal.h>
#include <sys/resource.h>

static const long END_NANOSECONDS = 300000000;

enum { NICE = 5 };

int side_thread_start(pthread_t *thread, void *(*run)(void *argument),
                      void *argument) {
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    const int result = pthread_create(thread, NULL, run, argument);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

/* A nice value is a thread's own on Linux. */
void side_thread_yield(void) {
    (void)setpriority(PRIO_PROCESS, 0, NICE);
}

struct timespec side_thread_deadline(void) {
    struct timespec end;
    (void)clock_gettime(CLOCK_REALTIME, &end);
    end.tv_nsec += END_NANOSECONDS;
    end.tv_sec += end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    return end;
}

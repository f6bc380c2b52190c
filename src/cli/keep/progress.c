#include "cli/keep/progress.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;

static void stop(int signal) {
    stopped = signal;
}

struct progress {
    bool terminal; /* standard error is one */
    bool shown;
    struct timespec begun;
};

static double seconds_since(const struct timespec *begun) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - begun->tv_sec) +
           (double)(now.tv_nsec - begun->tv_nsec) / 1e9;
}

static int step(void *context, int done, int total) {
    enum { WIDTH = 40 };
    static const char full[] = "########################################";
    struct progress *progress = context;
    double share = total > 0 ? (double)done / total : 1;
    int filled = (int)(share * WIDTH);
    _Static_assert(sizeof(full) == WIDTH + 1, "the bar is as wide as that");
    if (stopped)
        return -1;
    if (!progress->terminal || seconds_since(&progress->begun) < 0.5)
        return 0;
    (void)fprintf(stderr, "\r[%.*s%*s] %3.0f %%", filled, full, WIDTH - filled,
                  "", share * 100);
    progress->shown = true;
    return 0;
}

int progress_copy(struct db *from, struct db *to, struct err *err) {
    const struct sigaction action = {.sa_handler = stop};
    struct progress progress = {.terminal = isatty(STDERR_FILENO) == 1};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGHUP, &action, NULL);
    (void)clock_gettime(CLOCK_MONOTONIC, &progress.begun);
    int result = db_copy(from, to, step, &progress, err);
    if (progress.shown)
        (void)fputs("\r\33[K", stderr);
    return result;
}

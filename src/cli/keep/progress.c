#include "cli/keep/progress.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/command/clock.h"

static volatile sig_atomic_t stopped;

static void stop(int signal) {
    stopped = signal;
}

struct progress {
    bool terminal; /* standard error is a terminal */
    bool shown;
    double begun; /* see clock_seconds */
};

static int step(void *context, int done, int total) {
    enum { WIDTH = 40 };
    static const char full[] = "########################################";
    struct progress *progress = context;
    double share = total > 0 ? (double)done / total : 1;
    int filled = (int)(share * WIDTH);
    _Static_assert(sizeof(full) == WIDTH + 1, "the bar is as wide as that");
    if (stopped)
        return -1;
    if (!progress->terminal || clock_seconds() - progress->begun < 0.5)
        return 0;
    (void)fprintf(stderr, "\r[%.*s%*s] %3.0f %%", filled, full, WIDTH - filled,
                  "", share * 100);
    progress->shown = true;
    return 0;
}

int progress_copy(struct db *from, struct db *to, struct err *err) {
    const struct sigaction action = {.sa_handler = stop};
    struct progress progress = {.terminal = isatty(STDERR_FILENO) == 1,
                                .begun = clock_seconds()};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGHUP, &action, NULL);
    int result = db_copy(from, to, step, &progress, err);
    if (progress.shown)
        (void)fputs("\r\33[K", stderr);
    return result;
}

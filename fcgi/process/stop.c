#include "process/stop.h"

#include <stddef.h>

static volatile sig_atomic_t requested;

static void request_stop(int signal) {
    (void)signal;
    requested = 1;
}

void stop_on_signals(sigset_t *waiting) {
    static const int signals[] = {SIGTERM, SIGUSR1, SIGINT};
    const size_t count = sizeof(signals) / sizeof(signals[0]);
    struct sigaction stop = {.sa_handler = request_stop};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t blocked;
    (void)sigemptyset(&blocked);
    for (size_t i = 0; i < count; i++) {
        (void)sigaction(signals[i], &stop, NULL);
        (void)sigaddset(&blocked, signals[i]);
    }
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)sigprocmask(SIG_BLOCK, &blocked, waiting);
    for (size_t i = 0; i < count; i++)
        (void)sigdelset(waiting, signals[i]);
}

bool stop_requested(void) {
    return requested != 0;
}

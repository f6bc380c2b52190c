#include "process/checkpointer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http/log.h"
#include "process/side_thread.h"
#include "store/checkpoint.h"

struct checkpointer {
    pthread_mutex_t mutex;
    pthread_cond_t work;
    pthread_cond_t over; /* the thread has stopped */
    pthread_t thread;
    bool started;
    bool wanted; /* until the checkpoint is done; the thread owns the rest */
    bool forget;
    bool stopping;
    bool stopped;
    struct checkpoint *checkpoint;
    struct err logged;
};

static void report_failure(struct checkpointer *checkpointer,
                           const struct err *err) {
    if (err->code != ERR_NONE &&
        strcmp(checkpointer->logged.message, err->message) != 0)
        log_error("the -wal file cannot be written back: %s; nothing is lost, "
                  "and the checkpoint is retried",
                  err->message);
    if (err->code == ERR_NONE && checkpointer->logged.code != ERR_NONE)
        log_note("the -wal file can be written back again");
    checkpointer->logged = *err;
}

static void close_checkpoint(struct checkpointer *checkpointer) {
    checkpoint_close(checkpointer->checkpoint);
    checkpointer->checkpoint = NULL;
    checkpointer->forget = false;
}

static void *run_thread(void *argument) {
    struct checkpointer *checkpointer = argument;
    side_thread_yield();
    (void)pthread_mutex_lock(&checkpointer->mutex);
    while (!checkpointer->stopping) {
        struct err err = {.code = ERR_NONE};
        if (!checkpointer->wanted) {
            (void)pthread_cond_wait(&checkpointer->work, &checkpointer->mutex);
            continue;
        }
        (void)pthread_mutex_unlock(&checkpointer->mutex);
        int result = checkpoint_run(checkpointer->checkpoint, &err);
        (void)pthread_mutex_lock(&checkpointer->mutex);
        if (result != 0)
            report_failure(checkpointer, &err);
        if (checkpointer->forget)
            close_checkpoint(checkpointer);
        checkpointer->wanted = false;
    }
    checkpointer->stopped = true;
    (void)pthread_cond_signal(&checkpointer->over);
    (void)pthread_mutex_unlock(&checkpointer->mutex);
    return NULL;
}

struct checkpointer *checkpointer_new(void) {
    struct checkpointer *checkpointer = calloc(1, sizeof(*checkpointer));
    if (!checkpointer)
        return NULL;
    (void)pthread_mutex_init(&checkpointer->mutex, NULL);
    (void)pthread_cond_init(&checkpointer->work, NULL);
    (void)pthread_cond_init(&checkpointer->over, NULL);
    return checkpointer;
}

static bool start_thread(struct checkpointer *checkpointer) {
    checkpointer->started =
        side_thread_start(&checkpointer->thread, run_thread, checkpointer) == 0;
    return checkpointer->started;
}

/* A lock of another responder is not a failure: the next commit tries again. */
static bool open_checkpoint(struct checkpointer *checkpointer,
                            struct store *store) {
    struct err err = {.code = ERR_NONE};
    if (checkpointer->checkpoint ||
        checkpoint_open(store, &checkpointer->checkpoint, &err) == 0)
        return true;
    if (err.code != ERR_BUSY)
        report_failure(checkpointer, &err);
    return false;
}

void checkpointer_follow(struct checkpointer *checkpointer,
                         struct store *store) {
    if (!checkpointer || !checkpoint_due(store))
        return;
    (void)pthread_mutex_lock(&checkpointer->mutex);
    if (!checkpointer->wanted && open_checkpoint(checkpointer, store) &&
        (checkpointer->started || start_thread(checkpointer))) {
        checkpointer->wanted = true;
        (void)pthread_cond_signal(&checkpointer->work);
    }
    (void)pthread_mutex_unlock(&checkpointer->mutex);
}

void checkpointer_forget(struct checkpointer *checkpointer) {
    if (!checkpointer)
        return;
    (void)pthread_mutex_lock(&checkpointer->mutex);
    if (checkpointer->wanted)
        checkpointer->forget = true;
    else
        close_checkpoint(checkpointer);
    (void)pthread_mutex_unlock(&checkpointer->mutex);
}

/* False if the thread does not stop in time. */
static bool stop_thread(struct checkpointer *checkpointer) {
    const struct timespec end = side_thread_deadline();
    int result = 0;
    (void)pthread_mutex_lock(&checkpointer->mutex);
    checkpointer->stopping = true;
    (void)pthread_cond_signal(&checkpointer->work);
    while (!checkpointer->stopped && result == 0)
        result = pthread_cond_timedwait(&checkpointer->over,
                                        &checkpointer->mutex, &end);
    (void)pthread_mutex_unlock(&checkpointer->mutex);
    return result == 0 && pthread_join(checkpointer->thread, NULL) == 0;
}

void checkpointer_free(struct checkpointer *checkpointer) {
    if (!checkpointer || (checkpointer->started && !stop_thread(checkpointer)))
        return;
    close_checkpoint(checkpointer);
    (void)pthread_mutex_destroy(&checkpointer->mutex);
    (void)pthread_cond_destroy(&checkpointer->work);
    (void)pthread_cond_destroy(&checkpointer->over);
    free(checkpointer);
}

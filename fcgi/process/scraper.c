#include "process/scraper.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "endpoints/scrape.h"
#include "process/service.h"

/* A reader that takes its time holds up one of them. */
enum { THREADS_MAX = 4 };

/* For how long it may, and while others wait for a thread: that is well within
 * the 10 s that Prometheus waits. */
static const double SEND_SECONDS = 15;
static const double SEND_SECONDS_CROWDED = 3;

/* Memory up to this size is kept for the next scrape, as to touch it for the
 * first time is a part of the work: it is enough for 100,000 series. */
enum { SPARE_MAX = 16 << 20 };

struct scraper {
    pthread_mutex_t mutex;
    struct strbuf spare;
    pthread_cond_t work;
    struct scrape_job *queue;
    struct scrape_job **queue_end;
    struct scrape_job *done;
    pthread_t threads[THREADS_MAX];
    size_t thread_count;
    size_t idle;
    bool stopping;
    void (*answer)(struct scrape_job *job);
    int notify_fd;
};

/* A thread's reader and the database that it reads. */
struct side {
    struct reader *reader;
    char *database;
    struct err told;
};

static void follow_config(struct side *side, const struct config *config) {
    if (side->database && strcmp(side->database, config->database) == 0)
        return;
    reader_close(side->reader);
    free(side->database);
    side->reader = NULL;
    side->database = strdup(config->database);
}

static struct strbuf take_spare(struct scraper *scraper) {
    (void)pthread_mutex_lock(&scraper->mutex);
    struct strbuf spare = scraper->spare;
    scraper->spare = (struct strbuf){0};
    (void)pthread_mutex_unlock(&scraper->mutex);
    return spare;
}

/* Takes the memory of buf, unless it is too much or there is some already. */
static void give_spare(struct scraper *scraper, struct strbuf *buf) {
    strbuf_reset(buf);
    (void)pthread_mutex_lock(&scraper->mutex);
    if (buf->size <= SPARE_MAX && !scraper->spare.data) {
        scraper->spare = *buf;
        *buf = (struct strbuf){0};
    }
    (void)pthread_mutex_unlock(&scraper->mutex);
    strbuf_free(buf);
}

static void run_job(struct scraper *scraper, struct side *side,
                    struct scrape_job *job) {
    double start = service_seconds();
    struct strbuf memory = take_spare(scraper);
    struct scrape scrape = {job->config,   job->format,
                            job->created,  job->reload_successful,
                            &side->reader, service_now_ms() / 1000,
                            &side->told,   &memory};
    follow_config(side, job->config);
    job->response = (struct response){.status = 0};
    scrape_run(&scrape, &job->response);
    job->seconds = service_seconds() - start;
    (void)pthread_mutex_lock(&scraper->mutex);
    job->sending = start + job->seconds;
    (void)pthread_mutex_unlock(&scraper->mutex);
    scraper->answer(job);
    if (job->response.pack) {
        memory = job->response.pack->parts;
        job->response.pack->parts = (struct strbuf){0};
    }
    give_spare(scraper, &memory);
    response_free(&job->response);
}

static struct scrape_job *next_job(struct scraper *scraper) {
    struct scrape_job *job;
    scraper->idle++;
    while (!scraper->queue && !scraper->stopping)
        (void)pthread_cond_wait(&scraper->work, &scraper->mutex);
    scraper->idle--;
    job = scraper->queue;
    if (job) {
        scraper->queue = job->next;
        if (!scraper->queue)
            scraper->queue_end = &scraper->queue;
    }
    return job;
}

static void *run_thread(void *argument) {
    const uint64_t one = 1;
    struct scraper *scraper = argument;
    struct side side = {.reader = NULL};
    /* A nice value is a thread's own on Linux: pushes go first. */
    (void)setpriority(PRIO_PROCESS, 0, 5);
    struct scrape_job *job;
    (void)pthread_mutex_lock(&scraper->mutex);
    while ((job = next_job(scraper))) {
        (void)pthread_mutex_unlock(&scraper->mutex);
        run_job(scraper, &side, job);
        (void)pthread_mutex_lock(&scraper->mutex);
        job->next = scraper->done;
        scraper->done = job;
        if (write(scraper->notify_fd, &one, sizeof(one)) < 0)
            continue; /* full: it wakes the loop all the same */
    }
    (void)pthread_mutex_unlock(&scraper->mutex);
    reader_close(side.reader);
    free(side.database);
    return NULL;
}

struct scraper *scraper_new(void (*answer)(struct scrape_job *job),
                            int notify_fd) {
    struct scraper *scraper = calloc(1, sizeof(*scraper));
    if (!scraper)
        return NULL;
    (void)pthread_mutex_init(&scraper->mutex, NULL);
    (void)pthread_cond_init(&scraper->work, NULL);
    scraper->queue_end = &scraper->queue;
    scraper->answer = answer;
    scraper->notify_fd = notify_fd;
    return scraper;
}

/* Signals are for the loop: SIGTERM to stop it, SIGALRM to end its wait for
 * the side lock. */
static void start_thread(struct scraper *scraper) {
    sigset_t all;
    sigset_t before;
    pthread_t *thread = &scraper->threads[scraper->thread_count];
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(thread, NULL, run_thread, scraper) == 0)
        scraper->thread_count++;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int scraper_submit(struct scraper *scraper, struct scrape_job *job) {
    int result = 0;
    (void)pthread_mutex_lock(&scraper->mutex);
    if (scraper->idle == 0 && scraper->thread_count < THREADS_MAX)
        start_thread(scraper);
    if (scraper->thread_count == 0) {
        result = -1;
    } else {
        job->next = NULL;
        *scraper->queue_end = job;
        scraper->queue_end = &job->next;
        (void)pthread_cond_signal(&scraper->work);
    }
    (void)pthread_mutex_unlock(&scraper->mutex);
    return result;
}

bool scraper_overdue(struct scraper *scraper, const struct scrape_job *job,
                     double now) {
    (void)pthread_mutex_lock(&scraper->mutex);
    double limit = scraper->queue ? SEND_SECONDS_CROWDED : SEND_SECONDS;
    bool overdue = job->sending > 0 && now - job->sending > limit;
    (void)pthread_mutex_unlock(&scraper->mutex);
    return overdue;
}

struct scrape_job *scraper_take_done(struct scraper *scraper) {
    (void)pthread_mutex_lock(&scraper->mutex);
    struct scrape_job *job = scraper->done;
    if (job)
        scraper->done = job->next;
    (void)pthread_mutex_unlock(&scraper->mutex);
    return job;
}

void scraper_free(struct scraper *scraper) {
    if (!scraper)
        return;
    (void)pthread_mutex_lock(&scraper->mutex);
    scraper->stopping = true;
    (void)pthread_cond_broadcast(&scraper->work);
    (void)pthread_mutex_unlock(&scraper->mutex);
    for (size_t i = 0; i < scraper->thread_count; i++)
        (void)pthread_join(scraper->threads[i], NULL);
    strbuf_free(&scraper->spare);
    (void)pthread_mutex_destroy(&scraper->mutex);
    (void)pthread_cond_destroy(&scraper->work);
    free(scraper);
}

#include "process/scraper.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "endpoints/scrape.h"
#include "process/service.h"
#include "process/side_thread.h"

/* A client that reads slowly blocks one of them. */
enum { THREADS_MAX = 4 };

/* The maximum number of threads for queries. */
enum { QUERIES_MAX = 2 };

/* The maximum number of jobs in the queue when a query is added; queries hold
 * their text. */
enum { WAITING_MAX = 100 };

/* The longest time to send a response, and the same while other jobs wait for a
 * thread; Prometheus times out after 10 s. */
static const double SEND_SECONDS = 15;
static const double SEND_SECONDS_CROWDED = 3;

/* The maximum memory to keep for the next scrape, in bytes, which saves its
 * page faults; enough for 100,000 series. */
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
    size_t queued;
    size_t queries; /* running */
    bool stopping;
    void (*answer)(struct scrape_job *job);
    int notify_fd;
};

/* A thread's reader and the database that it reads. */
struct side {
    struct reader *reader;
    char *database;
    struct err logged;
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

/* Keeps buf's memory as spare, unless it is too large or there is one already;
 * else frees it. */
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

static void run_scrape(const struct scrape_job *job, struct side *side,
                       struct strbuf *memory, struct response *response) {
    struct scrape scrape = {job->config,   job->format,
                            job->created,  job->reload_successful,
                            &side->reader, service_now_ms() / 1000,
                            &side->logged, memory};
    scrape_run(&scrape, response);
}

static void run_job(struct scraper *scraper, struct side *side,
                    struct scrape_job *job) {
    const struct query_run query = {job->query, job->config, &side->reader,
                                    service_seconds, &side->logged};
    double start = service_seconds();
    struct strbuf memory = {0};
    follow_config(side, job->config);
    if (job->query) {
        query_run(&query, &job->response);
    } else {
        memory = take_spare(scraper);
        run_scrape(job, side, &memory, &job->response);
    }
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

/* Removes the first job that may begin from the queue; NULL if there is
 * none. */
static struct scrape_job *take_job(struct scraper *scraper) {
    struct scrape_job **place = &scraper->queue;
    while (*place && (*place)->query && scraper->queries == QUERIES_MAX)
        place = &(*place)->next;
    struct scrape_job *job = *place;
    if (!job)
        return NULL;
    *place = job->next;
    if (!job->next)
        scraper->queue_end = place;
    scraper->queued--;
    scraper->queries += job->query != NULL;
    return job;
}

/* NULL when the threads are to end. */
static struct scrape_job *next_job(struct scraper *scraper) {
    struct scrape_job *job;
    scraper->idle++;
    while (!(job = take_job(scraper)) && !scraper->stopping)
        (void)pthread_cond_wait(&scraper->work, &scraper->mutex);
    scraper->idle--;
    return job;
}

static void *run_thread(void *argument) {
    const uint64_t one = 1;
    struct scraper *scraper = argument;
    struct side side = {.reader = NULL};
    side_thread_yield();
    struct scrape_job *job;
    (void)pthread_mutex_lock(&scraper->mutex);
    while ((job = next_job(scraper))) {
        (void)pthread_mutex_unlock(&scraper->mutex);
        run_job(scraper, &side, job);
        (void)pthread_mutex_lock(&scraper->mutex);
        scraper->queries -= job->query != NULL;
        job->next = scraper->done;
        scraper->done = job;
        if (write(scraper->notify_fd, &one, sizeof(one)) < 0)
            continue; /* full: the loop wakes anyway */
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

static void start_thread(struct scraper *scraper) {
    pthread_t *thread = &scraper->threads[scraper->thread_count];
    if (side_thread_start(thread, run_thread, scraper) == 0)
        scraper->thread_count++;
}

int scraper_submit(struct scraper *scraper, struct scrape_job *job) {
    int result = 0;
    (void)pthread_mutex_lock(&scraper->mutex);
    if (scraper->idle <= scraper->queued && scraper->thread_count < THREADS_MAX)
        start_thread(scraper);
    if (scraper->thread_count == 0 ||
        (job->query && scraper->queued >= WAITING_MAX)) {
        result = -1;
    } else {
        job->next = NULL;
        scraper->queued++;
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

#include "process/sql_runner.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "http/log.h"
#include "process/side_thread.h"
#include "store/db_outside.h"
#include "store/sql_claim.h"
#include "store/sql_outcome.h"

/* One running query, and threads that do not end. */
enum { RUNS_MAX = 4 };

/* How long after its timeout a run is given up; less than SQL_CLAIM_MARGIN. */
static const double PATIENCE_SECONDS = 5;

/* The longest interval between claims, also for a query that is due later: if a
 * result could not be committed, its claim expires and the query must run
 * again. */
static const double ASK_SECONDS = 60;

/* Pause after an error. */
static const double RETRY_SECONDS = 5;

struct run {
    struct sql_runner *runner; /* NULL: it has no thread */
    struct config *config;     /* of the query; held */
    const struct sql_query *query;
    double started_at; /* of the claim */
    double overdue;    /* when it will be given up, service_seconds */
    bool given_up;
    pthread_t thread;
    /* Owned by the thread until it has ended: */
    bool ended;
    double seconds;
    struct sql_rows rows;
    struct err err;
};

struct sql_runner {
    pthread_mutex_t mutex;
    pthread_cond_t over; /* a run has ended */
    bool stopping;
    int notify_fd;
    /* The loop owns the rest. */
    struct run *runs[RUNS_MAX];
    struct config *config; /* held */
    double *next;          /* by query: earliest next claim, Unix seconds */
    double asked;          /* last check of next, Unix seconds */
};

/* The process is ending. */
static atomic_bool ending;

/* --- a run ---------------------------------------------------------------- */

/* The clock of a run; makes every run time out once the process is ending. */
static double run_clock(void) {
    return atomic_load(&ending) ? INFINITY : service_seconds();
}

static void perform(struct run *run) {
    const struct config *config = run->config;
    const double start = service_seconds();
    (void)db_outside_run(run->query, config->database,
                         config->limits.label_value_bytes, run_clock,
                         &run->rows, &run->err);
    run->seconds = service_seconds() - start;
}

static void *run_thread(void *argument) {
    const uint64_t one = 1;
    struct run *run = argument;
    struct sql_runner *runner = run->runner;
    side_thread_yield();
    perform(run);
    (void)pthread_mutex_lock(&runner->mutex);
    run->ended = true;
    (void)pthread_cond_signal(&runner->over);
    if (!runner->stopping && write(runner->notify_fd, &one, sizeof(one)) < 0) {
        /* full: the loop wakes anyway */
    }
    (void)pthread_mutex_unlock(&runner->mutex);
    return NULL;
}

static bool has_ended(struct sql_runner *runner, const struct run *run) {
    (void)pthread_mutex_lock(&runner->mutex);
    const bool ended = run->ended;
    (void)pthread_mutex_unlock(&runner->mutex);
    return ended;
}

static void forget(struct run *run) {
    arena_free(&run->rows.arena);
    config_release(run->config);
}

/* --- the result of a run -------------------------------------------------- */

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_query(const struct sql_query *a, const struct sql_query *b) {
    if (strcmp(a->family->name, b->family->name) != 0 ||
        a->family->type != b->family->type || strcmp(a->sql, b->sql) != 0 ||
        !same_text(a->database, b->database) ||
        a->label_count != b->label_count)
        return false;
    for (size_t i = 0; i < a->label_count; i++)
        if (strcmp(a->labels[i], b->labels[i]) != 0)
            return false;
    return true;
}

/* The same query in the configuration in force; NULL if it is gone or
 * changed. */
static const struct sql_query *find_query(const struct config *config,
                                          const struct sql_query *query) {
    for (size_t i = 0; i < config->sql_queries.count; i++)
        if (same_query(&config->sql_queries.queries[i], query))
            return &config->sql_queries.queries[i];
    return NULL;
}

static void report_outcome(const struct sql_outcome *outcome) {
    switch (outcome->news) {
    case SQL_FAILED:
        log_error("%s; the query keeps its last values", outcome->err.message);
        break;
    case SQL_MENDED:
        log_note("query %s: works again", outcome->query->family->name);
        break;
    case SQL_NO_NEWS:
        break;
    }
}

/* A result that cannot be committed is lost: the claim expires, and the query
 * runs again. */
static void commit_run(struct service *service, const struct run *run,
                       double seconds, const struct err *why) {
    for (int attempt = 0; attempt < 2; attempt++) {
        struct err err = {.code = ERR_NONE};
        struct sql_outcome outcome = {
            .query = find_query(service->config, run->query),
            .started_at = run->started_at,
            .seconds = seconds,
            .rows = &run->rows,
            .err = *why,
            .series_max = service->config->limits.series};
        struct batch batch = {.sql_outcome = &outcome};
        struct batch *batches[SERVICE_BATCHES] = {&batch};
        if (!outcome.query)
            return;
        if (service_commit(service, batches, 1, false, &err) == 0) {
            report_outcome(&outcome);
            return;
        }
        if (err.code != ERR_STALE)
            return;
        service_reload(service, true);
    }
}

static void give_up(struct service *service, struct run *run) {
    struct err why = {.code = ERR_NONE};
    const char *database = run->query->database;
    (void)err_set(
        &why, ERR_DEADLINE,
        "query %.200s: the run has not ended %d s after its timeout: %s%.200s"
        " does not answer; is it on a network or on a failing disk?",
        run->query->family->name, (int)PATIENCE_SECONDS,
        database ? "" : "Tallyman's ", database ? database : "database");
    run->given_up = true;
    commit_run(service, run, run->query->timeout + PATIENCE_SECONDS, &why);
}

static void end_run(struct service *service, struct run *run) {
    (void)pthread_join(run->thread, NULL);
    if (!run->given_up)
        commit_run(service, run, run->seconds, &run->err);
    forget(run);
    free(run);
}

static void end_runs(struct sql_runner *runner, struct service *service) {
    const double now = service_seconds();
    for (size_t i = 0; i < RUNS_MAX; i++) {
        struct run *run = runner->runs[i];
        if (run && has_ended(runner, run)) {
            runner->runs[i] = NULL;
            end_run(service, run);
        } else if (run && !run->given_up && now > run->overdue) {
            give_up(service, run);
        }
    }
}

/* --- due queries ---------------------------------------------------------- */

static double unix_seconds(void) {
    return (double)service_now_ms() / 1000;
}

/* Makes all queries due after the clock was set back. */
static void follow_clock(struct sql_runner *runner) {
    const double now = unix_seconds();
    if (now < runner->asked)
        memset(runner->next, 0,
               runner->config->sql_queries.count * sizeof(*runner->next));
    runner->asked = now;
}

/* Returns false when memory ran out. */
static bool follow_config(struct sql_runner *runner, struct config *config) {
    if (runner->config == config)
        return true;
    free(runner->next);
    config_release(runner->config);
    runner->config = NULL;
    runner->next = calloc(config->sql_queries.count + 1, sizeof(*runner->next));
    if (!runner->next)
        return false;
    runner->config = config_hold(config);
    return true;
}

/* A free place; NULL if there is none or another query is running. */
static struct run **find_place(struct sql_runner *runner) {
    struct run **place = NULL;
    for (size_t i = 0; i < RUNS_MAX; i++) {
        if (!runner->runs[i])
            place = &runner->runs[i];
        else if (!runner->runs[i]->given_up)
            return NULL;
    }
    return place;
}

/* Whether a thread of the query has not ended: the next thread would not end,
 * either. */
static bool is_stuck(const struct sql_runner *runner,
                     const struct sql_query *query) {
    for (size_t i = 0; i < RUNS_MAX; i++)
        if (runner->runs[i] && same_query(runner->runs[i]->query, query))
            return true;
    return false;
}

/* Index of the query that is due for longest; the number of queries if none
 * is. */
static size_t find_due(const struct sql_runner *runner) {
    const struct sql_query_list *list = &runner->config->sql_queries;
    size_t found = list->count;
    for (size_t i = 0; i < list->count; i++)
        if (runner->next[i] <= runner->asked &&
            (found == list->count || runner->next[i] < runner->next[found]) &&
            !is_stuck(runner, &list->queries[i]))
            found = i;
    return found;
}

/* After a failure the query is due again when its claim expires. */
static void begin_run(struct sql_runner *runner, struct run **place,
                      const struct sql_query *query, double started_at) {
    struct run *run = calloc(1, sizeof(*run));
    if (!run)
        return;
    *run = (struct run){.runner = runner,
                        .config = config_hold(runner->config),
                        .query = query,
                        .started_at = started_at,
                        .overdue = service_seconds() + query->timeout +
                                   PATIENCE_SECONDS};
    *place = run;
    if (side_thread_start(&run->thread, run_thread, run) == 0)
        return;
    log_error("query %s: no thread can be started to run it",
              query->family->name);
    *place = NULL;
    forget(run);
    free(run);
}

/* Returns true if the caller should try the next query. */
static bool try_query(struct sql_runner *runner, struct service *service,
                      struct run **place, size_t index) {
    const struct sql_query *query = &runner->config->sql_queries.queries[index];
    struct sql_claim claim;
    const double now = runner->asked;
    runner->next[index] = now + RETRY_SECONDS;
    if (service_claim_query(service, query, &claim) != 0)
        return false;
    const bool claimed = claim.started_at > 0;
    runner->next[index] =
        now + fmin(claimed ? (double)query->every : claim.wait, ASK_SECONDS);
    if (claimed)
        begin_run(runner, place, query, claim.started_at);
    return !claimed;
}

void sql_runner_tick(struct sql_runner *runner, struct service *service) {
    struct run **place;
    size_t index;
    if (!runner)
        return;
    end_runs(runner, service);
    if (!follow_config(runner, service->config) ||
        !(place = find_place(runner)))
        return;
    follow_clock(runner);
    while ((index = find_due(runner)) < runner->config->sql_queries.count &&
           try_query(runner, service, place, index))
        continue;
}

/* --- beginning and end ---------------------------------------------------- */

struct sql_runner *sql_runner_new(int notify_fd) {
    struct sql_runner *runner = calloc(1, sizeof(*runner));
    if (!runner)
        return NULL;
    (void)pthread_mutex_init(&runner->mutex, NULL);
    (void)pthread_cond_init(&runner->over, NULL);
    runner->notify_fd = notify_fd;
    return runner;
}

static bool all_ended(const struct sql_runner *runner) {
    for (size_t i = 0; i < RUNS_MAX; i++)
        if (runner->runs[i] && !runner->runs[i]->ended)
            return false;
    return true;
}

/* False if a thread does not end, blocked by the file system: detaches it. */
static bool stop_threads(struct sql_runner *runner) {
    const struct timespec end = side_thread_deadline();
    int result = 0;
    atomic_store(&ending, true);
    (void)pthread_mutex_lock(&runner->mutex);
    runner->stopping = true;
    while (!all_ended(runner) && result == 0)
        result = pthread_cond_timedwait(&runner->over, &runner->mutex, &end);
    for (size_t i = 0; i < RUNS_MAX && result != 0; i++)
        if (runner->runs[i])
            (void)pthread_detach(runner->runs[i]->thread);
    (void)pthread_mutex_unlock(&runner->mutex);
    return result == 0;
}

void sql_runner_free(struct sql_runner *runner) {
    if (!runner || !stop_threads(runner))
        return;
    for (size_t i = 0; i < RUNS_MAX; i++) {
        if (!runner->runs[i])
            continue;
        (void)pthread_join(runner->runs[i]->thread, NULL);
        forget(runner->runs[i]);
        free(runner->runs[i]);
    }
    config_release(runner->config);
    free(runner->next);
    (void)pthread_mutex_destroy(&runner->mutex);
    (void)pthread_cond_destroy(&runner->over);
    free(runner);
}

void sql_runner_run_due(struct service *service) {
    const struct sql_query_list *list = &service->config->sql_queries;
    const size_t first =
        list->count > 0 ? (size_t)service_now_ms() % list->count : 0;
    for (size_t i = 0; i < list->count; i++) {
        struct run run = {.query = &list->queries[(first + i) % list->count]};
        struct sql_claim claim;
        if (service_claim_query(service, run.query, &claim) != 0)
            return;
        if (claim.started_at <= 0)
            continue;
        run.config = config_hold(service->config);
        run.started_at = claim.started_at;
        perform(&run);
        commit_run(service, &run, run.seconds, &run.err);
        forget(&run);
        return;
    }
}

/* scraper: runs scrapes and queries on side threads, so that pushes need not
 * wait. */
#ifndef TALLYMAN_PROCESS_SCRAPER_H
#define TALLYMAN_PROCESS_SCRAPER_H

#include <stdbool.h>

#include "config/config.h"
#include "endpoints/query_call.h"
#include "expose/exposition.h"
#include "http/response.h"

struct scraper;

/* One scrape or query. The caller sets the fields above the line and owns the
 * job, which must stay in place until scraper_take_done returns it. */
struct scrape_job {
    struct config *config;    /* held until the job is done */
    struct query_call *query; /* NULL: a scrape, with the next three fields */
    enum exposition_format format;
    bool created;
    bool reload_successful;
    void *context;            /* for the caller's use */
    struct response response; /* with headers that the endpoint has set */
    /* -- */
    double seconds; /* time to make the response */
    double sending; /* start of sending, service_seconds; 0 before */
    struct scrape_job *next;
};

/* answer sends a job's response, on the side thread; it may block. notify_fd,
 * an eventfd, is written whenever a job is done. NULL when memory ran out. */
struct scraper *scraper_new(void (*answer)(struct scrape_job *job),
                            int notify_fd);

/* Queues the job and starts a thread if needed. Queries get only some of the
 * threads, so that a scrape need not wait for a query. Returns -1 when no
 * thread could be started, or a query finds too many jobs waiting. */
int scraper_submit(struct scraper *scraper, struct scrape_job *job);

/* Whether the client takes too long to read the job's response; the limit is
 * shorter while other jobs wait for a thread. */
bool scraper_overdue(struct scraper *scraper, const struct scrape_job *job,
                     double now);

/* A job that is done, with its response freed; NULL if there is none. */
struct scrape_job *scraper_take_done(struct scraper *scraper);

/* Waits for all jobs and ends the threads. */
void scraper_free(struct scraper *scraper);

#endif

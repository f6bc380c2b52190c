/* scraper: side threads, on which scrapes hold up no push. */
#ifndef TALLYMAN_PROCESS_SCRAPER_H
#define TALLYMAN_PROCESS_SCRAPER_H

#include <stdbool.h>

#include "config/config.h"
#include "expose/exposition.h"
#include "http/response.h"

struct scraper;

/* One scrape. The caller sets the fields above the line and owns the job,
 * which must stay in place until scraper_take_done returns it. */
struct scrape_job {
    struct config *config; /* held until the job is done */
    enum exposition_format format;
    bool created;
    bool reload_successful;
    void *context; /* for the caller's use */
    /* -- */
    struct response response;
    double seconds; /* that it took to make the response */
    double sending; /* since when it is sent, see service_seconds; 0 before */
    struct scrape_job *next;
};

/* answer sends a job's response, on the side thread; it may block. notify_fd,
 * an eventfd, is written whenever a job is done. NULL when memory ran out. */
struct scraper *scraper_new(void (*answer)(struct scrape_job *job),
                            int notify_fd);

/* Queues the job; threads are started as they are needed. Returns -1 when none
 * could be. */
int scraper_submit(struct scraper *scraper, struct scrape_job *job);

/* The reader of the job's response takes too long, all the more so while other
 * scrapes wait for a thread. */
bool scraper_overdue(struct scraper *scraper, const struct scrape_job *job,
                     double now);

/* A job that is done, NULL without one. Its response has been freed. */
struct scrape_job *scraper_take_done(struct scraper *scraper);

/* Waits for the jobs that are under way and ends the threads. */
void scraper_free(struct scraper *scraper);

#endif

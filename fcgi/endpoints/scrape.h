/* scrape: the exposition of all families from one snapshot. */
#ifndef TALLYMAN_ENDPOINTS_SCRAPE_H
#define TALLYMAN_ENDPOINTS_SCRAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "expose/exposition.h"
#include "http/response.h"
#include "store/reader.h"

/* The inputs of a scrape, which may run on a side thread. */
struct scrape {
    const struct config *config;
    enum exposition_format format;
    bool created; /* OpenMetrics: with the birth times of the series */
    bool reload_successful;
    struct reader **reader; /* kept between scrapes, NULL before the first */
    int64_t now;            /* Unix seconds */
    struct err *logged;     /* the last logged failure, kept like the reader;
                             NULL: log none */
    struct strbuf *memory;  /* for the response's pack, which takes ownership;
                               NULL: none */
};

/* Sets the response to the exposition, or to 503 if the store cannot be read;
 * the reason is logged once. */
void scrape_run(const struct scrape *scrape, struct response *response);

#endif

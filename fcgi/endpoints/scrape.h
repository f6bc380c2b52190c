/* scrape: the exposition of all families from one snapshot. */
#ifndef TALLYMAN_ENDPOINTS_SCRAPE_H
#define TALLYMAN_ENDPOINTS_SCRAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "expose/exposition.h"
#include "http/response.h"
#include "store/reader.h"

/* What a scrape needs; it may run on a thread of its own. */
struct scrape {
    const struct config *config;
    enum exposition_format format;
    bool created; /* OpenMetrics: with the births of the series */
    bool reload_successful;
    struct reader **reader; /* kept between scrapes, NULL before the first */
    int64_t now;            /* Unix seconds */
    struct err *told;       /* what went wrong last, kept like the reader; NULL:
                               nobody is to be told */
    struct strbuf *memory;  /* for the parts of a pack, which take it; NULL:
                               there is none */
};

/* Sets the response to the exposition, or to 503 when the store cannot be
 * read; why is logged once. */
void scrape_run(const struct scrape *scrape, struct response *response);

#endif

/* scrape: the exposition of all families from one snapshot. */
#ifndef TALLYMAN_SCRAPE_H
#define TALLYMAN_SCRAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "exposition.h"
#include "response.h"
#include "store.h"

/* What a scrape needs; it may run on a thread of its own. */
struct scrape {
    const struct config *config;
    enum exposition_format format;
    bool reload_successful;
    struct reader **reader; /* kept between scrapes, NULL before the first */
    int64_t now;            /* Unix seconds */
};

/* Sets the response to the exposition, or to 503 when the store cannot be
 * read. */
void scrape_run(const struct scrape *scrape, struct response *response);

#endif

/* exchange: one request, what it pushes and its response. */
#ifndef TALLYMAN_ENDPOINTS_EXCHANGE_H
#define TALLYMAN_ENDPOINTS_EXCHANGE_H

#include <stdint.h>

#include "config/config.h"
#include "endpoints/endpoint.h"
#include "endpoints/refusal_log.h"
#include "endpoints/telemetry.h"
#include "expose/exposition.h"
#include "http/request.h"
#include "http/response.h"
#include "metrics/batch.h"
#include "metrics/pushed.h"

enum exchange_state {
    EXCHANGE_ANSWERED, /* the response is ready */
    EXCHANGE_COMMIT,   /* the batch must be committed first */
    EXCHANGE_SCRAPE    /* the response is the scrape */
};

/* A zeroed struct is an empty exchange. */
struct exchange {
    struct request request;
    struct response response;
    struct pushed pushed; /* what the batch was made of, in some endpoints */
    struct batch batch;
    const char *line;        /* to be logged after the commit, with its line
                                feed, in the batch's arena; or NULL */
    int status_if_committed; /* in endpoints where it is not always the same */
    enum exchange_state state;
    enum exposition_format format; /* of the scrape */
    bool created;                  /* likewise: with the births of the series */
    const struct endpoint *endpoint; /* NULL when there is none */
    bool below;                      /* the path goes on below the endpoint's */
    char allow[64]; /* the methods of all endpoints of the path, where none of
                       them takes the method of the request */
};

/* The configuration and the counters that an endpoint is given. */
struct endpoint_context {
    const struct config *config;
    struct telemetry *telemetry;
    int64_t now_ms;   /* Unix milliseconds */
    int64_t start_ms; /* likewise: when the process began */
    struct refusal_log *refusals;
};

/* Answers 503 with Retry-After. */
void exchange_unavailable(struct exchange *exchange, const char *reason);

/* The endpoint takes the method. Otherwise answers 405 with Allow. */
bool exchange_takes(struct exchange *exchange);

/* What is asked for is a read with the token of `scrape_token_file`, if there
 * is one, and see trust_host. Otherwise answers 405, 401 or 403. */
bool exchange_may_scrape(struct exchange *exchange,
                         const struct endpoint_context *context);

void exchange_reset(struct exchange *exchange);
void exchange_free(struct exchange *exchange);

#endif

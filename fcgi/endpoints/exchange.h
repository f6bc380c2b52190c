/* exchange: one request, its push and its response. */
#ifndef TALLYMAN_ENDPOINTS_EXCHANGE_H
#define TALLYMAN_ENDPOINTS_EXCHANGE_H

#include <stdint.h>

#include "config/config.h"
#include "endpoints/endpoint.h"
#include "endpoints/query_call.h"
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
    EXCHANGE_SCRAPE,   /* the scrape must be run first */
    EXCHANGE_QUERY     /* the query must be run first */
};

/* A zeroed struct is an empty exchange. */
struct exchange {
    struct request request;
    struct response response;
    struct pushed pushed; /* source of the batch, in some endpoints */
    struct batch batch;
    const char *line;        /* to log after the commit, with its line feed,
                                in the batch's arena; or NULL */
    int status_if_committed; /* in endpoints where it varies */
    enum exchange_state state;
    enum exposition_format format; /* of the scrape */
    bool created;                  /* the scrape has the series' birth times */
    struct query_call *query;      /* to answer, or NULL */
    const struct endpoint *endpoint; /* NULL: no endpoint has the path */
    bool below;     /* the path is longer than the endpoint's own */
    char allow[64]; /* methods of all endpoints of the path, if none of them
                       takes the request's method */
};

/* Configuration and counters for an endpoint. */
struct endpoint_context {
    const struct config *config;
    struct telemetry *telemetry;
    int64_t now_ms;   /* Unix milliseconds */
    int64_t start_ms; /* Unix milliseconds: start of the process */
    struct refusal_log *refusals;
};

/* Answers 503 with Retry-After. */
void exchange_unavailable(struct exchange *exchange, const char *reason);

/* Discards the response so far and answers 503 with Retry-After; for requests
 * that push nothing. */
void exchange_no_memory(struct exchange *exchange);

/* Whether the endpoint takes the method; if not, answers 405 with Allow. */
bool exchange_takes(struct exchange *exchange);

/* Whether the request may scrape: it needs the token of `scrape_token_file`, if
 * that is set, and a host that trust_host accepts. If not, answers 405, 401 or
 * 403. */
bool exchange_may_scrape(struct exchange *exchange,
                         const struct endpoint_context *context);

void exchange_reset(struct exchange *exchange);
void exchange_free(struct exchange *exchange);

#endif

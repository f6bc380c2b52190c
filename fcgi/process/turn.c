#include "process/turn.h"

#include "endpoints/route.h"

_Static_assert((int)TURN_MAX < (int)SERVICE_BATCHES,
               "room for telemetry after a full turn");

static struct endpoint_context context_of(struct service *service) {
    return (struct endpoint_context){service->config, &service->telemetry,
                                     service_now_ms(), service->start_ms,
                                     &service->refusals};
}

/* Whether the exchange can be answered without a commit. */
static bool nothing_to_write(const struct service *service,
                             const struct exchange *exchange) {
    return exchange->endpoint->probe ? service_just_tried(service)
                                     : batch_is_empty(&exchange->batch);
}

static void explain(struct exchange *exchange) {
    if (exchange->endpoint->explain && exchange->response.status >= 400)
        exchange->endpoint->explain(exchange);
}

void turn_refuse_read(struct exchange *exchange, const char *reason) {
    response_set(&exchange->response, 503, "the %s failed: %s",
                 exchange->state == EXCHANGE_QUERY ? "query" : "scrape",
                 reason);
    response_add_header(&exchange->response, "Retry-After", "1");
    exchange->state = EXCHANGE_ANSWERED;
    explain(exchange);
}

/* The answer is known without a commit. */
static void answer_now(const struct service *service, struct exchange *exchange,
                       const struct endpoint_context *context) {
    const struct err *err = &service->store_err;
    exchange->state = EXCHANGE_ANSWERED;
    if (exchange->endpoint->probe && err->code != ERR_NONE)
        exchange->endpoint->refused(exchange, context, err->message);
    else
        exchange->endpoint->committed(exchange, context);
}

static void enter_endpoint(const struct service *service,
                           struct exchange *exchange,
                           const struct endpoint_context *context) {
    exchange->endpoint->handle(exchange, context);
    if (exchange->state == EXCHANGE_COMMIT &&
        nothing_to_write(service, exchange))
        answer_now(service, exchange, context);
    if (exchange->state == EXCHANGE_ANSWERED)
        explain(exchange);
}

void turn_enter(struct service *service, struct exchange *exchange) {
    struct endpoint_context context = context_of(service);
    if (!route_find(exchange, context.config))
        return;
    if (service_exposes_database(service, &exchange->request))
        response_set(&exchange->response, 500,
                     "the database lies below the web root; the error log "
                     "says how to fix it");
    else
        enter_endpoint(service, exchange, &context);
}

/* Passes the request to its endpoint again, with the new configuration. */
static void enter_again(struct service *service, struct exchange *exchange) {
    query_call_free(exchange->query);
    exchange->query = NULL;
    exchange->state = EXCHANGE_ANSWERED;
    response_reset(&exchange->response);
    turn_enter(service, exchange);
}

void turn_check_read(struct service *service, const struct config *entered,
                     struct exchange *exchange) {
    struct err err = {.code = ERR_NONE};
    if (service_check_store(service, &err) != 0)
        turn_refuse_read(exchange, err.message);
    else if (service->config != entered)
        enter_again(service, exchange);
}

/* Commits the batches of the exchanges that are EXCHANGE_COMMIT. */
static int commit(struct service *service, struct exchange *const *exchanges,
                  size_t count, struct err *err) {
    struct batch *batches[SERVICE_BATCHES];
    size_t batch_count = 0;
    bool touch = false;
    for (size_t i = 0; i < count; i++) {
        if (exchanges[i]->state != EXCHANGE_COMMIT)
            continue;
        batches[batch_count++] = &exchanges[i]->batch;
        touch = touch || exchanges[i]->endpoint->probe;
    }
    if (batch_count == 0)
        return 0;
    return service_commit(service, batches, batch_count, touch, err);
}

/* Another responder has redefined families: reloads the configuration and
 * parses the pushes again. */
static void parse_again(struct service *service,
                        struct exchange *const *exchanges, size_t count) {
    service_reload(service, true);
    struct endpoint_context context = context_of(service);
    for (size_t i = 0; i < count; i++) {
        struct exchange *exchange = exchanges[i];
        exchange->state = EXCHANGE_ANSWERED;
        response_reset(&exchange->response);
        batch_reset(&exchange->batch);
        enter_endpoint(service, exchange, &context);
    }
}

static void answer(struct exchange *exchange,
                   const struct endpoint_context *context, int result,
                   const struct err *err) {
    if (exchange->state != EXCHANGE_COMMIT)
        return;
    exchange->state = EXCHANGE_ANSWERED;
    bool committed = result == 0 ||
                     (err->code == ERR_UNSYNCED && !exchange->endpoint->probe);
    if (committed)
        exchange->endpoint->committed(exchange, context);
    if (committed && result != 0 && exchange->response.status < 300)
        response_set(&exchange->response, 500,
                     "%s; a repeat counts twice, unless the push has a batch "
                     "id or running totals",
                     err->message);
    if (!committed)
        exchange->endpoint->refused(exchange, context, err->message);
    explain(exchange);
}

void turn_commit(struct service *service, struct exchange *const *exchanges,
                 size_t count) {
    struct err err = {.code = ERR_NONE};
    int result = commit(service, exchanges, count, &err);
    if (result != 0 && err.code == ERR_STALE) {
        parse_again(service, exchanges, count);
        result = commit(service, exchanges, count, &err);
    }
    struct endpoint_context context = context_of(service);
    for (size_t i = 0; i < count; i++)
        answer(exchanges[i], &context, result, &err);
    telemetry_observe(&service->telemetry, TIMER_TURN_REQUESTS, (double)count);
}

#include "turn.h"

#include "route.h"

_Static_assert((int)TURN_MAX < (int)SERVICE_BATCHES,
               "there is room for the telemetry beside a full turn");

static struct door_context context_of(struct service *service) {
    return (struct door_context){service->config, &service->telemetry,
                                 service_now_ms()};
}

static void enter_door(struct service *service, struct exchange *exchange,
                       const struct door_context *context) {
    exchange->door = route_find(exchange, context->config);
    if (!exchange->door)
        return;
    if (service_exposes_database(service, &exchange->request))
        response_set(&exchange->response, 500,
                     "the database lies below the web root; the error log "
                     "says how to mend it");
    else
        exchange->door->handle(exchange, context);
}

/* The exchanges that wait for a commit, and what of them is written. */
struct waiting {
    struct exchange *exchanges[TURN_MAX];
    size_t count;
    struct batch *batches[SERVICE_BATCHES];
    size_t batch_count;
    bool touch;
};

static struct waiting collect(struct exchange *const *exchanges, size_t count) {
    struct waiting waiting = {.count = 0};
    for (size_t i = 0; i < count; i++) {
        struct exchange *exchange = exchanges[i];
        if (exchange->state != EXCHANGE_COMMIT)
            continue;
        waiting.exchanges[waiting.count++] = exchange;
        waiting.touch = waiting.touch || exchange->door == &door_ready;
        if (exchange->batch.count > 0 || exchange->batch.has_id)
            waiting.batches[waiting.batch_count++] = &exchange->batch;
    }
    return waiting;
}

static int commit_waiting(struct service *service, struct waiting *waiting,
                          struct err *err) {
    if (waiting->batch_count == 0 && !waiting->touch)
        return 0;
    return service_commit(service, waiting->batches, waiting->batch_count,
                          waiting->touch, err);
}

static void answer(struct service *service, const struct waiting *waiting,
                   int result, const struct err *err) {
    struct door_context context = context_of(service);
    for (size_t i = 0; i < waiting->count; i++) {
        struct exchange *exchange = waiting->exchanges[i];
        exchange->state = EXCHANGE_ANSWERED;
        if (result == 0)
            exchange->door->committed(exchange, &context);
        else
            exchange->door->refused(exchange, &context, err->message);
    }
}

/* Another responder has redefined families: what was parsed with the old ones
 * is parsed again with the new. */
static struct waiting parse_again(struct service *service,
                                  struct exchange *const *exchanges,
                                  size_t count) {
    service_reload(service, true);
    struct door_context context = context_of(service);
    for (size_t i = 0; i < count; i++) {
        struct exchange *exchange = exchanges[i];
        if (exchange->state != EXCHANGE_COMMIT)
            continue;
        exchange->state = EXCHANGE_ANSWERED;
        response_reset(&exchange->response);
        batch_reset(&exchange->batch);
        exchange->door->handle(exchange, &context);
    }
    return collect(exchanges, count);
}

void turn_run(struct service *service, struct exchange *const *exchanges,
              size_t count) {
    struct err err = {.code = ERR_NONE};
    struct door_context context = context_of(service);
    for (size_t i = 0; i < count; i++)
        enter_door(service, exchanges[i], &context);
    struct waiting waiting = collect(exchanges, count);
    if (waiting.count == 0)
        return;
    int result = commit_waiting(service, &waiting, &err);
    if (result != 0 && err.code == ERR_STALE) {
        waiting = parse_again(service, exchanges, count);
        result = commit_waiting(service, &waiting, &err);
    }
    answer(service, &waiting, result, &err);
    telemetry_observe(&service->telemetry, TIMER_TURN_REQUESTS, (double)count);
}

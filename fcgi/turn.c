#include "turn.h"

#include <string.h>

#include "batch_id.h"
#include "log.h"
#include "route.h"

/* How long telemetry may wait for a turn to ride along with: under load it is
 * a small part of the commits only. */
static const double TELEMETRY_SECONDS = 0.2;

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

static bool telemetry_due(const struct service *service) {
    return service->telemetry.pending &&
           (turn_telemetry_due(service) <= 0 ||
            telemetry_crowded(&service->telemetry));
}

static struct store_clock clock_of(const struct service *service) {
    const int64_t hour = 3600000;
    int64_t now = service_now_ms();
    struct store_clock clock = {.now = now / 1000};
    batch_id_lowest(now - service->config->limits.batch_id_hours * hour,
                    clock.batch_horizon);
    return clock;
}

/* Commits the batches, with the telemetry where it is due. */
static int commit(struct service *service, struct batch **batches, size_t count,
                  bool touch, bool with_telemetry, struct err *err) {
    struct batch telemetry = {0};
    struct store_clock clock = clock_of(service);
    double start = service_seconds();
    int result = -1;
    if (with_telemetry) {
        if (telemetry_fill(&service->telemetry, &service->config->registry,
                           &telemetry) != 0) {
            (void)err_set(err, ERR_MEMORY, "out of memory");
            goto out;
        }
        batches[count++] = &telemetry;
    }
    result = store_commit(service->store, batches, count, touch, &clock, err);
    if (result == 0 && with_telemetry) {
        telemetry_clear(&service->telemetry);
        service->telemetry_at = service_seconds();
    }
    if (result == 0)
        telemetry_observe(&service->telemetry, TIMER_COMMIT,
                          service_seconds() - start);
out:
    batch_free(&telemetry);
    return result;
}

/* The exchanges that wait for a commit, and what of them is written. */
struct waiting {
    struct exchange *exchanges[TURN_MAX];
    size_t count;
    struct batch *batches[TURN_MAX + 1]; /* one more for the telemetry */
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
    if (service_ensure_store(service) != 0) {
        *err = service->store_err;
        return -1;
    }
    return commit(service, waiting->batches, waiting->batch_count,
                  waiting->touch, telemetry_due(service), err);
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
    if (result != 0)
        service_store_failed(service, &err);
    else if (waiting.batch_count > 0 || waiting.touch)
        service_store_works(service);
    answer(service, &waiting, result, &err);
    telemetry_observe(&service->telemetry, TIMER_TURN_REQUESTS, (double)count);
}

double turn_telemetry_due(const struct service *service) {
    if (!service->telemetry.pending)
        return -1;
    double due = service->telemetry_at + TELEMETRY_SECONDS - service_seconds();
    return due > 0 ? due : 0;
}

void turn_commit_telemetry(struct service *service) {
    struct err err = {.code = ERR_NONE};
    struct batch *batches[1];
    if (!service->telemetry.pending || !service->store)
        return;
    if (commit(service, batches, 0, false, true, &err) == 0) {
        /* Its own commit time rides along with the next turn. */
        service->telemetry.pending = false;
        return;
    }
    service->telemetry_at = service_seconds();
    if (err.code != ERR_STALE)
        service_store_failed(service, &err);
}

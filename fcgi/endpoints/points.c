#include "endpoints/points.h"

#include <stdio.h>
#include <string.h>

#include "base/hmac.h"
#include "endpoints/push_request.h"
#include "ingest/admit.h"

/* The longest Idempotency-Key, in bytes; a UUID has 36. */
enum { KEY_MAX = 256 };

static bool check_media_type(struct exchange *exchange,
                             const struct endpoint_context *context,
                             const struct points_format *format) {
    if (request_media_type_is(&exchange->request, format->types))
        return true;
    push_reject(exchange, context, PUSH_MEDIA_TYPE, 415,
                "Content-Type must be %s", format->wanted);
    return false;
}

/* A wrong token is refused, not ignored: its sender expects more rights. */
static bool check_trust(struct exchange *exchange,
                        const struct endpoint_context *context,
                        const struct points_format *format,
                        struct trust *trust) {
    const struct request *request = &exchange->request;
    struct request asked = *request;
    if (format->public_key)
        asked.api_key = "";
    *trust = trust_of(&asked, context->config);
    bool sent = *asked.authorization != '\0' || *asked.api_key != '\0';
    if (trust->trusted || !sent)
        return true;
    push_reject_untrusted(exchange, context, trust);
    return false;
}

/* The stored hash covers the endpoint and whether the sender is trusted: other
 * senders cannot use up a program's key. */
static bool set_key(struct exchange *exchange,
                    const struct endpoint_context *context,
                    const struct trust *trust) {
    const char *key = exchange->request.idempotency_key;
    size_t len = strlen(key);
    if (len == 0)
        return true;
    if (len > KEY_MAX) {
        push_reject(exchange, context, PUSH_BATCH_ID, 400,
                    "Idempotency-Key has %zu bytes, must have at most %d", len,
                    KEY_MAX);
        return false;
    }
    char of[64];
    int of_len = snprintf(of, sizeof(of), "%s%s", exchange->endpoint->path,
                          trust->trusted ? "+" : "");
    hmac(of, (size_t)of_len, key, len, exchange->batch.key,
         sizeof(exchange->batch.key));
    exchange->batch.has_key = true;
    return true;
}

static bool read_points(struct exchange *exchange,
                        const struct endpoint_context *context,
                        const struct points_format *format,
                        const struct trust *trust) {
    struct err err = {.code = ERR_NONE};
    size_t max = (size_t)context->config->limits.samples_per_push;
    struct points points = {.out = &exchange->pushed,
                            .batch = &exchange->batch,
                            .left = trust->trusted ? SIZE_MAX : max,
                            .max = max};
    pushed_reset(&exchange->pushed);
    if (format->read(exchange, context, &points, &err) == 0)
        return true;
    push_reject_err(exchange, context, PUSH_MALFORMED, &err);
    return false;
}

static void take(struct exchange *exchange,
                 const struct endpoint_context *context,
                 const struct points_format *format,
                 const struct trust *trust) {
    struct err err = {.code = ERR_NONE};
    const struct admission admission = {.config = context->config,
                                        .families = trust->families,
                                        .alone = true,
                                        .discreet = format->discreet,
                                        .anybody = !trust->trusted};
    if (admit(&exchange->pushed, &admission, &exchange->batch, &err) != 0) {
        push_unavailable(exchange, context, err.message);
        return;
    }
    push_trace(exchange, context);
    exchange->state = EXCHANGE_COMMIT;
}

void points_handle(struct exchange *exchange,
                   const struct endpoint_context *context) {
    const struct points_format *format = exchange->endpoint->points;
    struct trust trust;
    if (!push_origin(exchange, context) || !push_method(exchange, context) ||
        !check_media_type(exchange, context, format) ||
        !check_trust(exchange, context, format, &trust) ||
        (format->permit && !format->permit(exchange, context)))
        return;
    if (push_opted_out(exchange, context))
        format->reply(exchange);
    else if (push_body(exchange, context) &&
             set_key(exchange, context, &trust) &&
             read_points(exchange, context, format, &trust))
        take(exchange, context, format, &trust);
}

/* Counts every point of a push as refused that the store refused as a whole. */
static void reject_all(struct batch *batch) {
    batch_reject(batch, batch->refusal, batch_points(batch), "", 0, NULL,
                 batch->why.message);
    batch->count = 0;
    batch->refused = false;
}

void points_committed(struct exchange *exchange,
                      const struct endpoint_context *context) {
    struct batch *batch = &exchange->batch;
    if (batch->refused && batch->refusal == REJECT_NOT_STORED) {
        push_not_stored(exchange, context);
        return;
    }
    if (batch->refused)
        reject_all(batch);
    push_count(exchange, context);
    exchange->endpoint->points->reply(exchange);
}

#include "endpoints/push_request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/gzip.h"
#include "endpoints/trust.h"
#include "http/cors.h"

static void count_reject(const struct endpoint_context *context,
                         enum push_endpoint endpoint, enum push_reject reason) {
    context->telemetry->pushes_rejected[endpoint][reason]++;
    context->telemetry->pending = true;
}

void push_reject(struct exchange *exchange,
                 const struct endpoint_context *context,
                 enum push_endpoint endpoint, enum push_reject reason,
                 int status, const char *format, ...) {
    char message[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    count_reject(context, endpoint, reason);
    response_set(&exchange->response, status, "%s", message);
}

void push_reject_err(struct exchange *exchange,
                     const struct endpoint_context *context,
                     enum push_endpoint endpoint, enum push_reject reason,
                     const struct err *err) {
    if (err->line > 0)
        push_reject(exchange, context, endpoint, reason, 400,
                    "line %u, column %u: %s", err->line, err->column,
                    err->message);
    else
        push_reject(exchange, context, endpoint, reason, 400, "%s",
                    err->message);
}

void push_reject_method(struct exchange *exchange,
                        const struct endpoint_context *context,
                        enum push_endpoint endpoint) {
    count_reject(context, endpoint, PUSH_METHOD);
    exchange_wrong_method(exchange);
}

bool push_origin(struct exchange *exchange,
                 const struct endpoint_context *context,
                 enum push_endpoint endpoint) {
    const struct request *request = &exchange->request;
    if (!cors_allow(context->config, request, &exchange->response)) {
        push_reject(exchange, context, endpoint, PUSH_ORIGIN, 403,
                    "origin %.100s may not push here; list it under "
                    "`origins` in the configuration",
                    request->origin);
        return false;
    }
    /* A page that may push anyway gains nothing by another name. */
    if (!cors_listed(context->config, request->origin) &&
        !trust_host(request, context->config, true)) {
        push_reject(exchange, context, endpoint, PUSH_ORIGIN, 403, TRUST_HOST,
                    request->host);
        return false;
    }
    if (strcmp(request->method, "OPTIONS") != 0)
        return true;
    cors_preflight(&exchange->response);
    return false;
}

static void reject_too_large(struct exchange *exchange,
                             const struct endpoint_context *context,
                             enum push_endpoint endpoint,
                             const struct body_limit *limit) {
    push_reject(exchange, context, endpoint, PUSH_TOO_LARGE, 413,
                "the body has more than %lld bytes (limits.%s), must be "
                "smaller",
                limit->bytes, limit->key);
}

/* Inflates the body where it says that it is gzip. */
static bool decode_body(struct exchange *exchange,
                        const struct endpoint_context *context,
                        enum push_endpoint endpoint,
                        const struct body_limit *limit) {
    struct request *request = &exchange->request;
    struct strbuf plain = {0};
    struct err err = {.code = ERR_NONE};
    const char *encoding = request->content_encoding;
    if (*encoding == '\0' || strcasecmp(encoding, "identity") == 0)
        return true;
    if (strcasecmp(encoding, "gzip") != 0 &&
        strcasecmp(encoding, "x-gzip") != 0) {
        push_reject(exchange, context, endpoint, PUSH_ENCODING, 415,
                    "Content-Encoding must be gzip or left out");
        return false;
    }
    /* Nothing at all is no gzip, and still nothing. */
    if (request->body.len == 0) {
        request->content_encoding = "";
        return true;
    }
    int result = gzip_inflate(request->body.data, request->body.len,
                              (size_t)limit->bytes, &plain, &err);
    if (result == 0) {
        strbuf_free(&request->body);
        request->body = plain;
        request->content_encoding = "";
        return true;
    }
    strbuf_free(&plain);
    if (err.code == ERR_LIMIT)
        reject_too_large(exchange, context, endpoint, limit);
    else if (err.code == ERR_MEMORY)
        push_unavailable(exchange, context, endpoint, err.message);
    else
        push_reject_err(exchange, context, endpoint, PUSH_MALFORMED, &err);
    return false;
}

bool push_body(struct exchange *exchange,
               const struct endpoint_context *context,
               enum push_endpoint endpoint, const struct body_limit *limit) {
    const struct request *request = &exchange->request;
    if (request->body.failed) {
        push_unavailable(exchange, context, endpoint, "out of memory");
        return false;
    }
    if (request->too_large || request->body.len > (size_t)limit->bytes) {
        reject_too_large(exchange, context, endpoint, limit);
        return false;
    }
    if (request_cut_short(request)) {
        push_reject(exchange, context, endpoint, PUSH_MALFORMED, 400,
                    "the body is shorter than its Content-Length");
        return false;
    }
    return decode_body(exchange, context, endpoint, limit);
}

bool push_json(struct exchange *exchange,
               const struct endpoint_context *context,
               enum push_endpoint endpoint) {
    static const char *const types[] = {"application/json", "text/plain", "",
                                        NULL};
    const struct body_limit limit = {context->config->limits.body_bytes,
                                     "body_bytes"};
    if (strcmp(exchange->request.method, "POST") != 0) {
        push_reject_method(exchange, context, endpoint);
        return false;
    }
    if (!request_media_type_is(&exchange->request, types)) {
        push_reject(exchange, context, endpoint, PUSH_MEDIA_TYPE, 415,
                    "Content-Type must be application/json or text/plain");
        return false;
    }
    return push_body(exchange, context, endpoint, &limit);
}

void push_count(const struct exchange *exchange,
                const struct endpoint_context *context,
                enum push_endpoint endpoint) {
    struct telemetry *telemetry = context->telemetry;
    const struct batch *batch = &exchange->batch;
    telemetry->pending = true;
    if (batch->repeated) {
        telemetry->pushes[endpoint][PUSH_REPEATED]++;
        return;
    }
    telemetry->pushes[endpoint][PUSH_ACCEPTED]++;
    telemetry->samples[endpoint] += batch->count;
    for (int i = 0; i < REJECT_REASONS; i++)
        telemetry->samples_rejected[endpoint][i] += batch->rejected[i];
    refusal_log_add(context->refusals, batch, &context->config->registry,
                    context->now_ms);
}

void push_not_stored(struct exchange *exchange,
                     const struct endpoint_context *context,
                     enum push_endpoint endpoint) {
    const struct batch *batch = &exchange->batch;
    size_t samples = batch->count + (batch->session != NULL);
    context->telemetry->samples_rejected[endpoint][batch->refusal] += samples;
    if (batch->why.code == ERR_MEMORY || batch->why.code == ERR_CORRUPT)
        push_unavailable(exchange, context, endpoint, batch->why.message);
    else
        push_reject(exchange, context, endpoint, PUSH_REFUSED, 500,
                    "the store fails with this push and not without it: %s; "
                    "nothing was counted",
                    batch->why.message);
}

void push_unavailable(struct exchange *exchange,
                      const struct endpoint_context *context,
                      enum push_endpoint endpoint, const char *reason) {
    count_reject(context, endpoint, PUSH_UNAVAILABLE);
    exchange_unavailable(exchange, reason);
}

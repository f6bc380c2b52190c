#include "endpoints/push_request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/guide.h"
#include "base/gzip.h"
#include "base/traceparent.h"
#include "http/cors.h"

/* The endpoint's counters, for a change: marks the telemetry as pending. */
static struct push_counts *counts_of(const struct exchange *exchange,
                                     const struct endpoint_context *context) {
    context->telemetry->pending = true;
    return &context->telemetry->endpoints[exchange->endpoint->id];
}

static void count_reject(const struct exchange *exchange,
                         const struct endpoint_context *context,
                         enum push_reject reason) {
    counts_of(exchange, context)->pushes_rejected[reason]++;
}

void push_reject(struct exchange *exchange,
                 const struct endpoint_context *context,
                 enum push_reject reason, int status, const char *format, ...) {
    char message[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    count_reject(exchange, context, reason);
    response_set(&exchange->response, status, "%s", message);
}

void push_reject_err(struct exchange *exchange,
                     const struct endpoint_context *context,
                     enum push_reject reason, const struct err *err) {
    if (err->code == ERR_MEMORY)
        push_unavailable(exchange, context, err->message);
    else if (err->line > 0)
        push_reject(exchange, context, reason, 400, "line %u, column %u: %s",
                    err->line, err->column, err->message);
    else
        push_reject(exchange, context, reason, 400, "%s", err->message);
}

void push_reject_untrusted(struct exchange *exchange,
                           const struct endpoint_context *context,
                           const struct trust *trust) {
    push_reject(exchange, context,
                trust->status == 403 ? PUSH_ORIGIN : PUSH_UNAUTHORIZED,
                trust->status, "%s" SEE GUIDE_TRUST, trust->why);
    if (trust->status == 401)
        response_add_header(
            &exchange->response, "WWW-Authenticate",
            "Basic realm=\"tallyman\", Bearer realm=\"tallyman\"");
}

bool push_method(struct exchange *exchange,
                 const struct endpoint_context *context) {
    if (exchange_takes(exchange))
        return true;
    count_reject(exchange, context, PUSH_METHOD);
    return false;
}

bool push_origin(struct exchange *exchange,
                 const struct endpoint_context *context) {
    const struct request *request = &exchange->request;
    if (!cors_allow(context->config, request, &exchange->response)) {
        push_reject(exchange, context, PUSH_ORIGIN, 403,
                    "origin %.100s may not push here; list it under "
                    "`origins` in the configuration" SEE GUIDE_PAGES,
                    request->origin);
        return false;
    }
    /* A listed origin may push under any host name. */
    if (!cors_listed(context->config, request->origin) &&
        !trust_host(request, context->config, true)) {
        push_reject(exchange, context, PUSH_ORIGIN, 403, TRUST_HOST,
                    request->host);
        return false;
    }
    if (strcmp(request->method, "OPTIONS") != 0)
        return true;
    cors_preflight(&exchange->response);
    return false;
}

/* The longest body, and its key in `limits`. */
struct body_limit {
    long long bytes;
    const char *key;
};

static struct body_limit limit_of(const struct exchange *exchange,
                                  const struct config *config) {
    const struct limits *limits = &config->limits;
    return exchange->endpoint->trusted_body &&
                   trust_of(&exchange->request, config).trusted
               ? (struct body_limit){limits->trusted_body_bytes,
                                     "trusted_body_bytes"}
               : (struct body_limit){limits->body_bytes, "body_bytes"};
}

static void reject_too_large(struct exchange *exchange,
                             const struct endpoint_context *context) {
    const struct body_limit limit = limit_of(exchange, context->config);
    push_reject(exchange, context, PUSH_TOO_LARGE, 413,
                "the body has more than %lld bytes (limits.%s), must be "
                "smaller",
                limit.bytes, limit.key);
}

/* Inflates the body if Content-Encoding is gzip. */
static bool decode_body(struct exchange *exchange,
                        const struct endpoint_context *context, size_t limit) {
    struct request *request = &exchange->request;
    struct strbuf plain = {0};
    struct err err = {.code = ERR_NONE};
    const char *encoding = request->content_encoding;
    if (*encoding == '\0' || strcasecmp(encoding, "identity") == 0)
        return true;
    if (strcasecmp(encoding, "gzip") != 0 &&
        strcasecmp(encoding, "x-gzip") != 0) {
        push_reject(exchange, context, PUSH_ENCODING, 415,
                    "Content-Encoding must be gzip or left out");
        return false;
    }
    /* An empty body is not valid gzip, but some clients label it so. */
    if (request->body.len == 0) {
        request->content_encoding = "";
        return true;
    }
    int result = gzip_inflate(request->body.data, request->body.len, limit,
                              &plain, &err);
    if (result == 0) {
        strbuf_free(&request->body);
        request->body = plain;
        request->content_encoding = "";
        return true;
    }
    strbuf_free(&plain);
    if (err.code == ERR_LIMIT)
        reject_too_large(exchange, context);
    else
        push_reject_err(exchange, context, PUSH_MALFORMED, &err);
    return false;
}

bool push_body(struct exchange *exchange,
               const struct endpoint_context *context) {
    const struct request *request = &exchange->request;
    const size_t limit = (size_t)limit_of(exchange, context->config).bytes;
    if (request->body.failed) {
        push_unavailable(exchange, context, "out of memory");
        return false;
    }
    if (request->too_large || request->body.len > limit) {
        reject_too_large(exchange, context);
        return false;
    }
    if (request_cut_short(request)) {
        push_reject(exchange, context, PUSH_MALFORMED, 400,
                    "the body is shorter than its Content-Length");
        return false;
    }
    return decode_body(exchange, context, limit);
}

bool push_json(struct exchange *exchange,
               const struct endpoint_context *context) {
    static const char *const types[] = {"application/json", "text/plain", "",
                                        NULL};
    if (!push_method(exchange, context))
        return false;
    if (!request_media_type_is(&exchange->request, types)) {
        push_reject(exchange, context, PUSH_MEDIA_TYPE, 415,
                    "Content-Type must be application/json or text/plain");
        return false;
    }
    return push_body(exchange, context);
}

/* Whether the sample may get the push's exemplar. *value: the increment or the
 * observation, which cannot be derived from running totals. */
static bool takes_exemplar(const struct sample *sample, double *value) {
    const struct family *family = sample->family;
    if (!family->exemplars || sample->exemplar_count > 0 || sample->pusher)
        return false;
    bool counts = metric_shape(family->type) == SHAPE_TOTAL;
    *value = counts ? sample->value : sample->sum;
    return counts ? sample->value > 0
                  : metric_shape(family->type) == SHAPE_BUCKETS &&
                        sample->count == 1;
}

void push_trace(struct exchange *exchange,
                const struct endpoint_context *context) {
    struct batch *batch = &exchange->batch;
    struct traceparent trace;
    char labels[100];
    double value;
    if (!traceparent_read(exchange->request.traceparent, &trace) ||
        !trace.sampled)
        return;
    int len = snprintf(labels, sizeof(labels),
                       "{\"span_id\":\"%s\",\"trace_id\":\"%s\"}",
                       trace.span_id, trace.trace_id);
    const char *kept = arena_copy(&batch->arena, labels, (size_t)len);
    for (size_t i = 0; kept && i < batch->count; i++) {
        struct sample *sample = &batch->samples[i];
        if (!takes_exemplar(sample, &value))
            continue;
        struct exemplar *exemplar =
            arena_take(&batch->arena, sizeof(*exemplar));
        if (!exemplar)
            return;
        *exemplar = (struct exemplar){kept, (size_t)len, value,
                                      (double)context->now_ms / 1000};
        sample->exemplars = exemplar;
        sample->exemplar_count = 1;
    }
}

void push_report(struct exchange *exchange, const char *samples) {
    const struct batch *batch = &exchange->batch;
    struct strbuf *body = &exchange->response.body;
    response_set(&exchange->response, 200, "OK");
    if (batch->repeated || batch_rejected(batch) == 0)
        return;
    strbuf_reset(body);
    strbuf_add_string(body, "OK: ");
    batch_write_refusals(batch, samples, body);
    strbuf_add_char(body, '\n');
}

void push_count(const struct exchange *exchange,
                const struct endpoint_context *context) {
    struct push_counts *counts = counts_of(exchange, context);
    const struct batch *batch = &exchange->batch;
    if (batch->repeated) {
        counts->pushes[PUSH_REPEATED]++;
        return;
    }
    counts->pushes[PUSH_ACCEPTED]++;
    counts->samples += batch->count;
    for (int i = 0; i < REJECT_REASONS; i++)
        counts->samples_rejected[i] += batch->rejected[i];
    refusal_log_add(context->refusals, batch, &context->config->registry,
                    context->now_ms);
}

void push_not_stored(struct exchange *exchange,
                     const struct endpoint_context *context) {
    const struct batch *batch = &exchange->batch;
    size_t samples = batch->count + (batch->session != NULL);
    counts_of(exchange, context)->samples_rejected[batch->refusal] += samples;
    if (batch->why.code == ERR_MEMORY || batch->why.code == ERR_CORRUPT)
        push_unavailable(exchange, context, batch->why.message);
    else
        push_reject(exchange, context, PUSH_REFUSED, 500,
                    "this push cannot be stored: %s; nothing was counted",
                    batch->why.message);
}

void push_unavailable(struct exchange *exchange,
                      const struct endpoint_context *context,
                      const char *reason) {
    count_reject(exchange, context, PUSH_UNAVAILABLE);
    exchange_unavailable(exchange, reason);
}

bool push_opted_out(const struct exchange *exchange,
                    const struct endpoint_context *context) {
    if (!context->config->respect_gpc || !exchange->request.opted_out)
        return false;
    counts_of(exchange, context)->pushes[PUSH_OPTED_OUT]++;
    return true;
}

void push_count_refused(const struct exchange *exchange,
                        const struct endpoint_context *context, size_t series) {
    const struct batch *batch = &exchange->batch;
    counts_of(exchange, context)->samples_rejected[batch->refusal] += series;
    refusal_log_add(context->refusals, batch, &context->config->registry,
                    context->now_ms);
}

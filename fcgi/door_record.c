/* POST /record: the browser batch of peardeck's client and ours. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "batch_id.h"
#include "cors.h"
#include "exchange.h"
#include "gzip.h"
#include "ingest_record.h"

static void reject(struct exchange *exchange,
                   const struct door_context *context, enum push_reject reason,
                   int status, const char *message) {
    context->telemetry->pushes_rejected[DOOR_RECORD][reason]++;
    context->telemetry->pending = true;
    response_set(&exchange->response, status, "%s", message);
}

static void reject_err(struct exchange *exchange,
                       const struct door_context *context,
                       enum push_reject reason, int status,
                       const struct err *err) {
    char message[sizeof(err->message) + 64];
    if (err->line > 0)
        (void)snprintf(message, sizeof(message), "line %u, column %u: %s",
                       err->line, err->column, err->message);
    else
        (void)snprintf(message, sizeof(message), "%s", err->message);
    reject(exchange, context, reason, status, message);
}

static void reject_too_large(struct exchange *exchange,
                             const struct door_context *context) {
    char message[128];
    (void)snprintf(message, sizeof(message),
                   "the body has more than %lld bytes, send smaller batches",
                   context->config->limits.body_bytes);
    reject(exchange, context, PUSH_TOO_LARGE, 413, message);
}

/* Inflates the body where it says that it is gzip. */
static bool decode_body(struct exchange *exchange,
                        const struct door_context *context) {
    struct request *request = &exchange->request;
    struct strbuf plain = {0};
    struct err err = {.code = ERR_NONE};
    const char *encoding = request->content_encoding;
    if (*encoding == '\0' || strcasecmp(encoding, "identity") == 0)
        return true;
    if (strcasecmp(encoding, "gzip") != 0 &&
        strcasecmp(encoding, "x-gzip") != 0) {
        reject(exchange, context, PUSH_ENCODING, 415,
               "Content-Encoding must be gzip or left out");
        return false;
    }
    int result =
        gzip_inflate(request->body.data, request->body.len,
                     (size_t)context->config->limits.body_bytes, &plain, &err);
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
        reject_err(exchange, context, PUSH_MALFORMED, 400, &err);
    return false;
}

/* An id can tell a repeat only while it is remembered. */
static bool check_batch_time(struct exchange *exchange,
                             const struct door_context *context) {
    const int64_t hour = 3600000;
    int64_t window = context->config->limits.batch_id_hours * hour;
    if (!exchange->batch.has_id)
        return true;
    int64_t age = context->now_ms - batch_id_time(exchange->batch.id);
    if (age <= window && age >= -window)
        return true;
    char message[200];
    (void)snprintf(message, sizeof(message),
                   "batch: its time is %lld s %s the server's, at most %lld s "
                   "(limits.batch_id_hours) can be told from a repeat",
                   (long long)(age < 0 ? -age : age) / 1000,
                   age < 0 ? "ahead of" : "behind", (long long)window / 1000);
    reject(exchange, context, PUSH_BATCH_ID, 400, message);
    return false;
}

static bool check_request(struct exchange *exchange,
                          const struct door_context *context) {
    static const char *const types[] = {"application/json", "text/plain", "",
                                        NULL};
    struct request *request = &exchange->request;
    if (strcmp(request->method, "POST") != 0) {
        reject(exchange, context, PUSH_METHOD, 405, "");
        exchange_wrong_method(exchange);
        return false;
    }
    if (!request_media_type_is(request, types)) {
        reject(exchange, context, PUSH_MEDIA_TYPE, 415,
               "Content-Type must be application/json or text/plain");
        return false;
    }
    if (request->too_large ||
        request->body.len > (size_t)context->config->limits.body_bytes) {
        reject_too_large(exchange, context);
        return false;
    }
    if (request_cut_short(request)) {
        reject(exchange, context, PUSH_MALFORMED, 400,
               "the body is shorter than its Content-Length");
        return false;
    }
    return decode_body(exchange, context);
}

static void parse(struct exchange *exchange,
                  const struct door_context *context) {
    struct err err = {.code = ERR_NONE};
    struct request *request = &exchange->request;
    if (ingest_record(request->body.data ? request->body.data : "",
                      request->body.len, &context->config->registry,
                      &context->config->limits, &exchange->batch, &err) != 0) {
        if (err.code == ERR_MEMORY) {
            exchange_unavailable(exchange, err.message);
            return;
        }
        reject_err(exchange, context,
                   strncmp(err.message, "batch:", 6) == 0 ? PUSH_BATCH_ID
                                                          : PUSH_MALFORMED,
                   400, &err);
        return;
    }
    if (check_batch_time(exchange, context))
        exchange->state = EXCHANGE_COMMIT;
}

static void handle(struct exchange *exchange,
                   const struct door_context *context) {
    struct request *request = &exchange->request;
    if (!cors_allow(context->config, request, &exchange->response)) {
        char message[256];
        (void)snprintf(message, sizeof(message),
                       "origin %.100s may not push here; list it under "
                       "`origins` in the configuration",
                       request->origin);
        reject(exchange, context, PUSH_ORIGIN, 403, message);
    } else if (strcmp(request->method, "OPTIONS") == 0) {
        cors_preflight(&exchange->response);
    } else if (check_request(exchange, context)) {
        if (context->config->respect_gpc && request->opted_out) {
            context->telemetry->pushes[DOOR_RECORD][PUSH_OPTED_OUT]++;
            context->telemetry->pending = true;
            response_set(&exchange->response, 200, "OK");
        } else {
            parse(exchange, context);
        }
    }
}

static void report_rejected(struct exchange *exchange) {
    const struct batch *batch = &exchange->batch;
    size_t rejected = batch_rejected(batch);
    struct strbuf list = {0};
    for (int i = 0; i < REJECT_REASONS; i++)
        if (batch->rejected[i] > 0)
            strbuf_printf(&list, "%s%s %zu", list.len > 0 ? ", " : "",
                          reject_reason_name((enum reject_reason)i),
                          batch->rejected[i]);
    response_set(&exchange->response, 200,
                 "OK: %zu of %zu samples rejected: %s", rejected,
                 batch->count + rejected, list.failed ? "" : list.data);
    strbuf_free(&list);
}

static void committed(struct exchange *exchange,
                      const struct door_context *context) {
    struct telemetry *telemetry = context->telemetry;
    const struct batch *batch = &exchange->batch;
    telemetry->pending = true;
    telemetry->record_calls++;
    if (batch->repeated) {
        telemetry->pushes[DOOR_RECORD][PUSH_REPEATED]++;
        response_set(&exchange->response, 200, "OK");
        return;
    }
    telemetry->pushes[DOOR_RECORD][PUSH_ACCEPTED]++;
    telemetry->samples[DOOR_RECORD] += batch->count;
    for (int i = 0; i < REJECT_REASONS; i++)
        telemetry->samples_rejected[DOOR_RECORD][i] += batch->rejected[i];
    if (batch_rejected(batch) > 0)
        report_rejected(exchange);
    else
        response_set(&exchange->response, 200, "OK");
}

static void refused(struct exchange *exchange,
                    const struct door_context *context, const char *reason) {
    context->telemetry->pushes_rejected[DOOR_RECORD][PUSH_UNAVAILABLE]++;
    context->telemetry->pending = true;
    exchange_unavailable(exchange, reason);
}

const struct door door_record = {"record", "POST, OPTIONS", handle, committed,
                                 refused};

/* POST /write: messages of the panel macropower-analytics-panel about sessions
 * with Grafana dashboards. */
#include <math.h>
#include <string.h>

#include "base/guide.h"
#include "endpoints/push_request.h"
#include "endpoints/session_log.h"
#include "http/log.h"
#include "sessions/labels.h"
#include "sessions/message.h"

/* The largest difference between the visitor's clock and ours, in seconds. */
static const double TIME_WINDOW = 86400;

/* State while a message is read. */
struct reception {
    struct exchange *exchange;
    const struct endpoint_context *context;
    struct session_message message;
    struct label labels[SESSION_LABELS_MAX];
    size_t label_count;
    double time; /* Unix seconds */
};

static void no_memory(const struct reception *reception) {
    push_unavailable(reception->exchange, reception->context, "out of memory");
}

/* 201 as the panel's own server; the panel accepts 200 to 204. */
static void acknowledge(struct exchange *exchange) {
    exchange->response.status = 201;
}

static bool read_message(struct reception *reception) {
    struct err err = {.code = ERR_NONE};
    struct exchange *exchange = reception->exchange;
    const struct strbuf *body = &exchange->request.body;
    const struct config *config = reception->context->config;
    if (ingest_session(strbuf_text(body), body->len,
                       (size_t)config->limits.label_value_bytes,
                       &exchange->batch.arena, &reception->message, &err) == 0)
        return true;
    push_reject_err(exchange, reception->context, PUSH_MALFORMED, &err);
    return false;
}

static bool check_time(struct reception *reception) {
    double now = (double)reception->context->now_ms / 1000;
    double given = reception->message.time;
    /* 0: the message has no time. */
    reception->time = given < 0 || given > 0 ? given : floor(now);
    double ahead = reception->time - now;
    if (fabs(ahead) <= TIME_WINDOW)
        return true;
    push_reject(
        reception->exchange, reception->context, PUSH_TIME, 400,
        "time: is %.0f s %s the server's clock, must be in Unix seconds and "
        "within %.0f s of it",
        fabs(ahead), ahead < 0 ? "behind" : "ahead of", TIME_WINDOW);
    return false;
}

static bool choose_labels(struct reception *reception) {
    int count = session_labels_permit(
        &reception->context->config->sessions, &reception->message,
        &reception->exchange->batch.arena, reception->labels);
    if (count < 0) {
        no_memory(reception);
        return false;
    }
    reception->label_count = (size_t)count;
    return true;
}

static bool write_line(struct reception *reception) {
    struct strbuf line = {0};
    struct exchange *exchange = reception->exchange;
    int format = reception->context->config->sessions.log;
    if (format == SESSION_LOG_OFF)
        return true;
    session_log_write((enum session_log_format)format, &reception->message,
                      reception->time, reception->labels,
                      reception->label_count, &line);
    if (!line.failed)
        exchange->line =
            arena_copy(&exchange->batch.arena, line.data, line.len);
    strbuf_free(&line);
    if (!exchange->line)
        no_memory(reception);
    return exchange->line != NULL;
}

/* Adds the message to the batch. */
static void push(struct reception *reception) {
    struct exchange *exchange = reception->exchange;
    const struct session_message *message = &reception->message;
    const struct config *config = reception->context->config;
    struct session_push *session =
        arena_take(&exchange->batch.arena, sizeof(*session));
    if (session)
        *session = (struct session_push){.rules = &config->session_rules,
                                         .uuid = message->uuid,
                                         .kind = message->kind,
                                         .focused = message->focused,
                                         .heartbeat_interval =
                                             message->heartbeat_interval,
                                         .time = reception->time};
    if (!session ||
        session_labels_write(&config->sessions, message, reception->labels,
                             reception->label_count, &exchange->batch.arena,
                             session) != 0) {
        no_memory(reception);
        return;
    }
    exchange->batch.session = session;
    exchange->state = EXCHANGE_COMMIT;
}

static void log_line(const struct exchange *exchange) {
    if (exchange->line)
        log_raw(exchange->line);
}

static void receive(struct exchange *exchange,
                    const struct endpoint_context *context) {
    struct reception reception = {.exchange = exchange, .context = context};
    exchange->line = NULL;
    if (!read_message(&reception) || !check_time(&reception) ||
        !choose_labels(&reception) || !write_line(&reception))
        return;
    if (!reception.message.ignored) {
        push(&reception);
        return;
    }
    log_line(exchange);
    acknowledge(exchange);
}

static void handle(struct exchange *exchange,
                   const struct endpoint_context *context) {
    if (!context->config->sessions.enabled) {
        response_set(&exchange->response, 404,
                     "Grafana sessions are not counted here; to count them, "
                     "set `sessions.enabled` to true in the configuration" SEE
                         GUIDE_GRAFANA);
        return;
    }
    if (!push_origin(exchange, context) || !push_json(exchange, context))
        return;
    if (push_opted_out(exchange, context))
        acknowledge(exchange);
    else
        receive(exchange, context);
}

static void committed(struct exchange *exchange,
                      const struct endpoint_context *context) {
    if (exchange->batch.refused) {
        push_not_stored(exchange, context);
        return;
    }
    push_count(exchange, context);
    log_line(exchange);
    acknowledge(exchange);
}

const struct endpoint endpoint_write = {.id = ENDPOINT_WRITE,
                                        .path = "write",
                                        .methods = "POST, OPTIONS",
                                        .telemetry = "sessions",
                                        .handle = handle,
                                        .committed = committed,
                                        .refused = push_unavailable};

/* POST /record: a batch from peardeck's browser client or from ours. */
#include "ingest/record.h"
#include "endpoints/push_request.h"
#include "endpoints/trust.h"
#include "metrics/batch_id.h"

/* Repeats are only recognized while the batch id is remembered. */
static bool check_batch_time(struct exchange *exchange,
                             const struct endpoint_context *context) {
    const int64_t hour = 3600000;
    int64_t window = context->config->limits.batch_id_hours * hour;
    if (!exchange->batch.has_id)
        return true;
    int64_t age = context->now_ms - batch_id_time(exchange->batch.id);
    if (age <= window && age >= -window)
        return true;
    push_reject(
        exchange, context, PUSH_BATCH_ID, 400,
        "batch: its time is %lld s %s the server's clock, must be within "
        "%lld s of it (limits.batch_id_hours)",
        (long long)(age < 0 ? -age : age) / 1000,
        age < 0 ? "ahead of" : "behind", (long long)window / 1000);
    return false;
}

/* Trust matters only to families that are reserved for programs. */
static struct record_sender sender_of(const struct exchange *exchange,
                                      const struct endpoint_context *context) {
    if (!context->config->registry.from_programs)
        return (struct record_sender){.trusted = false};
    struct trust trust = trust_of(&exchange->request, context->config);
    return (struct record_sender){trust.trusted, trust.families};
}

static void parse(struct exchange *exchange,
                  const struct endpoint_context *context) {
    struct err err = {.code = ERR_NONE};
    struct request *request = &exchange->request;
    struct record_sender sender = sender_of(exchange, context);
    if (ingest_record(strbuf_text(&request->body), request->body.len,
                      &context->config->registry, &context->config->limits,
                      &sender, &exchange->batch, &err) != 0)
        push_reject_err(
            exchange, context,
            err.code == ERR_BATCH_ID ? PUSH_BATCH_ID : PUSH_MALFORMED, &err);
    else if (check_batch_time(exchange, context))
        exchange->state = EXCHANGE_COMMIT;
}

static void handle(struct exchange *exchange,
                   const struct endpoint_context *context) {
    if (!push_origin(exchange, context) || !push_json(exchange, context))
        return;
    if (push_opted_out(exchange, context))
        response_set(&exchange->response, 200, "OK");
    else
        parse(exchange, context);
}

static void committed(struct exchange *exchange,
                      const struct endpoint_context *context) {
    const struct batch *batch = &exchange->batch;
    context->telemetry->record_calls++;
    if (batch->refused) {
        push_not_stored(exchange, context);
        return;
    }
    push_count(exchange, context);
    push_report(exchange, "samples");
}

const struct endpoint endpoint_record = {.id = ENDPOINT_RECORD,
                                         .path = "record",
                                         .methods = "POST, OPTIONS",
                                         .telemetry = "record",
                                         .handle = handle,
                                         .committed = committed,
                                         .refused = push_unavailable};

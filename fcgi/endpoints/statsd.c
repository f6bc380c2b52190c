/* POST /statsd: many statsd lines in one body. */
#include "ingest/statsd.h"
#include "endpoints/points.h"
#include "endpoints/push_request.h"

static int read_lines(struct exchange *exchange,
                      const struct endpoint_context *context,
                      struct points *points, struct err *err) {
    const struct strbuf *body = &exchange->request.body;
    return ingest_statsd(strbuf_text(body), body->len,
                         &context->config->registry, points, err);
}

static void reply(struct exchange *exchange) {
    push_report(exchange, "lines");
}

/* Includes the default media types of curl and other clients. */
static const struct points_format format = {
    .types = (const char *const[]){"", "text/plain", "application/octet-stream",
                                   "application/x-www-form-urlencoded", NULL},
    .wanted = "text/plain or application/octet-stream",
    .read = read_lines,
    .reply = reply};

const struct endpoint endpoint_statsd = {.id = ENDPOINT_STATSD,
                                         .path = "statsd",
                                         .methods = "POST, OPTIONS",
                                         .telemetry = "statsd",
                                         .trusted_body = true,
                                         .points = &format,
                                         .handle = points_handle,
                                         .committed = points_committed,
                                         .refused = push_unavailable};

/* POST /v1/metrics: metrics of OpenTelemetry, OTLP/HTTP. */
#include "endpoints/otlp.h"
#include "endpoints/points.h"
#include "endpoints/push_request.h"
#include "ingest/otlp/metrics.h"

static int read_body(struct exchange *exchange,
                     const struct endpoint_context *context,
                     struct points *points, struct err *err) {
    const struct request *request = &exchange->request;
    return otlp_read_metrics(strbuf_text(&request->body), request->body.len,
                             otlp_encoding_of(request),
                             &context->config->limits, points, err);
}

static void reply(struct exchange *exchange) {
    otlp_reply(exchange, "rejectedDataPoints", "points", "");
}

static const struct points_format format = {.types = otlp_types,
                                            .wanted = otlp_wanted,
                                            .read = read_body,
                                            .reply = reply};

const struct endpoint endpoint_otlp_metrics = {.id = ENDPOINT_OTLP_METRICS,
                                               .path = "v1/metrics",
                                               .methods = "POST, OPTIONS",
                                               .telemetry = "otlp_metrics",
                                               .trusted_body = true,
                                               .points = &format,
                                               .handle = points_handle,
                                               .committed = points_committed,
                                               .explain = otlp_explain,
                                               .refused = push_unavailable};

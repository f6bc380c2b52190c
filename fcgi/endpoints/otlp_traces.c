/* POST /v1/traces: spans of OpenTelemetry, OTLP/HTTP. */
#include "endpoints/otlp.h"
#include "endpoints/points.h"
#include "endpoints/push_request.h"
#include "ingest/otlp/spans.h"

static int read_spans(struct exchange *exchange,
                      const struct endpoint_context *context,
                      struct points *points, struct err *err) {
    const struct request *request = &exchange->request;
    return spans_read(strbuf_text(&request->body), request->body.len,
                      otlp_encoding_of(request), context->config,
                      *request->origin != '\0' ? request->origin : NULL, points,
                      err);
}

/* Each reply tells the user that traces are not stored. */
static void reply(struct exchange *exchange) {
    otlp_reply(exchange, "rejectedSpans", "spans",
               "spans are counted, not kept");
}

static const struct points_format format = {.types = otlp_types,
                                            .wanted = otlp_wanted,
                                            .discreet = true,
                                            .read = read_spans,
                                            .reply = reply};

const struct endpoint endpoint_otlp_traces = {.id = ENDPOINT_OTLP_TRACES,
                                              .path = "v1/traces",
                                              .methods = "POST, OPTIONS",
                                              .telemetry = "otlp_traces",
                                              .trusted_body = true,
                                              .points = &format,
                                              .handle = points_handle,
                                              .committed = points_committed,
                                              .explain = otlp_explain,
                                              .refused = push_unavailable};

/* GET /api/v1/metrics and /api/v1/status, like those of a Pushgateway. */
#include "base/version.h"
#include "endpoints/exchange.h"
#include "query/time.h"

/* scrape.c makes the response. */
static void handle_metrics(struct exchange *exchange,
                           const struct endpoint_context *context) {
    if (!exchange_may_scrape(exchange, context))
        return;
    exchange->state = EXCHANGE_SCRAPE;
    exchange->format = EXPOSITION_JSON;
}

static void handle_status(struct exchange *exchange,
                          const struct endpoint_context *context) {
    struct response *response = &exchange->response;
    char start[TIME_SIZE];
    if (!exchange_may_scrape(exchange, context))
        return;
    time_format(context->start_ms, start);
    response->status = 200;
    response->content_type = exposition_content_type(EXPOSITION_JSON);
    strbuf_add_string(&response->body,
                      "{\"status\":\"success\",\"data\":{"
                      "\"build_information\":{\"version\":\"" TALLYMAN_VERSION
                      "\"},\"flags\":{},\"start_time\":\"");
    strbuf_add_string(&response->body, start);
    strbuf_add_string(&response->body, "\",\"refusals\":");
    refusal_log_write(context->refusals, &response->body);
    strbuf_add_string(&response->body, "}}");
}

const struct endpoint endpoint_api_metrics = {.id = ENDPOINT_API_METRICS,
                                              .path = "api/v1/metrics",
                                              .methods = "GET, HEAD",
                                              .handle = handle_metrics};
const struct endpoint endpoint_api_status = {.id = ENDPOINT_API_STATUS,
                                             .path = "api/v1/status",
                                             .methods = "GET, HEAD",
                                             .handle = handle_status};

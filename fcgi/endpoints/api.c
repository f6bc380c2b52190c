/* GET /api/v1/metrics and /api/v1/status, as programs ask a Pushgateway. */
#include <time.h>

#include "base/version.h"
#include "endpoints/exchange.h"

/* What it gets is made in scrape.c. */
static void handle_metrics(struct exchange *exchange,
                           const struct endpoint_context *context) {
    if (!exchange_may_scrape(exchange, context))
        return;
    exchange->state = EXCHANGE_SCRAPE;
    exchange->format = EXPOSITION_JSON;
}

/* Unix milliseconds as RFC 3339 has them. */
static void write_time(int64_t time_ms, struct strbuf *out) {
    struct tm fields = {0};
    const time_t seconds = (time_t)(time_ms / 1000);
    char text[40] = "";
    (void)gmtime_r(&seconds, &fields);
    (void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &fields);
    strbuf_printf(out, "%s.%03dZ", text, (int)(time_ms % 1000));
}

static void handle_status(struct exchange *exchange,
                          const struct endpoint_context *context) {
    struct response *response = &exchange->response;
    if (!exchange_may_scrape(exchange, context))
        return;
    response->status = 200;
    response->content_type = exposition_content_type(EXPOSITION_JSON);
    strbuf_add_string(&response->body,
                      "{\"status\":\"success\",\"data\":{"
                      "\"build_information\":{\"version\":\"" TALLYMAN_VERSION
                      "\"},\"flags\":{},\"start_time\":\"");
    write_time(context->start_ms, &response->body);
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

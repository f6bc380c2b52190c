/* POST /collect: pushes of the Grafana Faro web SDK. */
#include "base/guide.h"
#include "endpoints/points.h"
#include "endpoints/push_request.h"
#include "ingest/faro/faro.h"

/* The key is public: it names the app. */
static bool permit(struct exchange *exchange,
                   const struct endpoint_context *context) {
    const struct faro_config *faro = &context->config->faro;
    if (!faro->require_key || faro_config_app(faro, exchange->request.api_key))
        return true;
    push_reject(exchange, context, PUSH_UNAUTHORIZED, 401,
                "%s (`faro.require_key` is true): send X-API-Key with a key of "
                "`faro.apps`, as apiKey of initializeFaro does" SEE GUIDE_FARO,
                *exchange->request.api_key ? "the key is not in `faro.apps`"
                                           : "a key is required");
    return false;
}

static int read_body(struct exchange *exchange,
                     const struct endpoint_context *context,
                     struct points *points, struct err *err) {
    const struct config *config = context->config;
    const struct request *request = &exchange->request;
    const struct faro_setting setting = {
        .registry = &config->registry,
        .pages = &config->pages,
        .routes = &config->routes,
        .spans = config->faro.requests == FARO_REQUESTS_SPANS,
        .app = faro_config_app(&config->faro, request->api_key),
        .host = request->host,
        .uri = request->uri};
    return ingest_faro(strbuf_text(&request->body), request->body.len, &setting,
                       points, err);
}

/* Refused samples do not change the reply: the SDK cannot act on it. */
static void reply(struct exchange *exchange) {
    response_set(&exchange->response, 202, "ok");
}

static const struct points_format format = {
    .types = (const char *const[]){"application/json", "text/plain", "", NULL},
    .wanted = "application/json or text/plain",
    .public_key = true,
    .discreet = true,
    .permit = permit,
    .read = read_body,
    .reply = reply};

const struct endpoint endpoint_collect = {.id = ENDPOINT_COLLECT,
                                          .path = "collect",
                                          .methods = "POST, OPTIONS",
                                          .telemetry = "collect",
                                          .points = &format,
                                          .handle = points_handle,
                                          .committed = points_committed,
                                          .refused = push_unavailable};

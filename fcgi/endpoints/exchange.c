#include "endpoints/exchange.h"

#include "base/guide.h"
#include "endpoints/trust.h"

void exchange_unavailable(struct exchange *exchange, const char *reason) {
    response_set(&exchange->response, 503,
                 "%s; nothing was counted, send it again", reason);
    response_add_header(&exchange->response, "Retry-After", "1");
}

void exchange_no_memory(struct exchange *exchange) {
    response_reset(&exchange->response);
    response_set(&exchange->response, 503, "out of memory");
    response_add_header(&exchange->response, "Retry-After", "1");
}

bool exchange_takes(struct exchange *exchange) {
    if (endpoint_takes(exchange->endpoint, exchange->request.method))
        return true;
    response_set(&exchange->response, 405,
                 "%.20s is not allowed here, must be %s",
                 exchange->request.method, exchange->allow);
    response_add_header(&exchange->response, "Allow", exchange->allow);
    return false;
}

bool exchange_may_scrape(struct exchange *exchange,
                         const struct endpoint_context *context) {
    const char *token = context->config->scrape_token;
    if (!exchange_takes(exchange))
        return false;
    if (token && !request_has_token(&exchange->request, token)) {
        response_set(&exchange->response, 401,
                     request_credentials(&exchange->request, "Bearer")
                         ? "the token is not that of `scrape_token_file`" SEE
                               GUIDE_SCRAPE
                         : "the scrape needs the bearer token of "
                           "`scrape_token_file`; if it was sent, the web "
                           "server must pass on the Authorization header" SEE
                               GUIDE_SCRAPE);
        response_add_header(&exchange->response, "WWW-Authenticate",
                            "Bearer realm=\"tallyman\"");
        return false;
    }
    if (trust_host(&exchange->request, context->config, token != NULL))
        return true;
    response_set(&exchange->response, 403, TRUST_HOST, exchange->request.host);
    return false;
}

void exchange_reset(struct exchange *exchange) {
    request_reset(&exchange->request);
    response_reset(&exchange->response);
    batch_reset(&exchange->batch);
    pushed_reset(&exchange->pushed);
    query_call_free(exchange->query);
    exchange->query = NULL;
    exchange->line = NULL;
    exchange->state = EXCHANGE_ANSWERED;
    exchange->endpoint = NULL;
    exchange->below = false;
}

void exchange_free(struct exchange *exchange) {
    request_free(&exchange->request);
    response_free(&exchange->response);
    batch_free(&exchange->batch);
    pushed_free(&exchange->pushed);
    query_call_free(exchange->query);
}

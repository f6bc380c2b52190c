#include "endpoints/exchange.h"

#include <string.h>

#include "endpoints/trust.h"

void exchange_unavailable(struct exchange *exchange, const char *reason) {
    response_set(&exchange->response, 503,
                 "%s; nothing was counted, send it again", reason);
    response_add_header(&exchange->response, "Retry-After", "1");
}

/* The methods of the endpoints that the exchange's path leads to. */
static void write_methods(const struct exchange *exchange, struct strbuf *out) {
    for (int i = 0; i < ENDPOINTS; i++)
        if (strcmp(endpoints[i]->path, exchange->endpoint->path) == 0 &&
            (endpoints[i]->below || !exchange->below))
            strbuf_printf(out, "%s%s", out->len > 0 ? ", " : "",
                          endpoints[i]->methods);
}

void exchange_wrong_method(struct exchange *exchange) {
    struct strbuf allow = {0};
    write_methods(exchange, &allow);
    const char *methods =
        allow.failed ? exchange->endpoint->methods : allow.data;
    response_set(&exchange->response, 405, "%.20s: not here, must be %s",
                 exchange->request.method, methods);
    response_add_header(&exchange->response, "Allow", methods);
    strbuf_free(&allow);
}

bool exchange_may_scrape(struct exchange *exchange,
                         const struct endpoint_context *context) {
    const char *token = context->config->scrape_token;
    if (!endpoint_takes(exchange->endpoint, exchange->request.method)) {
        exchange_wrong_method(exchange);
        return false;
    }
    if (token && !request_has_token(&exchange->request, token)) {
        response_set(&exchange->response, 401,
                     "the scrape wants the bearer token of "
                     "`scrape_token_file`; if it was sent, the web server must "
                     "pass Authorization on");
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
}

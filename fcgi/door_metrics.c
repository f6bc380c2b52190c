/* GET /metrics: may this client scrape? What it gets is made in scrape.c. */
#include <string.h>

#include "exchange.h"

static void handle(struct exchange *exchange,
                   const struct door_context *context) {
    const char *token = context->config->scrape_token;
    const char *method = exchange->request.method;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        exchange_wrong_method(exchange);
    } else if (token && !request_has_token(&exchange->request, token)) {
        response_set(&exchange->response, 401,
                     "the scrape wants the bearer token of "
                     "`scrape_token_file`; if it was sent, the web server "
                     "must pass Authorization on");
        response_add_header(&exchange->response, "WWW-Authenticate",
                            "Bearer realm=\"tallyman\"");
    } else {
        exchange->state = EXCHANGE_SCRAPE;
    }
}

const struct door door_metrics = {"metrics", "GET, HEAD", handle, NULL, NULL};

/* GET /metrics: may this client scrape? What it gets is made in scrape.c. */
#include "accept.h"
#include "exchange.h"

static void handle(struct exchange *exchange,
                   const struct door_context *context) {
    if (!exchange_may_scrape(exchange, context))
        return;
    exchange->state = EXCHANGE_SCRAPE;
    exchange->format = accept_exposition(exchange->request.accept);
}

const struct door door_metrics = {"metrics", "GET, HEAD", handle, NULL, NULL};

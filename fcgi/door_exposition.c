/* PUT, POST and DELETE of /metrics and below: metric families from programs, as
 * a Pushgateway or an aggregation gateway takes them. */
#include "exchange.h"

static void handle(struct exchange *exchange,
                   const struct door_context *context) {
    (void)context;
    exchange_wrong_method(exchange);
}

const struct door door_exposition = {
    "metrics", "PUT, POST, DELETE, OPTIONS", handle, NULL, NULL};

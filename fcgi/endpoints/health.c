/* GET /-/healthy, /-/ready and peardeck's /status. */
#include "endpoints/exchange.h"

static void handle_healthy(struct exchange *exchange,
                           const struct endpoint_context *context) {
    (void)context;
    if (exchange_takes(exchange))
        response_set(&exchange->response, 200, "healthy");
}

static void handle_status(struct exchange *exchange,
                          const struct endpoint_context *context) {
    (void)context;
    if (exchange_takes(exchange))
        exchange->response.status = 200;
}

/* Ready means that a push could be counted now. Only a real commit proves that,
 * unless there was one within the last second. */
static void handle_ready(struct exchange *exchange,
                         const struct endpoint_context *context) {
    (void)context;
    if (exchange_takes(exchange))
        exchange->state = EXCHANGE_COMMIT;
}

static void ready(struct exchange *exchange,
                  const struct endpoint_context *context) {
    (void)context;
    response_set(&exchange->response, 200, "ready");
}

static void not_ready(struct exchange *exchange,
                      const struct endpoint_context *context,
                      const char *reason) {
    (void)context;
    response_set(&exchange->response, 503, "not ready: %s", reason);
    response_add_header(&exchange->response, "Retry-After", "1");
}

const struct endpoint endpoint_healthy = {.id = ENDPOINT_HEALTHY,
                                          .path = "-/healthy",
                                          .methods = "GET, HEAD",
                                          .handle = handle_healthy};
const struct endpoint endpoint_ready = {.id = ENDPOINT_READY,
                                        .path = "-/ready",
                                        .methods = "GET, HEAD",
                                        .probe = true,
                                        .handle = handle_ready,
                                        .committed = ready,
                                        .refused = not_ready};
const struct endpoint endpoint_status = {.id = ENDPOINT_STATUS,
                                         .path = "status",
                                         .methods = "GET, HEAD",
                                         .handle = handle_status};

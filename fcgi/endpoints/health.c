/* GET /-/healthy, /-/ready and peardeck's /status. */
#include <string.h>

#include "endpoints/exchange.h"

static bool is_read(struct exchange *exchange) {
    const char *method = exchange->request.method;
    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
        return true;
    exchange_wrong_method(exchange);
    return false;
}

static void handle_healthy(struct exchange *exchange,
                           const struct endpoint_context *context) {
    (void)context;
    if (is_read(exchange))
        response_set(&exchange->response, 200, "healthy");
}

static void handle_status(struct exchange *exchange,
                          const struct endpoint_context *context) {
    (void)context;
    if (is_read(exchange))
        exchange->response.status = 200;
}

/* Ready means that a push could be counted now: it takes a real commit to
 * know, if there was none within a second. */
static void handle_ready(struct exchange *exchange,
                         const struct endpoint_context *context) {
    (void)context;
    if (is_read(exchange))
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

const struct endpoint endpoint_healthy = {"-/healthy", "GET, HEAD",
                                          handle_healthy, NULL, NULL};
const struct endpoint endpoint_ready = {"-/ready", "GET, HEAD", handle_ready,
                                        ready, not_ready};
const struct endpoint endpoint_status = {"status", "GET, HEAD", handle_status,
                                         NULL, NULL};

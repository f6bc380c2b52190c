#include "exchange.h"

void exchange_unavailable(struct exchange *exchange, const char *reason) {
    response_set(&exchange->response, 503,
                 "%s; nothing was counted, send it again", reason);
    response_add_header(&exchange->response, "Retry-After", "1");
}

void exchange_wrong_method(struct exchange *exchange) {
    response_set(&exchange->response, 405, "%.20s: not here, must be %s",
                 exchange->request.method, exchange->door->methods);
    response_add_header(&exchange->response, "Allow", exchange->door->methods);
}

void exchange_reset(struct exchange *exchange) {
    request_reset(&exchange->request);
    response_reset(&exchange->response);
    batch_reset(&exchange->batch);
    pushed_reset(&exchange->pushed);
    exchange->state = EXCHANGE_ANSWERED;
    exchange->door = NULL;
}

void exchange_free(struct exchange *exchange) {
    request_free(&exchange->request);
    response_free(&exchange->response);
    batch_free(&exchange->batch);
    pushed_free(&exchange->pushed);
}

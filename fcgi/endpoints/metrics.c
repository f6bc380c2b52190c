/* GET /metrics: access and parameters. scrape.c makes the exposition. */
#include <string.h>

#include "endpoints/exchange.h"
#include "http/accept.h"

/* Sets *created from the parameter of that name: 1, 0 or none. Ignores other
 * parameters. */
static int read_query(const char *query, bool *created) {
    static const char name[] = "created=";
    const size_t name_len = sizeof(name) - 1;
    size_t found = 0;
    *created = false;
    while (*query) {
        const size_t len = strcspn(query, "&");
        if (strncmp(query, name, name_len) == 0) {
            const char *value = query + name_len;
            if (len != name_len + 1 || (*value != '0' && *value != '1') ||
                found++ > 0)
                return -1;
            *created = *value == '1';
        }
        query += len + (query[len] == '&');
    }
    return 0;
}

static void handle(struct exchange *exchange,
                   const struct endpoint_context *context) {
    const struct request *request = &exchange->request;
    if (!exchange_may_scrape(exchange, context))
        return;
    if (read_query(request_query(request), &exchange->created) != 0) {
        response_set(&exchange->response, 400,
                     "the parameter `created` must be 1 or 0, and may be given "
                     "only once");
        return;
    }
    exchange->state = EXCHANGE_SCRAPE;
    exchange->format = accept_exposition(request->accept);
}

const struct endpoint endpoint_metrics = {.id = ENDPOINT_METRICS,
                                          .path = "metrics",
                                          .methods = "GET, HEAD",
                                          .handle = handle};

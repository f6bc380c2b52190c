#include "endpoints/route.h"

#include <stdio.h>
#include <string.h>

#include "base/guide.h"
#include "base/utf8.h"
#include "endpoints/trust.h"

#define ENDPOINT_ROW(id, name) [ENDPOINT_##id] = &endpoint_##name,
const struct endpoint *const endpoints[ENDPOINTS] = {
    ENDPOINT_LIST(ENDPOINT_ROW)};
#undef ENDPOINT_ROW

static void answer_not_mounted(struct exchange *exchange,
                               const struct config *config) {
    const char *uri = exchange->request.uri;
    char shown[200];
    utf8_show(uri, strlen(uri), shown, sizeof(shown));
    response_set(&exchange->response, 404,
                 "%s is not below the configured mount %s" SEE GUIDE_CONFIG,
                 shown, config->mount);
}

static void answer_not_found(struct exchange *exchange, const char *path,
                             size_t len) {
    struct strbuf *body = &exchange->response.body;
    char shown[200];
    utf8_show(path, len, shown, sizeof(shown));
    response_set(&exchange->response, 404, "no such endpoint");
    strbuf_reset(body);
    strbuf_printf(body, "no such endpoint: /%s; there are ", shown);
    for (int i = 0; i < ENDPOINTS; i++) {
        /* Endpoints of one path are neighbours. */
        if (i > 0 && strcmp(endpoints[i]->path, endpoints[i - 1]->path) == 0)
            continue;
        if (i > 0)
            strbuf_add_string(body, i + 1 < ENDPOINTS ? ", " : " and ");
        strbuf_printf(body, "/%s", endpoints[i]->path);
    }
    strbuf_add_string(body, " below the mount" SEE GUIDE_PROGRAMS "\n");
}

static void find_methods(struct exchange *exchange, const char *path,
                         size_t len) {
    char *at = exchange->allow;
    const char *end = at + sizeof(exchange->allow);
    const char *before = "";
    bool below;
    for (int i = 0; i < ENDPOINTS && at < end; i++) {
        if (!endpoint_is_at(endpoints[i], path, len, &below))
            continue;
        at += snprintf(at, (size_t)(end - at), "%s%s", before,
                       endpoints[i]->methods);
        before = ", ";
    }
}

bool route_find(struct exchange *exchange, const struct config *config) {
    const struct request *request = &exchange->request;
    size_t len = 0;
    bool encoded;
    bool below;
    const char *path = request_path(request, config->mount, &len, &encoded);
    exchange->endpoint = NULL;
    if (!path) {
        answer_not_mounted(exchange, config);
        return false;
    }
    for (int i = 0; i < ENDPOINTS; i++) {
        if (!endpoint_is_at(endpoints[i], path, len, &below))
            continue;
        exchange->endpoint = endpoints[i];
        exchange->below = below;
        if (endpoint_takes(endpoints[i], request->method))
            return true;
    }
    if (exchange->endpoint)
        find_methods(exchange, path, len);
    else
        answer_not_found(exchange, path, len);
    return exchange->endpoint != NULL;
}

size_t route_body_max(const struct request *request,
                      const struct config *config) {
    size_t len = 0;
    bool encoded;
    bool below;
    const char *path = request_path(request, config->mount, &len, &encoded);
    for (int i = 0; path && i < ENDPOINTS; i++)
        if (endpoints[i]->trusted_body &&
            endpoint_is_at(endpoints[i], path, len, &below) &&
            trust_of(request, config).trusted)
            return (size_t)config->limits.trusted_body_bytes;
    return (size_t)config->limits.body_bytes;
}

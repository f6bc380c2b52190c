#include "http/cors.h"

#include <string.h>
#include <strings.h>

/* Sec-Fetch-Site is reliable: no script can set it. Older browsers need a
 * comparison with Host, from which Debian's nginx removes the port. */
bool cors_same_site(const struct request *request) {
    const char *origin = strstr(request->origin, "://");
    const char *host = request->host;
    size_t len = strlen(host);
    if (strcasecmp(request->fetch_site, "same-origin") == 0)
        return true;
    if (!origin || len == 0 || strncasecmp(origin + 3, host, len) != 0)
        return false;
    const char *rest = origin + 3 + len;
    return *rest == '\0' ||
           (*rest == ':' && strcmp(rest + 1, request->server_port) == 0);
}

bool cors_named(const struct config *config, const char *origin) {
    for (size_t i = 0; i < config->origins.count; i++)
        if (strcasecmp(config->origins.strings[i], origin) == 0)
            return true;
    return false;
}

bool cors_listed(const struct config *config, const char *origin) {
    return cors_named(config, "*") || cors_named(config, origin);
}

bool cors_allow(const struct config *config, const struct request *request,
                struct response *response) {
    response_add_header(response, "Vary", "Origin");
    if (*request->origin == '\0')
        return true;
    if (!cors_listed(config, request->origin) ||
        strpbrk(request->origin, "\r\n") != NULL)
        return cors_same_site(request);
    response_add_header(response, "Access-Control-Allow-Origin",
                        request->origin);
    response_add_header(response, "Access-Control-Allow-Credentials", "true");
    /* Clients correct their clock by Date and wait for Retry-After. */
    if (strcmp(request->method, "OPTIONS") != 0)
        response_add_header(response, "Access-Control-Expose-Headers",
                            "Date, Retry-After");
    return true;
}

void cors_preflight(struct response *response) {
    response->status = 204;
    response_add_header(response, "Access-Control-Allow-Methods",
                        "POST, PUT, DELETE, OPTIONS");
    response_add_header(response, "Access-Control-Allow-Headers",
                        "content-type, content-encoding, authorization, "
                        "x-api-key, x-faro-session-id, traceparent, "
                        "idempotency-key");
    response_add_header(response, "Access-Control-Max-Age", "86400");
}

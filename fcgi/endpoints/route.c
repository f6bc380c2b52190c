#include "endpoints/route.h"

#include <stdbool.h>
#include <string.h>

static const struct endpoint *const endpoints[] = {
    &endpoint_record,      &endpoint_write,      &endpoint_metrics,
    &endpoint_healthy,     &endpoint_ready,      &endpoint_status,
    &endpoint_api_metrics, &endpoint_api_status,
};

/* A copy of text[0..len) for a message, without what is not printable. */
static void copy_printable(const char *text, size_t len, char *out,
                           size_t size) {
    size_t i = 0;
    for (; i < len && i + 1 < size; i++)
        out[i] = text[i] > 0x20 && text[i] < 0x7F ? text[i] : '?';
    out[i] = '\0';
}

static bool path_is(const char *path, size_t len, const char *want) {
    return strlen(want) == len && memcmp(want, path, len) == 0;
}

/* What reads /metrics scrapes; everything else there and below it pushes. */
static const struct endpoint *find_endpoint(const char *path, size_t len,
                                            const char *method) {
    const size_t below = strlen(endpoint_group.path);
    bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    if (len >= below && memcmp(path, endpoint_group.path, below) == 0)
        return &endpoint_group;
    if (path_is(path, len, endpoint_push.path) && !reads)
        return &endpoint_push;
    for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++)
        if (path_is(path, len, endpoints[i]->path))
            return endpoints[i];
    return NULL;
}

const struct endpoint *route_find(struct exchange *exchange,
                                  const struct config *config) {
    char shown[200];
    size_t len = 0;
    bool encoded;
    const char *path =
        request_path(&exchange->request, config->mount, &len, &encoded);
    if (!path) {
        copy_printable(exchange->request.uri, strlen(exchange->request.uri),
                       shown, sizeof(shown));
        response_set(&exchange->response, 404,
                     "%s is not below the configured mount %s", shown,
                     config->mount);
        return NULL;
    }
    const struct endpoint *endpoint =
        find_endpoint(path, len, exchange->request.method);
    if (endpoint)
        return endpoint;
    copy_printable(path, len, shown, sizeof(shown));
    response_set(&exchange->response, 404,
                 "no such endpoint: /%s; there are /record, /write, /metrics, "
                 "/api/v1/metrics, /api/v1/status, /-/healthy, /-/ready and "
                 "/status below the mount",
                 shown);
    return NULL;
}

#include "route.h"

#include <string.h>

static const struct door *const doors[] = {
    &door_record, &door_metrics, &door_healthy, &door_ready, &door_status,
};

/* A copy of text[0..len) for a message, without what is not printable. */
static void copy_printable(const char *text, size_t len, char *out,
                           size_t size) {
    size_t i = 0;
    for (; i < len && i + 1 < size; i++)
        out[i] = text[i] > 0x20 && text[i] < 0x7F ? text[i] : '?';
    out[i] = '\0';
}

const struct door *route_find(struct exchange *exchange,
                              const struct config *config) {
    char shown[200];
    size_t len = 0;
    const char *path = request_path(&exchange->request, config->mount, &len);
    if (!path) {
        copy_printable(exchange->request.uri, strlen(exchange->request.uri),
                       shown, sizeof(shown));
        response_set(&exchange->response, 404,
                     "%s is not below the configured mount %s", shown,
                     config->mount);
        return NULL;
    }
    for (size_t i = 0; i < sizeof(doors) / sizeof(doors[0]); i++)
        if (strlen(doors[i]->path) == len &&
            memcmp(doors[i]->path, path, len) == 0)
            return doors[i];
    copy_printable(path, len, shown, sizeof(shown));
    response_set(&exchange->response, 404,
                 "no such door: /%s; there are /record, /metrics, "
                 "/-/healthy, /-/ready and /status below the mount",
                 shown);
    return NULL;
}

#include "endpoints/endpoint.h"

#include <string.h>

bool endpoint_takes(const struct endpoint *endpoint, const char *method) {
    const size_t len = strlen(method);
    const char *at = endpoint->methods;
    while (*at) {
        const size_t found = strcspn(at, ",");
        if (found == len && memcmp(at, method, len) == 0)
            return true;
        at += found;
        at += strspn(at, ", ");
    }
    return false;
}

bool endpoint_is_at(const struct endpoint *endpoint, const char *path,
                    size_t len, bool *below) {
    const size_t own = strlen(endpoint->path);
    *below = false;
    if (endpoint->has)
        return endpoint->has(path, len);
    if (len < own || memcmp(path, endpoint->path, own) != 0)
        return false;
    *below = len > own;
    return !*below || (endpoint->below && path[own] == '/');
}

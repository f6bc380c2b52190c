#include "monitoring.h"

#include <stdio.h>
#include <string.h>

const char *monitoring_query_url(const struct monitoring *monitoring) {
    switch (monitoring->storage) {
    case STORAGE_THANOS:
        return "http://thanos-query:10902";
    case STORAGE_MIMIR:
        return "http://mimir:9009/prometheus";
    case STORAGE_VICTORIA:
        return "http://victoria:8428";
    case STORAGE_LOCAL:
        break;
    }
    return monitoring->stack == STACK_VICTORIA ? "http://victoria:8428"
                                               : "http://prometheus:9090";
}

const char *monitoring_service(const struct monitoring *monitoring,
                               const struct family *family) {
    for (size_t i = 0; i < monitoring->services.count; i++) {
        const char *service = monitoring->services.strings[i];
        size_t len = strlen(service);
        if (strncmp(family->name, service, len) == 0 &&
            family->name[len] == '_')
            return service;
    }
    return NULL;
}

void monitoring_series(const struct monitoring *monitoring,
                       const struct family *family, const char *suffix,
                       char name[MONITORING_SERIES_SIZE]) {
    const bool total =
        family->type == METRIC_COUNTER && monitoring->stack == STACK_PROMETHEUS;
    const size_t len =
        total ? counter_base_length(family->name) : strlen(family->name);
    (void)snprintf(name, MONITORING_SERIES_SIZE, "%.*s%s", (int)len,
                   family->name, total ? "_total" : suffix);
}

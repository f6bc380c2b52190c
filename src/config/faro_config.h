/* faro_config: the settings of the endpoint for the Grafana Faro web SDK. */
#ifndef TALLYMAN_CONFIG_FARO_CONFIG_H
#define TALLYMAN_CONFIG_FARO_CONFIG_H

#include <stdbool.h>

#include "base/pattern.h"
#include "config/diagnostics.h"

/* The SDK reports a request as an event and as a span; one of them counts. */
enum faro_requests { FARO_REQUESTS_EVENTS, FARO_REQUESTS_SPANS };

/* The longest key and the longest name of an app, in bytes. */
enum { FARO_KEY_MAX = 256, FARO_APP_MAX = 128 };

struct faro_config {
    struct string_list apps; /* KEY=APP, split at the last = */
    bool require_key;
    int requests; /* enum faro_requests */
};

/* Reports conflicts between settings. */
void faro_config_check(const struct faro_config *faro,
                       const struct source *source,
                       struct diagnostics *diagnostics);

/* The app of the key; NULL if the key is unknown. */
const char *faro_config_app(const struct faro_config *faro, const char *key);

#endif

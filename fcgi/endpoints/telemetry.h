/* telemetry: the responder's own families, added up over all responders like
 * everything else. */
#ifndef TALLYMAN_ENDPOINTS_TELEMETRY_H
#define TALLYMAN_ENDPOINTS_TELEMETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "endpoints/endpoint.h"
#include "metrics/batch.h"
#include "metrics/registry.h"

enum push_result { PUSH_ACCEPTED, PUSH_OPTED_OUT, PUSH_REPEATED, PUSH_RESULTS };

/* Why a push was refused as a whole. */
enum push_reject {
    PUSH_BATCH_ID,
    PUSH_ENCODING,
    PUSH_MALFORMED,
    PUSH_MEDIA_TYPE,
    PUSH_METHOD,
    PUSH_ORIGIN,
    PUSH_PATH,
    PUSH_REFUSED, /* well-formed; samples_rejected says why */
    PUSH_TIME,    /* too far from now */
    PUSH_TOO_LARGE,
    PUSH_UNAUTHORIZED,
    PUSH_UNAVAILABLE,
    PUSH_REJECTS
};

enum telemetry_timer {
    TIMER_TURN_REQUESTS, /* not a time: requests in a turn */
    TIMER_COMMIT,        /* seconds */
    TIMER_SCRAPE,        /* seconds */
    TIMERS
};

enum { TIMER_VALUES = 1024 };

/* The pushes to one endpoint. */
struct push_counts {
    uint64_t pushes[PUSH_RESULTS];
    uint64_t pushes_rejected[PUSH_REJECTS];
    uint64_t samples;
    uint64_t samples_rejected[REJECT_REASONS];
};

/* What has not been committed yet. A zeroed struct is empty. */
struct telemetry {
    struct push_counts endpoints[ENDPOINTS]; /* zero where no push is taken */
    uint64_t incomplete;
    uint64_t record_calls;
    double timers[TIMERS][TIMER_VALUES];
    size_t timer_counts[TIMERS];
    bool pending;
};

/* Adds the families to a registry, marked as internal. Returns -1 when memory
 * ran out. */
int telemetry_register(struct registry *registry);

void telemetry_observe(struct telemetry *telemetry, enum telemetry_timer timer,
                       double value);

/* The timers are half full: what is pending should be committed. */
bool telemetry_crowded(const struct telemetry *telemetry);

/* Appends what is pending to batch, as samples of the families that
 * telemetry_register has added to registry. Returns -1 when memory ran out. */
int telemetry_fill(const struct telemetry *telemetry,
                   const struct registry *registry, struct batch *batch);

/* Forgets what is pending, after its commit. */
void telemetry_clear(struct telemetry *telemetry);

#endif

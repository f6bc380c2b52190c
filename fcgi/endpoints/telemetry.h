/* telemetry: the responder's own families, added up over all responders as
 * pushed families are. */
#ifndef TALLYMAN_ENDPOINTS_TELEMETRY_H
#define TALLYMAN_ENDPOINTS_TELEMETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "endpoints/endpoint.h"
#include "metrics/batch.h"
#include "metrics/registry.h"

enum push_result { PUSH_ACCEPTED, PUSH_OPTED_OUT, PUSH_REPEATED, PUSH_RESULTS };

/* Why a push was refused as a whole. The manual page has the comments. */
enum push_reject {
    PUSH_BATCH_ID,   /* The time of the batch id is too far from now. */
    PUSH_ENCODING,   /* The Content-Encoding or the encoded body is bad. */
    PUSH_MALFORMED,  /* The body cannot be understood. */
    PUSH_MEDIA_TYPE, /* The endpoint does not take the Content-Type. */
    PUSH_METHOD,     /* The endpoint does not take the method. */
    PUSH_ORIGIN,     /* The origin or the host may not push here. */
    PUSH_PATH,       /* The labels in the path are bad. */
    PUSH_REFUSED,    /* A sample was refused, and with it the whole push. */
    PUSH_TIME,       /* The time of the message is too far from now. */
    PUSH_TOO_LARGE,  /* See limits.body_bytes and limits.trusted_body_bytes. */
    PUSH_UNAUTHORIZED, /* The push is not trusted, or has an unknown key. */
    PUSH_UNAVAILABLE,  /* The database could not be written. */
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

/* Counts that are not committed yet. A zeroed struct is empty. */
struct telemetry {
    struct push_counts endpoints[ENDPOINTS]; /* by id; zero without pushes */
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

/* A timer is half full: a commit is due. */
bool telemetry_crowded(const struct telemetry *telemetry);

/* Appends the pending counts to batch, as samples of the families that
 * telemetry_register added to registry. Returns -1 when memory ran out. */
int telemetry_fill(const struct telemetry *telemetry,
                   const struct registry *registry, struct batch *batch);

/* Clears the pending counts, after their commit. */
void telemetry_clear(struct telemetry *telemetry);

#endif

/* own_families: the one table of the families that come from the responder
 * itself, not from a push. */
#ifndef TALLYMAN_ENDPOINTS_OWN_FAMILIES_H
#define TALLYMAN_ENDPOINTS_OWN_FAMILIES_H

#include "metrics/registry.h"

enum own_family {
    /* Added up over all responders, in the store: see telemetry.h. */
    OWN_PUSHES,
    OWN_PUSHES_REJECTED,
    OWN_SAMPLES,
    OWN_SAMPLES_REJECTED,
    OWN_INCOMPLETE,
    OWN_RECORD_CALLS,
    OWN_TURN_REQUESTS, /* from here in the order of enum telemetry_timer */
    OWN_COMMIT_SECONDS,
    OWN_SCRAPE_SECONDS,
    OWN_STORED,
    /* Found out for each scrape. */
    OWN_BUILD_INFO = OWN_STORED,
    OWN_CONFIG_HASH,
    OWN_RELOAD_SUCCESSFUL,
    OWN_DATABASE_BYTES,
    OWN_DISK_AVAILABLE,
    OWN_DISK_SIZE,
    OWN_QUERY_RUNS, /* of queries by SQL, from here to the last success */
    OWN_QUERY_ERRORS,
    OWN_QUERY_DURATION,
    OWN_QUERY_SUCCESS,
    OWN_SERIES,
    OWN_WAL_BYTES,
    OWN_SESSIONS_BUILD_INFO, /* as the panel's own server has them */
    OWN_SESSIONS_UP,
    OWN_SESSIONS_ACTIVE,
    OWN_PUSH_TIME, /* as a Pushgateway has them */
    OWN_PUSH_FAILURE_TIME,
    OWN_FAMILIES
};

/* Name, help, unit, type, bounds, and labels without their values, which
 * telemetry_register adds in its copies. */
extern const struct family own_families[OWN_FAMILIES];

/* The entry of the table that family is; OWN_FAMILIES for others. */
enum own_family own_family_of(const struct family *family);

#endif

/* family_role: derives what a family measures from its name, unit and labels.
 */
#ifndef TALLYMAN_CLI_MONITORING_FAMILY_ROLE_H
#define TALLYMAN_CLI_MONITORING_FAMILY_ROLE_H

#include <stdbool.h>

#include "metrics/registry.h"

/* Objectives: the share of requests without an error, of requests answered in
 * time, and of page views that a web vital rates good (web.dev judges by the
 * p75). */
#define SLO_ERRORS "0.999"
#define SLO_LATENCY "0.95"
#define SLO_VITALS "0.75"

struct family_role {
    /* The label that tells success from failure, and its values for failures,
     * as a regular expression for =~ in a double-quoted PromQL string; or NULL.
     */
    const char *error_label;
    const char *error_values;
    bool latency;      /* a histogram of response times, or a web vital */
    bool vital;        /* a web vital (web.dev): its target is for the p75 */
    const char *title; /* a vital's name in words, else NULL */
    double target;     /* of a latency: one of the family's bounds */
    double poor;       /* of a vital: its second limit; else 0 */
    /* The share of a latency that should be within the target: SLO_LATENCY or
     * SLO_VITALS; else NULL. */
    const char *objective;
};

/* Returns the role of a family. Its strings are static. */
struct family_role family_role(const struct family *family);

/* Whether one of words[], which ends with NULL, is a part of the name between
 * underscores. */
bool family_has_word(const struct family *family, const char *const *words);

/* The counter of the operations that the histogram times, with a label for
 * errors: x_requests_total beside x_request_seconds or
 * x_request_duration_seconds, and x_calls_total beside x_duration_seconds. NULL
 * if there is none. */
const struct family *family_counter(const struct registry *registry,
                                    const struct family *histogram);

#endif

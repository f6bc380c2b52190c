/* family_role: what a family measures, told from its name, unit and labels. */
#ifndef TALLYMAN_FAMILY_ROLE_H
#define TALLYMAN_FAMILY_ROLE_H

#include <stdbool.h>

#include "registry.h"

struct family_role {
    size_t base_len; /* of the name without _total */
    /* A label that tells of success, and which of its values are errors, as a
     * regular expression for =~ in a double-quoted PromQL string. NULL without.
     */
    const char *error_label;
    const char *error_values;
    bool latency;  /* a histogram of response times, or a web vital */
    bool vital;    /* a web vital (web.dev): its target is for the p75 */
    double target; /* a latency's: one of the family's bounds */
    double poor;   /* a vital's second limit, else 0 */
};

/* The role of any family. Its strings are static. */
struct family_role family_role(const struct family *family);

/* The counter that counts what the histogram times, with its errors:
 * x_requests_total beside x_request_seconds or x_request_duration_seconds. NULL
 * without one. */
const struct family *family_counter(const struct registry *registry,
                                    const struct family *histogram);

#endif

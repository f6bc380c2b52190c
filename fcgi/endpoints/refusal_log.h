/* refusal_log: recent refusals, in the memory of this responder. */
#ifndef TALLYMAN_ENDPOINTS_REFUSAL_LOG_H
#define TALLYMAN_ENDPOINTS_REFUSAL_LOG_H

#include "metrics/batch.h"

enum { REFUSAL_LOG_MAX = 16 };

/* Has names of families and labels, never values. "": no name, or an invalid
 * one. */
struct refusal {
    const char *reason; /* NULL: free */
    char family[REFUSED_NAME_MAX + 1];
    char label[REFUSED_NAME_MAX + 1];
    uint64_t pushes;
    int64_t at_ms; /* of the last one, Unix milliseconds */
};

/* Listed families have separate entries, which invented names cannot displace.
 * A zeroed struct is empty. */
struct refusal_log {
    struct refusal listed[REFUSAL_LOG_MAX];
    struct refusal others[REFUSAL_LOG_MAX];
};

/* Adds the refusals of a push; a new one replaces the oldest entry. */
void refusal_log_add(struct refusal_log *log, const struct batch *batch,
                     const struct registry *registry, int64_t now_ms);

/* Appends all entries as a JSON array. */
void refusal_log_write(const struct refusal_log *log, struct strbuf *out);

#endif

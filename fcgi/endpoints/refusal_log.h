/* refusal_log: what was refused lately, in the memory of this responder. */
#ifndef TALLYMAN_ENDPOINTS_REFUSAL_LOG_H
#define TALLYMAN_ENDPOINTS_REFUSAL_LOG_H

#include "metrics/batch.h"

enum { REFUSAL_LOG_MAX = 16 };

/* Names of families and labels, never a value. "" where there is none, or
 * what was sent is no name. */
struct refusal {
    const char *reason; /* NULL: free */
    char family[REFUSED_NAME_MAX + 1];
    char label[REFUSED_NAME_MAX + 1];
    uint64_t pushes;
    int64_t at_ms; /* Unix milliseconds: the last one */
};

/* Names that a file lists have places of their own: made-up ones cannot push
 * them out. A zeroed struct is empty. */
struct refusal_log {
    struct refusal listed[REFUSAL_LOG_MAX];
    struct refusal others[REFUSAL_LOG_MAX];
};

/* Adds what the push was refused for, in the place of what is longest ago. */
void refusal_log_add(struct refusal_log *log, const struct batch *batch,
                     const struct registry *registry, int64_t now_ms);

/* Appends a JSON array of what there is. */
void refusal_log_write(const struct refusal_log *log, struct strbuf *out);

#endif

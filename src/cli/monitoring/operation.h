/* operation: the families with rate, errors and duration of repeated work, such
 * as requests. */
#ifndef TALLYMAN_CLI_MONITORING_OPERATION_H
#define TALLYMAN_CLI_MONITORING_OPERATION_H

#include "base/arena.h"
#include "metrics/registry.h"

struct operation {
    const struct family *rate;     /* a counter or a histogram */
    const struct family *duration; /* a histogram, NULL without one */
};

/* The family is one of an operation. */
bool operation_has(const struct family *family);

/* A counter of errors that are no share of anything, by its name. */
bool operation_errors(const struct family *family);

/* Finds the operations among families[0..count) of the registry. A histogram
 * and its family_counter are one. Returns how many, in *out, which lives as
 * long as the arena; NULL when memory ran out. */
size_t operations_find(const struct registry *registry,
                       const struct family *const *families, size_t count,
                       struct arena *arena, struct operation **out);

#endif

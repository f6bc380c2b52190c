/* operation: the families with rate, errors and duration of repeated work, such
 * as requests. */
#ifndef TALLYMAN_CLI_MONITORING_OPERATION_H
#define TALLYMAN_CLI_MONITORING_OPERATION_H

#include "base/arena.h"
#include "metrics/registry.h"

struct operation {
    const struct family *rate;     /* a counter, else a histogram */
    const struct family *duration; /* a histogram, or NULL */
};

/* Whether the family belongs to an operation. */
bool operation_has(const struct family *family);

/* Whether the name is that of a counter of errors without a total to compare
 * with. */
bool operation_errors(const struct family *family);

/* Finds the operations among families[0..count) of the registry. A histogram
 * and its family_counter are one operation. Returns their number, and in *out
 * an array that lives as long as the arena, NULL when memory ran out. */
size_t operations_find(const struct registry *registry,
                       const struct family *const *families, size_t count,
                       struct arena *arena, struct operation **out);

#endif

#include "cli/monitoring/operation.h"

#include "cli/monitoring/family_role.h"
#include "cli/monitoring/family_unit.h"

bool operation_errors(const struct family *family) {
    static const char *const words[] = {
        "error",      "errors",     "failure",   "failures",   "failed",
        "exception",  "exceptions", "rejection", "rejections", "rejected",
        "violations", "timeouts",   "crashes",   "retries",    NULL};
    return metric_shape(family->type) == SHAPE_TOTAL &&
           family_has_word(family, words) && !operation_has(family);
}

bool operation_has(const struct family *family) {
    const struct family_role role = family_role(family);
    return !family_begins(family, "performance_timing_") && !role.vital &&
           (role.error_label || role.latency);
}

/* The histogram that times the operations of the counter; NULL if there is
 * none. */
static const struct family *find_duration(const struct family *const *families,
                                          const struct family *const *counters,
                                          size_t count,
                                          const struct family *counter) {
    for (size_t i = 0; i < count; i++)
        if (counters[i] == counter && operation_has(families[i]))
            return families[i];
    return NULL;
}

size_t operations_find(const struct registry *registry,
                       const struct family *const *families, size_t count,
                       struct arena *arena, struct operation **out) {
    const struct family **counters =
        arena_take(arena, (count + 1) * sizeof(struct family *));
    size_t found = 0;
    *out = arena_take(arena, (count + 1) * sizeof(**out));
    if (!counters || !*out)
        return 0;
    for (size_t i = 0; i < count; i++)
        counters[i] = family_counter(registry, families[i]);
    for (size_t i = 0; i < count; i++) {
        const struct family *family = families[i];
        if (!operation_has(family))
            continue;
        const struct family *rate =
            counters[i] && operation_has(counters[i]) ? counters[i] : family;
        /* A counter and its histogram are one operation. */
        bool known = false;
        for (size_t k = 0; k < found && !known; k++)
            known = (*out)[k].rate == rate;
        if (known)
            continue;
        (*out)[found++] = (struct operation){
            rate, metric_shape(family->type) == SHAPE_BUCKETS
                      ? family
                      : find_duration(families, counters, count, family)};
    }
    return found;
}

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

/* The histogram that times what the counter counts, NULL without one. */
static const struct family *find_duration(const struct registry *registry,
                                          const struct family *const *families,
                                          size_t count,
                                          const struct family *counter) {
    for (size_t i = 0; i < count; i++)
        if (operation_has(families[i]) &&
            family_counter(registry, families[i]) == counter)
            return families[i];
    return NULL;
}

size_t operations_find(const struct registry *registry,
                       const struct family *const *families, size_t count,
                       struct operation *out) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        const struct family *family = families[i];
        const struct family *counter = family_counter(registry, family);
        if (!operation_has(family))
            continue;
        const struct family *rate =
            counter && operation_has(counter) ? counter : family;
        /* The first of the two stands for both. */
        bool known = false;
        for (size_t k = 0; k < found && !known; k++)
            known = out[k].rate == rate;
        if (known)
            continue;
        out[found++] = (struct operation){
            rate, metric_shape(family->type) == SHAPE_BUCKETS
                      ? family
                      : find_duration(registry, families, count, family)};
    }
    return found;
}

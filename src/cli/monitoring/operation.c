#include "cli/monitoring/operation.h"

#include <stdlib.h>
#include <string.h>

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
static const struct family *find_duration(const struct board *board,
                                          const struct family *counter) {
    const struct registry *registry = &board->monitoring->config->registry;
    for (size_t i = 0; i < board->count; i++)
        if (operation_has(board->families[i]) &&
            family_counter(registry, board->families[i]) == counter)
            return board->families[i];
    return NULL;
}

static void find_operation(const struct board *board,
                           const struct family *family,
                           struct operation *operation) {
    const struct family *counter =
        family_counter(&board->monitoring->config->registry, family);
    operation->rate = counter && operation_has(counter) ? counter : family;
    operation->duration = metric_shape(family->type) == SHAPE_BUCKETS
                              ? family
                              : find_duration(board, family);
    operation->role = family_role(operation->rate);
}

size_t operations_find(const struct board *board, struct operation **out) {
    size_t count = 0;
    *out = calloc(board->count + 1, sizeof(**out));
    for (size_t i = 0; *out && i < board->count; i++) {
        struct operation *operation = &(*out)[count];
        if (!operation_has(board->families[i]))
            continue;
        find_operation(board, board->families[i], operation);
        /* The first of the two stands for both. */
        bool known = false;
        for (size_t k = 0; k < count; k++)
            known = known || (*out)[k].rate == operation->rate;
        count += !known;
    }
    return count;
}

const char *operation_name(struct board *board,
                           const struct operation *operation) {
    return dashboard_text(&board->dashboard, "%.*s",
                          monitoring_base(board->monitoring, operation->rate),
                          operation->rate->name);
}

const char *operation_unit(const struct family *duration) {
    const char *unit = family_unit(duration);
    return strcmp(unit, "s") == 0 || strcmp(unit, "short") == 0 ? NULL : unit;
}

void panel_limit_errors(struct panel *panel, struct threshold thresholds[2]) {
    /* Rounded, so that no 0.0010000000000000009 is written. */
    const double share = round((1 - strtod(SLO_ERRORS, NULL)) * 1e6) / 1e6;
    thresholds[0] = (struct threshold){-INFINITY, "green"};
    thresholds[1] = (struct threshold){share, "red"};
    panel->thresholds = thresholds;
    panel->threshold_count = 2;
    panel->limits = true;
}

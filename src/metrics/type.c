#include "metrics/type.h"

#include <string.h>

/* Columns: name, text type, OpenMetrics type, suffix, part label, shape,
 * listed. */
const struct metric_traits metric_types[] = {
    [METRIC_COUNTER] = {"counter", "counter", "counter", "_total", NULL,
                        SHAPE_TOTAL, true},
    [METRIC_GAUGE] = {"gauge", "gauge", "gauge", "", NULL, SHAPE_VALUE, true},
    [METRIC_HISTOGRAM] = {"histogram", "histogram", "histogram", "", "le",
                          SHAPE_BUCKETS, true},
    [METRIC_SUMMARY] = {"summary", "summary", "summary", "", "quantile",
                        SHAPE_OBSERVATIONS, true},
    [METRIC_UNTYPED] = {"untyped", "untyped", "unknown", "", NULL, SHAPE_VALUE,
                        false},
};

const char *metric_type_name(enum metric_type type) {
    return metric_types[type].name;
}

bool metric_type_parse(const char *name, size_t len, enum metric_type *type) {
    for (size_t i = 0; i < METRIC_TYPES; i++)
        if (strlen(metric_types[i].name) == len &&
            memcmp(metric_types[i].name, name, len) == 0) {
            *type = (enum metric_type)i;
            return true;
        }
    return false;
}

bool metric_type_takes(enum metric_type type, enum metric_type pushed) {
    const enum metric_shape shape = metric_shape(type);
    return pushed == type || (pushed == METRIC_UNTYPED &&
                              (shape == SHAPE_TOTAL || shape == SHAPE_VALUE));
}

size_t metric_base_length(enum metric_type type, const char *name) {
    const char *suffix = metric_types[type].suffix;
    const size_t suffix_len = strlen(suffix);
    const size_t len = strlen(name);
    return len > suffix_len && strcmp(name + len - suffix_len, suffix) == 0
               ? len - suffix_len
               : len;
}

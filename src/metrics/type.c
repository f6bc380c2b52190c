#include "metrics/type.h"

#include <string.h>

const struct metric_traits metric_types[] = {
    [METRIC_COUNTER] = {.name = "counter",
                        .text = "counter",
                        .openmetrics = "counter",
                        .suffix = "_total",
                        .shape = SHAPE_TOTAL,
                        .listed = true},
    [METRIC_GAUGE] = {.name = "gauge",
                      .text = "gauge",
                      .openmetrics = "gauge",
                      .suffix = "",
                      .shape = SHAPE_VALUE,
                      .listed = true},
    [METRIC_HISTOGRAM] = {.name = "histogram",
                          .text = "histogram",
                          .openmetrics = "histogram",
                          .suffix = "",
                          .part_label = "le",
                          .shape = SHAPE_BUCKETS,
                          .listed = true},
    [METRIC_SUMMARY] = {.name = "summary",
                        .text = "summary",
                        .openmetrics = "summary",
                        .suffix = "",
                        .part_label = "quantile",
                        .shape = SHAPE_OBSERVATIONS,
                        .listed = true},
    [METRIC_UNTYPED] = {.name = "untyped",
                        .text = "untyped",
                        .openmetrics = "unknown",
                        .suffix = "",
                        .shape = SHAPE_VALUE,
                        .listed = false},
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

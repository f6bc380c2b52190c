/* type: the metric types, one row of traits for each. */
#ifndef TALLYMAN_METRICS_TYPE_H
#define TALLYMAN_METRICS_TYPE_H

#include <stdbool.h>
#include <stddef.h>

/* A summary keeps only sum and count. Untyped is a push without a type; it
 * keeps the last value, like a gauge. */
enum metric_type {
    METRIC_COUNTER,
    METRIC_GAUGE,
    METRIC_HISTOGRAM,
    METRIC_SUMMARY,
    METRIC_UNTYPED
};

/* The number of types. */
enum { METRIC_TYPES = METRIC_UNTYPED + 1 };

/* The parts of a series, and how a push changes them. */
enum metric_shape {
    SHAPE_TOTAL,        /* a value; pushes add to it */
    SHAPE_VALUE,        /* a value; pushes set it by the gauge's rule */
    SHAPE_OBSERVATIONS, /* sum and count of observations; pushes add to both */
    SHAPE_BUCKETS       /* the same, and a count for each bucket */
};

struct metric_traits {
    const char *name;        /* in allowlist files and in the database */
    const char *text;        /* on TYPE lines of text format 0.0.4 */
    const char *openmetrics; /* on TYPE lines of OpenMetrics 1.0 */
    const char *suffix;      /* OpenMetrics: of the series, absent from the
                                family */
    const char *part_label;  /* distinguishes the lines of one series in a
                                scrape; NULL for a single line */
    enum metric_shape shape;
    bool listed; /* an allowlist file may list it */
};

extern const struct metric_traits metric_types[METRIC_TYPES];

static inline enum metric_shape metric_shape(enum metric_type type) {
    return metric_types[type].shape;
}

/* A series has the sum and count of observations. */
static inline bool metric_observes(enum metric_type type) {
    return metric_shape(type) == SHAPE_OBSERVATIONS ||
           metric_shape(type) == SHAPE_BUCKETS;
}

const char *metric_type_name(enum metric_type type);

/* False when name[0..len) is not a type. */
bool metric_type_parse(const char *name, size_t len, enum metric_type *type);

/* Whether a family of the type accepts samples pushed as another type: untyped
 * ones, if it has one value per series. */
bool metric_type_takes(enum metric_type type, enum metric_type pushed);

/* The length of a series' name without its type's suffix: the length of the
 * OpenMetrics 1.0 family name, such as a counter without _total. */
size_t metric_base_length(enum metric_type type, const char *name);

#endif

/* type: the metric types, a row of traits for each. */
#ifndef TALLYMAN_METRICS_TYPE_H
#define TALLYMAN_METRICS_TYPE_H

#include <stdbool.h>
#include <stddef.h>

/* A summary keeps its sum and count only. Untyped is what came without a type;
 * it has the value that was pushed last, as a gauge. */
enum metric_type {
    METRIC_COUNTER,
    METRIC_GAUGE,
    METRIC_HISTOGRAM,
    METRIC_SUMMARY,
    METRIC_UNTYPED
};

/* How many types there are. */
enum { METRIC_TYPES = METRIC_UNTYPED + 1 };

/* What a series has, and what a push does with it. */
enum metric_shape {
    SHAPE_TOTAL,        /* a value, to which pushes add */
    SHAPE_VALUE,        /* a value, which pushes set by the gauge's rule */
    SHAPE_OBSERVATIONS, /* sum and count of observations, which pushes add */
    SHAPE_BUCKETS       /* those, and a count for each bucket */
};

struct metric_traits {
    const char *name;        /* in allowlist files and in the database */
    const char *text;        /* on TYPE lines of text format 0.0.4 */
    const char *openmetrics; /* on those of OpenMetrics 1.0 */
    const char *suffix;      /* OpenMetrics: of the series, not of the family */
    const char *part_label;  /* tells the lines of one series apart in a scrape;
                                NULL where there is one line */
    enum metric_shape shape;
    bool listed; /* an allowlist file may list it */
};

extern const struct metric_traits metric_types[METRIC_TYPES];

static inline enum metric_shape metric_shape(enum metric_type type) {
    return metric_types[type].shape;
}

/* A series has the sum and the count of observations. */
static inline bool metric_observes(enum metric_type type) {
    return metric_shape(type) == SHAPE_OBSERVATIONS ||
           metric_shape(type) == SHAPE_BUCKETS;
}

const char *metric_type_name(enum metric_type type);

/* False when name[0..len) is none of them. */
bool metric_type_parse(const char *name, size_t len, enum metric_type *type);

/* A family of the type can have samples that were pushed as another one:
 * untyped ones, where it has one value for each series. */
bool metric_type_takes(enum metric_type type, enum metric_type pushed);

/* The length of a series' name without the suffix of its type: that of its
 * family in OpenMetrics 1.0, such as that of a counter without _total. */
size_t metric_base_length(enum metric_type type, const char *name);

#endif

/* series: one series as it stands in the store. */
#ifndef TALLYMAN_METRICS_SERIES_H
#define TALLYMAN_METRICS_SERIES_H

#include <stddef.h>
#include <stdint.h>

#include "metrics/exemplar.h"

/* The texts belong to the maker of the struct and need not end with a NUL. */
struct series {
    const char *labels; /* JSON object, keys sorted */
    size_t labels_len;
    double value;        /* counter, gauge, untyped */
    double sum;          /* histogram, summary */
    uint64_t count;      /* summary */
    const char *buckets; /* histogram: JSON array of plain counts */
    size_t buckets_len;
    int64_t created_at; /* Unix seconds */
    int64_t updated_at; /* likewise; 0 where it was not asked for */
    const struct exemplar *exemplars; /* at most one a bucket, ordered by it */
    size_t exemplar_count;            /* 0 also where they were not asked for */
};

#endif

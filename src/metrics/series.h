/* series: one stored series. */
#ifndef TALLYMAN_METRICS_SERIES_H
#define TALLYMAN_METRICS_SERIES_H

#include <stddef.h>
#include <stdint.h>

#include "metrics/exemplar.h"

/* The creator of the struct owns the texts, which may lack a final NUL. */
struct series {
    const char *labels; /* JSON object with sorted keys */
    size_t labels_len;
    double value;        /* counter, gauge, untyped */
    double sum;          /* histogram, summary */
    uint64_t count;      /* summary */
    const char *buckets; /* histogram: JSON array of plain counts */
    size_t buckets_len;
    int64_t created_at;               /* Unix seconds */
    int64_t updated_at;               /* likewise; 0 where it was not read */
    const struct exemplar *exemplars; /* at most one per bucket, in bucket
                                         order */
    size_t exemplar_count;            /* 0 also where exemplars were not read */
};

#endif

/* pushed: metric families as a program pushes them, whatever the format. */
#ifndef TALLYMAN_METRICS_PUSHED_H
#define TALLYMAN_METRICS_PUSHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/value_set.h"
#include "metrics/exemplar.h"
#include "metrics/label.h"
#include "metrics/metric.h"
#include "metrics/type.h"

struct batch_group;
struct pushed_family;

/* So many observations of one value. Those of a bucket have its upper bound. */
struct observed {
    double value;
    uint64_t count;
};

/* The meaning of the values of a stream, where the format has one. */
enum temporality {
    TEMPORALITY_LISTED, /* what the family's file says */
    TEMPORALITY_DELTA,
    TEMPORALITY_CUMULATIVE /* running totals of pushed_point.pusher */
};

/* The further parts of a series in formats whose points stand alone. */
struct pushed_point {
    /* Labels that a listed family gets if it lists them, in place of labels of
     * the same name; the first `identity` of them an open family gets, too. */
    const struct label *offered;
    size_t offered_count;
    size_t identity;
    /* Histogram or summary: in place of bounds and buckets, they go into those
     * of the family; the series has their sum and count. NULL without. */
    const struct observed *observed;
    size_t observed_count;
    enum temporality temporality;
    const char *pusher; /* cumulative: the labels that identify the process, as
                           canonical JSON */
    size_t pusher_len;
    int64_t epoch; /* cumulative: when the totals began, in Unix nanoseconds; 0:
                      not known */
    bool
        relative; /* gauge: the value is to be added to the one that is there */
    /* A family with one series that is taken with this one or not at all: both
     * are one point. NULL without. */
    const struct pushed_family *also;
};

/* One series of a family, with what it adds. */
struct pushed_series {
    const struct label *labels; /* as given, names distinct, no le, no
                                   quantile; values are valid UTF-8 without
                                   NUL, not NUL-terminated */
    size_t label_count;
    unsigned line;  /* where it begins, from 1; 0 when there are no lines */
    double value;   /* counter, gauge, untyped: any */
    double sum;     /* histogram, summary: any */
    uint64_t count; /* likewise, below 2^53 */
    const struct batch_group *group; /* that it comes from in another node, or
                                        NULL */
    int64_t at; /* gauge, untyped: when it was set, in Unix seconds; 0: now,
                   and always so in a push */
    const double *bounds;    /* histogram: ascending, finite */
    const uint64_t *buckets; /* bound_count + 1 plain counts, their sum is
                                count */
    size_t bound_count;      /* at most HISTOGRAM_BOUNDS_MAX */
    const struct exemplar *exemplars; /* counter, histogram */
    size_t exemplar_count;
    const struct pushed_point *point; /* NULL in formats that have none */
};

struct pushed_family {
    const char *name; /* NUL-terminated, valid. That of the series: a counter
                         of OpenMetrics has its _total, an info its _info */
    size_t name_len;
    const char *help; /* unescaped, NUL-terminated, "" without one */
    const char *unit; /* likewise */
    enum metric_type type;
    bool unsupported; /* a gauge histogram: its series are counted, no more */
    unsigned line;    /* of its first mention, 0 when there are no lines */
    struct pushed_series *series;
    size_t count;
    size_t room;
};

/* A zeroed struct is an empty push. Everything belongs to the arena, but the
 * label values that needed no decoding: they point into the body that was
 * read, which must live as long. */
struct pushed {
    struct arena arena;
    struct value_set names; /* of families; the index is that of the family */
    struct pushed_family *families;
    size_t room;
    struct value_set label_names;
};

/* The family of that name, added as untyped if it is not there; NULL when
 * memory ran out. Valid until the next call. */
struct pushed_family *pushed_family(struct pushed *pushed, const char *name,
                                    size_t len);

/* NULL when there is no family of that name. */
struct pushed_family *pushed_find(const struct pushed *pushed, const char *name,
                                  size_t len);

/* How many families there are. */
size_t pushed_count(const struct pushed *pushed);

/* A zeroed series at the end of the family; NULL when memory ran out. Valid
 * until the next call. */
struct pushed_series *pushed_add(struct pushed *pushed,
                                 struct pushed_family *family);

/* A NUL-terminated copy of a label name that lives as long as pushed, one for
 * all labels of that name; NULL when memory ran out. */
const char *pushed_label_name(struct pushed *pushed, const char *name,
                              size_t len);

/* The series has that label; its name is from pushed_label_name. */
bool pushed_has_label(const struct pushed_series *series,
                      const struct label *label);

/* Empties it and keeps some of its memory. */
void pushed_reset(struct pushed *pushed);

void pushed_free(struct pushed *pushed);

#endif

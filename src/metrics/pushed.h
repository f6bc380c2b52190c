/* pushed: metric families of a push, independent of the wire format. */
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

/* A number of observations of one value. Those of a bucket have its upper
 * bound. */
struct observed {
    double value;
    uint64_t count;
};

/* The meaning of a stream's values, in formats that state it. */
enum temporality {
    TEMPORALITY_LISTED, /* as the family's file says */
    TEMPORALITY_DELTA,
    TEMPORALITY_CUMULATIVE /* totals of the process pushed_point.pusher */
};

/* Further members of a series, in formats with independent points. */
struct pushed_point {
    /* Labels for a listed family, if it lists them; they replace labels of the
     * same name. An open family gets the first `identity` of them. */
    const struct label *offered;
    size_t offered_count;
    size_t identity;
    /* Histogram or summary: observations for the bounds of the family, used
     * instead of bounds and buckets. The series has their sum and count. NULL
     * if unused. */
    const struct observed *observed;
    size_t observed_count;
    enum temporality temporality;
    const char *pusher; /* cumulative: the labels that identify the process, as
                           canonical JSON */
    size_t pusher_len;
    int64_t epoch; /* cumulative: when the totals began, in Unix nanoseconds; 0:
                      unknown */
    bool relative; /* gauge: add the value to the stored one */
    /* A family with one series that belongs to the same point: both are added,
     * or neither. NULL for none. */
    const struct pushed_family *also;
};

/* One pushed series of a family. */
struct pushed_series {
    const struct label *labels; /* as pushed; distinct names, no le, no
                                   quantile; values are valid UTF-8 without NUL,
                                   not NUL-terminated */
    size_t label_count;
    unsigned line;  /* where it begins, from 1; 0: not a text format */
    double value;   /* counter, gauge, untyped: any */
    double sum;     /* histogram, summary: any */
    uint64_t count; /* likewise, below 2^53 */
    const struct batch_group *group; /* its group in another node; or NULL */
    int64_t at; /* gauge, untyped: when another node set it, in Unix seconds; 0:
                   now, as in every push */
    const double *bounds;    /* histogram: ascending, finite */
    const uint64_t *buckets; /* bound_count + 1 plain counts, which add up to
                                count */
    size_t bound_count;      /* at most HISTOGRAM_BOUNDS_MAX */
    const struct exemplar *exemplars; /* counter, histogram */
    size_t exemplar_count;
    int64_t history; /* its row in the database of another node, whose history
                        is added too; 0: none */
    const struct pushed_point *point; /* NULL in formats without points */
};

struct pushed_family {
    const char *name; /* NUL-terminated and valid. The name of the series: an
                         OpenMetrics counter has its _total, an info its
                         _info */
    size_t name_len;
    const char *help; /* unescaped, NUL-terminated; "" for none */
    const char *unit; /* likewise */
    enum metric_type type;
    bool unsupported; /* a gauge histogram: its series are only counted */
    unsigned line;    /* of its first mention, from 1; 0: not a text format */
    struct pushed_series *series;
    size_t count;
    size_t room;
};

/* A zeroed struct is an empty push. The arena owns everything except label
 * values that needed no decoding: those point into the body, which must live as
 * long. */
struct pushed {
    struct arena arena;
    struct value_set names; /* of families, with the same indexes */
    struct pushed_family *families;
    size_t room;
    struct value_set label_names;
};

/* Finds the family of that name, or adds it as untyped. NULL when memory ran
 * out. Valid until the next call. */
struct pushed_family *pushed_family(struct pushed *pushed, const char *name,
                                    size_t len);

/* NULL when there is no family of that name. */
struct pushed_family *pushed_find(const struct pushed *pushed, const char *name,
                                  size_t len);

/* The number of families. */
size_t pushed_count(const struct pushed *pushed);

/* Appends a zeroed series to the family; NULL when memory ran out. Valid until
 * the next call. */
struct pushed_series *pushed_add(struct pushed *pushed,
                                 struct pushed_family *family);

/* The NUL-terminated name of a label, one copy for all labels of that name,
 * valid as long as pushed. NULL when memory ran out. */
const char *pushed_label_name(struct pushed *pushed, const char *name,
                              size_t len);

/* Whether the series has that label; name is from pushed_label_name. */
bool pushed_has_label(const struct pushed_series *series,
                      const struct label *label);

/* Empties it and keeps some of its memory. */
void pushed_reset(struct pushed *pushed);

void pushed_free(struct pushed *pushed);

#endif

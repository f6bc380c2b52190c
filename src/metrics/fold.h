/* fold: merges all batches of a turn into one delta per series. */
#ifndef TALLYMAN_METRICS_FOLD_H
#define TALLYMAN_METRICS_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metrics/batch.h"
#include "metrics/registry.h"

/* A series as it is kept between turns. There may be hundreds of thousands. */
struct fold_series {
    const struct family *family;
    uint32_t combination; /* in an open family: the index of its label set */
    uint32_t pending;     /* index + 1 in fold.pending; 0: not in this turn */
    int64_t row;          /* for the store: the series' row; 0: unknown */
    int64_t row_group;    /* likewise: the last group that the series was added
                             to; 0: none */
    uint32_t step;        /* likewise: the last step of the history in which it
                             was checked; 0: none */
};

/* The change of one series in a turn. */
struct delta {
    struct fold_series *series; /* fold_clear copies row, row_group and step to
                                   it */
    const struct family *family;
    uint64_t combination;
    int64_t row;
    int64_t row_group;
    uint32_t step;
    const struct batch_group *group; /* the first of the turn; or NULL */
    enum metric_shape shape;         /* of the family's type */
    bool relative;                   /* gauge: add value to the stored value */
    double value;   /* counter: the increment; gauge: merged by its rule; NaN if
                       every value was NaN */
    double sum;     /* histogram, summary: sum of the observations */
    uint64_t count; /* likewise: their number; gauge: number of values */
    uint64_t *buckets; /* histogram: bound_count + 1 plain counts */
    int64_t at;        /* gauge: when another node set it; 0: now */
    const struct exemplar **exemplars; /* the last of each bucket, or NULL; NULL
                                          without exemplars */
};

/* A zeroed struct is an empty fold. */
struct fold {
    struct fold_series **slots; /* hash table, NULL where free */
    size_t slot_count;
    size_t count;
    struct delta **pending; /* the deltas of this turn, in order */
    size_t pending_count;
    size_t pending_room;
    struct arena series; /* all series seen so far */
    struct arena deltas; /* deltas of the turn */
};

/* Finds or adds a series; a new one has no row. NULL when memory ran out.
 * combination is the index of an open family's label set, or the result of
 * family_combination. */
struct fold_series *fold_find(struct fold *fold, const struct family *family,
                              uint64_t combination);

/* Adds one sample whose values are all known. Returns -1 when memory ran out;
 * the caller must then end the turn with fold_clear. */
int fold_add(struct fold *fold, const struct sample *sample);

/* Drops the pending deltas. forget_rows: also forgets the rows of their series,
 * because the transaction that may have inserted them was rolled back. */
void fold_clear(struct fold *fold, bool forget_rows);

void fold_free(struct fold *fold);

#endif

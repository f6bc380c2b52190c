/* fold: all batches of a turn merged into one delta per series. */
#ifndef TALLYMAN_METRICS_FOLD_H
#define TALLYMAN_METRICS_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metrics/batch.h"
#include "metrics/registry.h"

/* A series as it is kept between turns: there may be hundreds of thousands. */
struct fold_series {
    const struct family *family;
    uint32_t combination; /* of an open family: the index of its label set */
    uint32_t pending;     /* its place among those of the turn, from 1; 0: it
                             was not touched */
    int64_t row;          /* for the store: the series' row, 0 if unknown */
    int64_t row_group;    /* likewise: the last group that was told that the
                             series is there; 0 if none */
};

/* What a turn adds to one series. */
struct delta {
    struct fold_series *series; /* gets row and row_group with fold_clear */
    const struct family *family;
    uint64_t combination;
    int64_t row;
    int64_t row_group;
    const struct batch_group *group; /* the first of the turn, or NULL */
    enum metric_shape shape;         /* of the family's type */
    bool relative;  /* gauge: value is to be added to the one that is there */
    double value;   /* counter: to add; gauge: merged by its rule; NaN if
                       none of the values was a number */
    double sum;     /* histogram, summary: of the observations */
    uint64_t count; /* likewise: observations; gauge: how many values */
    uint64_t *buckets; /* histogram: bound_count + 1 plain counts */
    int64_t at;        /* gauge: when it was set elsewhere; 0: now */
    const struct exemplar **exemplars; /* the last of each bucket of the
                                          family, or NULL; NULL without any */
};

/* A zeroed struct is an empty fold. */
struct fold {
    struct fold_series **slots; /* hash table, NULL where free */
    size_t slot_count;
    size_t count;
    struct delta **pending; /* what this turn touched, in order */
    size_t pending_count;
    size_t pending_room;
    struct arena series; /* every one that was seen */
    struct arena deltas; /* of the turn */
};

/* A series, without a row if it was not seen before; NULL when memory ran out.
 * combination is that of an open family's label set, or family_combination. */
struct fold_series *fold_find(struct fold *fold, const struct family *family,
                              uint64_t combination);

/* Adds one sample whose values are all known. Returns -1 when memory ran out;
 * the turn must then be given up with fold_clear. */
int fold_add(struct fold *fold, const struct sample *sample);

/* Forgets what is pending; with forget_rows also the rows of those series,
 * because the transaction that may have made them was rolled back. */
void fold_clear(struct fold *fold, bool forget_rows);

void fold_free(struct fold *fold);

#endif

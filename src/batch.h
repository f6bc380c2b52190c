/* batch: the samples of one push, checked against the registry. */
#ifndef TALLYMAN_BATCH_H
#define TALLYMAN_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "registry.h"

/* Why a sample was refused. The order is that of the exposition. */
enum reject_reason {
    REJECT_INVALID_SAMPLE,
    REJECT_INVALID_LABELS,
    REJECT_INVALID_VALUE,
    REJECT_NEGATIVE_VALUE,
    REJECT_LABEL_TOO_LONG,
    REJECT_LABEL_VALUE,
    REJECT_TOO_MANY_OBSERVATIONS,
    REJECT_TOO_MANY_SAMPLES,
    REJECT_TYPE_MISMATCH,
    REJECT_UNKNOWN_FAMILY,
    REJECT_REASONS /* how many there are */
};

/* The value of the label `reason`. */
const char *reject_reason_name(enum reject_reason reason);

struct sample {
    struct family *family;
    uint32_t *values;           /* an index for each label of the family, or
                                   VALUE_NONE for an open value not yet known */
    const struct label *texts;  /* the values as pushed; NULL if all is known */
    double value;               /* counter: the increment; gauge: the value */
    const double *observations; /* histogram */
    size_t observation_count;
};

enum { BATCH_ID_SIZE = 16 };

/* A zeroed struct is an empty batch. What its samples point to belongs to the
 * arena, the families to the registry it was checked against. */
struct batch {
    struct arena arena;
    struct sample *samples;
    size_t count;
    size_t room;
    bool has_id;
    unsigned char id[BATCH_ID_SIZE]; /* a UUIDv7 (RFC 9562) */
    bool repeated; /* set by store_commit: the id was counted before */
    size_t rejected[REJECT_REASONS];
};

/* A zeroed sample at the end of the batch; NULL when memory ran out. It is
 * valid until the next call. */
struct sample *batch_add(struct batch *batch);

size_t batch_rejected(const struct batch *batch);

/* What a label lookup says of pushed labels. */
enum label_result { LABELS_OK, LABELS_MEMORY, LABELS_WRONG, LABELS_REFUSED };

/* Sets the sample's values from labels[0..count), pushed in any order:
 * LABELS_WRONG when their names are not exactly those of the sample's family,
 * LABELS_REFUSED when a closed label has no such value. */
enum label_result batch_set_labels(struct batch *batch, struct sample *sample,
                                   const struct label *labels, size_t count);

/* Empties the batch and keeps some of its memory. */
void batch_reset(struct batch *batch);

void batch_free(struct batch *batch);

#endif

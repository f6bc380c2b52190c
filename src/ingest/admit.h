/* admit: the families of a push, checked against what may be pushed. */
#ifndef TALLYMAN_INGEST_ADMIT_H
#define TALLYMAN_INGEST_ADMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "metrics/batch.h"
#include "metrics/pushed.h"

/* What one push is checked against. */
struct admission {
    const struct config *config;
    const struct string_list *families; /* patterns of what the caller may
                                           push; NULL for any family */
    const struct label *path;           /* labels of the path, sorted by name */
    size_t path_count;
    bool path_wins; /* over labels of the body; else one in both is refused */
    bool totals;    /* what is added are the totals of another program or node:
                       for cumulative families increments, nobody's running
                       totals, and families of Grafana sessions are welcome */
    double now;     /* Unix seconds: when the group of the path is pushed */
    bool failed;    /* the push was refused, what there is says only that */
};

/* Appends the samples of pushed to batch. What they point to belongs to the
 * batch, to pushed or to the configuration. Families that drop_families names
 * are left out and counted in batch->rejected. Anything else that may not be
 * pushed refuses the push as a whole: -1 with a message, batch->refusal says
 * why and batch->refused is set; without it, memory ran out. */
int admit(const struct pushed *pushed, const struct admission *admission,
          struct batch *batch, struct err *err);

#endif

/* groups: the push groups in the exposition of a gateway. */
#ifndef TALLYMAN_INGEST_GROUPS_H
#define TALLYMAN_INGEST_GROUPS_H

#include "metrics/batch.h"
#include "metrics/pushed.h"

/* Reads groups[0..*count) from the push times that a gateway exposes, one per
 * group, with the group's labels. Assigns each series to the group with the
 * most labels among the groups whose labels it has. All memory belongs to
 * pushed. Returns -1 if memory ran out. */
int pushed_groups_find(struct pushed *pushed, struct batch_group **groups,
                       size_t *count);

#endif

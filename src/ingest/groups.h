/* groups: the groups that the exposition of a gateway tells of. */
#ifndef TALLYMAN_INGEST_GROUPS_H
#define TALLYMAN_INGEST_GROUPS_H

#include "metrics/batch.h"
#include "metrics/pushed.h"

/* A gateway exposes when each of its groups was pushed, with the labels of the
 * group: makes groups[0..*count) of that, and each series of any other family
 * one of the group with the most labels among those whose labels it carries.
 * All belongs to pushed. Returns -1 when memory ran out. */
int pushed_groups_find(struct pushed *pushed, struct batch_group **groups,
                       size_t *count);

#endif

/* pushed_index: finds the series of a push by their labels. */
#ifndef TALLYMAN_INGEST_PUSHED_INDEX_H
#define TALLYMAN_INGEST_PUSHED_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "metrics/pushed.h"

/* A series, and what its reader wants to keep beside it. */
struct pushed_entry {
    uint64_t hash;
    uint32_t family;  /* index in pushed->families */
    uint32_t series;  /* index in its series */
    unsigned created; /* line of its _created sample, 0 without one */
    struct builder_parts *parts; /* of a histogram or summary */
};

/* A zeroed struct is an empty index. */
struct pushed_index {
    struct pushed_entry *entries; /* in the order in which they were added */
    size_t count;
    size_t room;
    struct pushed_slot *slots; /* hash table, at most half full */
    size_t slot_count;
};

/* The entry of the family's series with these labels, in whatever order; their
 * names are distinct and from pushed_label_name. When there is none, a series
 * with a copy of the labels is added; its line is 0. The values are not copied.
 * Valid until the next call; NULL when memory ran out. */
struct pushed_entry *pushed_index_get(struct pushed_index *index,
                                      struct pushed *pushed, uint32_t family,
                                      const struct label *labels, size_t count);

void pushed_index_free(struct pushed_index *index);

#endif

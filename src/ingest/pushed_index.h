/* pushed_index: finds the series of a push by their labels. */
#ifndef TALLYMAN_INGEST_PUSHED_INDEX_H
#define TALLYMAN_INGEST_PUSHED_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "metrics/pushed.h"

/* A series, and the state that its reader keeps. */
struct pushed_entry {
    uint64_t hash;
    uint32_t family;             /* index in pushed->families */
    uint32_t series;             /* index in its series */
    unsigned created;            /* line of its _created sample; 0: none */
    struct builder_parts *parts; /* of a histogram or summary */
};

/* A zeroed struct is an empty index. */
struct pushed_index {
    struct pushed_entry *entries; /* in order of insertion */
    size_t count;
    size_t room;
    struct pushed_slot *slots; /* hash table, at most half full */
    size_t slot_count;
};

/* Returns the entry of the family's series with these labels, in any order;
 * their names are distinct and from pushed_label_name. If there is none, adds a
 * series with line 0 and a copy of the labels, but not of the values. Valid
 * until the next call; NULL if memory ran out. */
struct pushed_entry *pushed_index_get(struct pushed_index *index,
                                      struct pushed *pushed, uint32_t family,
                                      const struct label *labels, size_t count);

void pushed_index_free(struct pushed_index *index);

#endif

#include "ingest/pushed_index.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"

/* Comparing the upper half of the hash avoids most reads of entries. */
struct pushed_slot {
    uint32_t tag;
    uint32_t entry; /* its index + 1; 0: free */
};

/* A sum does not depend on the order of the labels. Equal names have the same
 * address; an odd factor preserves all bits of the value's hash. */
static uint64_t hash_labels(uint32_t family, const struct label *labels,
                            size_t count) {
    uint64_t hash = family * 0x9E3779B97F4A7C15u;
    for (size_t i = 0; i < count; i++)
        hash += siphash(labels[i].value, labels[i].value_len) *
                ((uint64_t)(uintptr_t)labels[i].name << 1 | 1);
    return hash;
}

/* Names are distinct, so two sets of equal size are equal if all labels of one
 * are in the other. Most clients keep the order. */
static bool labels_equal(const struct pushed_series *series,
                         const struct label *labels, size_t count) {
    if (series->label_count != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct label *same = &series->labels[i];
        if (same->name == labels[i].name
                ? !label_value_equal(same, &labels[i])
                : !pushed_has_label(series, &labels[i]))
            return false;
    }
    return true;
}

static bool entry_is(const struct pushed *pushed,
                     const struct pushed_entry *entry, uint32_t family,
                     const struct label *labels, size_t count) {
    return entry->family == family &&
           labels_equal(&pushed->families[family].series[entry->series], labels,
                        count);
}

static void fill_slot(struct pushed_index *index, size_t entry) {
    uint64_t hash = index->entries[entry].hash;
    size_t slot = (size_t)hash & (index->slot_count - 1);
    while (index->slots[slot].entry != 0)
        slot = (slot + 1) & (index->slot_count - 1);
    index->slots[slot] =
        (struct pushed_slot){(uint32_t)(hash >> 32), (uint32_t)entry + 1};
}

static bool grow(struct pushed_index *index) {
    if (index->count < index->room)
        return true;
    size_t room = index->room ? index->room * 4 : 256;
    struct pushed_entry *entries =
        realloc(index->entries, room * sizeof(*entries));
    if (!entries)
        return false;
    index->entries = entries;
    struct pushed_slot *slots = calloc(room * 2, sizeof(*slots));
    if (!slots)
        return false;
    free(index->slots);
    index->slots = slots;
    index->slot_count = room * 2;
    index->room = room;
    for (size_t i = 0; i < index->count; i++)
        fill_slot(index, i);
    return true;
}

static struct pushed_entry *add(struct pushed_index *index,
                                struct pushed *pushed, uint32_t family,
                                const struct label *labels, size_t count,
                                uint64_t hash) {
    if (!grow(index))
        return NULL;
    struct label *copy = arena_take(&pushed->arena, count * sizeof(*copy));
    struct pushed_series *series =
        copy ? pushed_add(pushed, &pushed->families[family]) : NULL;
    if (!series)
        return NULL;
    if (count > 0)
        memcpy(copy, labels, count * sizeof(*copy));
    series->labels = copy;
    series->label_count = count;
    struct pushed_entry *entry = &index->entries[index->count];
    *entry = (struct pushed_entry){
        .hash = hash,
        .family = family,
        .series = (uint32_t)(pushed->families[family].count - 1)};
    fill_slot(index, index->count++);
    return entry;
}

struct pushed_entry *pushed_index_get(struct pushed_index *index,
                                      struct pushed *pushed, uint32_t family,
                                      const struct label *labels,
                                      size_t count) {
    /* Try the last entry first: the lines of a histogram are one series. */
    if (index->count > 0) {
        struct pushed_entry *last = &index->entries[index->count - 1];
        if (entry_is(pushed, last, family, labels, count))
            return last;
    }
    uint64_t hash = hash_labels(family, labels, count);
    size_t mask = index->slot_count - 1;
    size_t slot = index->slot_count > 0 ? (size_t)hash & mask : 0;
    for (; index->slot_count > 0 && index->slots[slot].entry != 0;
         slot = (slot + 1) & mask) {
        if (index->slots[slot].tag != (uint32_t)(hash >> 32))
            continue;
        struct pushed_entry *entry =
            &index->entries[index->slots[slot].entry - 1];
        if (entry_is(pushed, entry, family, labels, count))
            return entry;
    }
    return add(index, pushed, family, labels, count, hash);
}

void pushed_index_free(struct pushed_index *index) {
    free(index->entries);
    free(index->slots);
    *index = (struct pushed_index){0};
}

#include "metrics/fold.h"

#include <stdlib.h>
#include <string.h>

#include "metrics/histogram.h"

static size_t hash(const struct family *family, uint64_t combination) {
    uint64_t value = (uint64_t)(uintptr_t)family ^ (combination << 1);
    value *= 0x9E3779B97F4A7C15u;
    return (size_t)(value ^ (value >> 32));
}

static struct delta **find_slot(struct delta **slots, size_t slot_count,
                                const struct family *family,
                                uint64_t combination) {
    size_t slot = hash(family, combination) & (slot_count - 1);
    while (slots[slot] && (slots[slot]->family != family ||
                           slots[slot]->combination != combination))
        slot = (slot + 1) & (slot_count - 1);
    return &slots[slot];
}

static bool grow_slots(struct fold *fold) {
    if (fold->count * 2 < fold->slot_count)
        return true;
    size_t slot_count = fold->slot_count ? fold->slot_count * 2 : 64;
    struct delta **slots = calloc(slot_count, sizeof(struct delta *));
    if (!slots)
        return false;
    for (size_t i = 0; i < fold->slot_count; i++) {
        struct delta *delta = fold->slots[i];
        if (delta)
            *find_slot(slots, slot_count, delta->family, delta->combination) =
                delta;
    }
    free(fold->slots);
    fold->slots = slots;
    fold->slot_count = slot_count;
    return true;
}

static bool grow_pending(struct fold *fold) {
    if (fold->pending_count < fold->pending_room)
        return true;
    size_t room = fold->pending_room ? fold->pending_room * 2 : 64;
    struct delta **pending =
        realloc(fold->pending, room * sizeof(struct delta *));
    if (!pending)
        return false;
    fold->pending = pending;
    fold->pending_room = room;
    return true;
}

static struct delta *delta_new(struct fold *fold, const struct family *family,
                               uint64_t combination) {
    struct delta *delta = arena_take(&fold->arena, sizeof(*delta));
    if (!delta)
        return NULL;
    *delta = (struct delta){.family = family,
                            .combination = combination,
                            .shape = metric_shape(family->type)};
    if (delta->shape != SHAPE_BUCKETS)
        return delta;
    size_t size = (family->bound_count + 1) * sizeof(*delta->buckets);
    delta->buckets = arena_take(&fold->arena, size);
    if (!delta->buckets)
        return NULL;
    memset(delta->buckets, 0, size);
    return delta;
}

struct delta *fold_find(struct fold *fold, const struct family *family,
                        uint64_t combination) {
    if (!grow_slots(fold))
        return NULL;
    struct delta **slot =
        find_slot(fold->slots, fold->slot_count, family, combination);
    if (!*slot) {
        struct delta *delta = delta_new(fold, family, combination);
        if (!delta)
            return NULL;
        *slot = delta;
        fold->count++;
    }
    return *slot;
}

static void observe(struct delta *delta, const struct sample *sample) {
    const struct family *family = delta->family;
    for (size_t i = 0; i < sample->observation_count; i++) {
        double value = sample->observations[i];
        delta->buckets[histogram_bucket(family->bounds, family->bound_count,
                                        value)]++;
        delta->sum += value;
    }
    delta->count += sample->observation_count;
}

static void add_buckets(struct delta *delta, const struct sample *sample) {
    for (size_t i = 0; i <= delta->family->bound_count; i++)
        delta->buckets[i] =
            histogram_count_add(delta->buckets[i], sample->buckets[i]);
    delta->sum += sample->sum;
    delta->count = histogram_count_add(delta->count, sample->count);
}

static void merge_gauge(struct delta *delta, const struct sample *sample) {
    enum gauge_rule rule = delta->family->gauge;
    if (delta->count == 0)
        delta->value = sample->value;
    else if (rule != GAUGE_LAST || sample->at >= delta->at)
        delta->value = gauge_merge(rule, delta->value, sample->value);
    if (sample->at > delta->at)
        delta->at = sample->at;
    delta->count++;
}

static void merge(struct delta *delta, const struct sample *sample) {
    switch (delta->shape) {
    case SHAPE_TOTAL:
        delta->value += sample->value;
        break;
    case SHAPE_VALUE:
        merge_gauge(delta, sample);
        break;
    case SHAPE_BUCKETS:
        if (sample->buckets)
            add_buckets(delta, sample);
        else
            observe(delta, sample);
        break;
    case SHAPE_OBSERVATIONS:
        delta->sum += sample->sum;
        delta->count = histogram_count_add(delta->count, sample->count);
        break;
    }
}

int fold_add(struct fold *fold, const struct sample *sample) {
    const struct family *family = sample->family;
    uint64_t combination = family->any_labels
                               ? sample->values[0]
                               : family_combination(family, sample->values);
    struct delta *delta =
        grow_pending(fold) ? fold_find(fold, family, combination) : NULL;
    if (!delta)
        return -1;
    if (!delta->pending) {
        delta->pending = true;
        fold->pending[fold->pending_count++] = delta;
    }
    if (!delta->group)
        delta->group = sample->group;
    merge(delta, sample);
    return 0;
}

void fold_clear(struct fold *fold, bool forget_rows) {
    for (size_t i = 0; i < fold->pending_count; i++) {
        struct delta *delta = fold->pending[i];
        delta->pending = false;
        delta->value = 0;
        delta->sum = 0;
        delta->count = 0;
        delta->at = 0;
        delta->group = NULL;
        if (forget_rows) {
            delta->row = 0;
            delta->row_group = 0;
        }
        if (delta->buckets)
            memset(delta->buckets, 0,
                   (delta->family->bound_count + 1) * sizeof(*delta->buckets));
    }
    fold->pending_count = 0;
}

void fold_free(struct fold *fold) {
    free(fold->slots);
    free(fold->pending);
    arena_free(&fold->arena);
    *fold = (struct fold){0};
}

#include "metrics/fold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/histogram.h"

static size_t hash(const struct family *family, uint64_t combination) {
    uint64_t value = (uint64_t)(uintptr_t)family ^ (combination << 1);
    value *= 0x9E3779B97F4A7C15u;
    return (size_t)(value ^ (value >> 32));
}

static struct fold_series **find_slot(struct fold_series **slots,
                                      size_t slot_count,
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
    struct fold_series **slots =
        calloc(slot_count, sizeof(struct fold_series *));
    if (!slots)
        return false;
    for (size_t i = 0; i < fold->slot_count; i++) {
        struct fold_series *series = fold->slots[i];
        if (series)
            *find_slot(slots, slot_count, series->family, series->combination) =
                series;
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

struct fold_series *fold_find(struct fold *fold, const struct family *family,
                              uint64_t combination) {
    if (!grow_slots(fold))
        return NULL;
    struct fold_series **slot =
        find_slot(fold->slots, fold->slot_count, family, combination);
    if (!*slot) {
        struct fold_series *series = arena_take(&fold->series, sizeof(*series));
        if (!series)
            return NULL;
        *series = (struct fold_series){.family = family,
                                       .combination = (uint32_t)combination};
        *slot = series;
        fold->count++;
    }
    return *slot;
}

static struct delta *delta_new(struct fold *fold, struct fold_series *series) {
    const struct family *family = series->family;
    struct delta *delta = arena_take(&fold->deltas, sizeof(*delta));
    if (!delta || !grow_pending(fold))
        return NULL;
    *delta = (struct delta){.series = series,
                            .family = family,
                            .combination = series->combination,
                            .row = series->row,
                            .row_group = series->row_group,
                            .step = series->step,
                            .shape = metric_shape(family->type)};
    if (delta->shape == SHAPE_BUCKETS) {
        size_t size = (family->bound_count + 1) * sizeof(*delta->buckets);
        delta->buckets = arena_take(&fold->deltas, size);
        if (!delta->buckets)
            return NULL;
        memset(delta->buckets, 0, size);
    }
    fold->pending[fold->pending_count++] = delta;
    series->pending = (uint32_t)fold->pending_count;
    return delta;
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

/* NaN adds nothing. */
static void add_relative(struct delta *delta, double value) {
    if (delta->count == 0)
        delta->relative = true;
    double sum = (isnan(delta->value) ? 0 : delta->value) + value;
    delta->value = delta->relative ? metric_value_clamp(sum)
                                   : family_clamp(delta->family, sum);
}

static void merge_gauge(struct delta *delta, const struct sample *sample) {
    enum gauge_rule rule = delta->family->gauge;
    if (sample->relative && rule == GAUGE_LAST) {
        add_relative(delta, sample->value);
    } else if (delta->count == 0) {
        delta->value = sample->value;
    } else if (rule != GAUGE_LAST || sample->at >= delta->at) {
        delta->value = gauge_merge(rule, delta->value, sample->value);
        delta->relative = false;
    }
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

/* Keeps the last exemplar of each bucket. Skips those that no scrape could
 * show. */
static int keep_exemplars(struct fold *fold, struct delta *delta,
                          const struct sample *sample) {
    const struct family *family = delta->family;
    size_t size = (family->bound_count + 1) * sizeof(struct exemplar *);
    if (!delta->exemplars) {
        delta->exemplars = arena_take(&fold->deltas, size);
        if (!delta->exemplars)
            return -1;
        memset(delta->exemplars, 0, size);
    }
    for (size_t i = 0; i < sample->exemplar_count; i++) {
        const struct exemplar *exemplar = &sample->exemplars[i];
        if (exemplar_fits(exemplar))
            delta->exemplars[histogram_bucket(
                family->bounds, family->bound_count, exemplar->value)] =
                exemplar;
    }
    return 0;
}

int fold_add(struct fold *fold, const struct sample *sample) {
    const struct family *family = sample->family;
    uint64_t combination = sample_combination(sample);
    struct fold_series *series = fold_find(fold, family, combination);
    if (!series)
        return -1;
    struct delta *delta = series->pending > 0
                              ? fold->pending[series->pending - 1]
                              : delta_new(fold, series);
    if (!delta)
        return -1;
    if (!delta->group)
        delta->group = sample->group;
    merge(delta, sample);
    return sample->exemplar_count > 0 && family->exemplars
               ? keep_exemplars(fold, delta, sample)
               : 0;
}

void fold_clear(struct fold *fold, bool forget_rows) {
    for (size_t i = 0; i < fold->pending_count; i++) {
        const struct delta *delta = fold->pending[i];
        delta->series->pending = 0;
        delta->series->row = forget_rows ? 0 : delta->row;
        delta->series->row_group = forget_rows ? 0 : delta->row_group;
        delta->series->step = forget_rows ? 0 : delta->step;
    }
    fold->pending_count = 0;
    arena_reset(&fold->deltas);
}

void fold_free(struct fold *fold) {
    free(fold->slots);
    free(fold->pending);
    arena_free(&fold->series);
    arena_free(&fold->deltas);
    *fold = (struct fold){0};
}

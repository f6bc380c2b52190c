#include "store/history_merge.h"

#include <stdlib.h>
#include <string.h>

#include "sql.h"
#include "store/connection.h"
#include "store/family_row.h"
#include "store/history_write.h"

/* 9999-12-31 UTC, midnight. */
static const int64_t END = 253402214400;

struct merge {
    struct store *store;
    struct reader *reader;
    const struct family *family;
    enum history_level level;
    const struct history_pair *pairs; /* ordered by from */
    size_t count;
    struct err *err;
};

static int compare(const void *a, const void *b) {
    int64_t first = ((const struct history_pair *)a)->from;
    int64_t second = ((const struct history_pair *)b)->from;
    return (first > second) - (first < second);
}

static int add(void *context, const struct history_series *series,
               const struct history_growth *growth) {
    const struct merge *merge = context;
    const struct history_pair wanted = {.from = series->id};
    struct history_value value = {.value = 0};
    if (!growth || merge->count == 0)
        return 0;
    const struct history_pair *pair =
        bsearch(&wanted, merge->pairs, merge->count, sizeof(wanted), compare);
    if (!pair || growth->at < merge->store->history.kept_since[merge->level])
        return 0;
    value.value = growth->value;
    value.sum = growth->sum;
    value.count = growth->count;
    if (merge->family->type == METRIC_HISTOGRAM)
        memcpy(value.buckets, growth->buckets,
               (merge->family->bound_count + 1) * sizeof(value.buckets[0]));
    else
        value.buckets[0] = growth->count;
    const struct history_place place = {.series = pair->to,
                                        .family = merge->family,
                                        .level = merge->level,
                                        .at = growth->at,
                                        .keep = true};
    return history_add(merge->store, &place, &value, merge->err);
}

static int add_levels(struct merge *merge) {
    int result = 0;
    for (int level = 0; level < HISTORY_LEVELS && result == 0; level++) {
        merge->level = (enum history_level)level;
        result = reader_history(merge->reader, merge->family, merge->level, 0,
                                END, add, merge, merge->err);
    }
    return result;
}

int history_merge_family(struct store *store, struct db *db,
                         const struct family *family,
                         const struct history_pair *pairs, size_t count,
                         struct err *err) {
    struct merge merge = {.store = store,
                          .family = family,
                          .pairs = pairs,
                          .count = count,
                          .err = err};
    if (reader_share(db, &merge.reader, err) != 0)
        return -1;
    int result = add_levels(&merge);
    reader_close(merge.reader);
    return result;
}

/* Skips a damaged family. */
static int add_family(void *context, struct db_statement *row,
                      struct err *err) {
    struct merge *merge = context;
    double bounds[HISTOGRAM_BOUNDS_MAX];
    struct family family;
    (void)err;
    if (family_row_read(row, bounds, &family) != 0)
        return 0;
    merge->family = &family;
    return add_levels(merge);
}

/* The series of the batch, by their rows in the other database; NULL if memory
 * ran out. */
static struct history_pair *
find_pairs(struct store *store, const struct batch *batch, size_t *count) {
    struct history_pair *pairs = calloc(batch->count + 1, sizeof(*pairs));
    *count = 0;
    for (size_t i = 0; pairs && i < batch->count; i++) {
        const struct sample *sample = &batch->samples[i];
        if (sample->history == 0)
            continue;
        const struct fold_series *series =
            fold_find(&store->fold, sample->family, sample_combination(sample));
        if (!series) {
            free(pairs);
            return NULL;
        }
        if (series->pending > 0)
            pairs[(*count)++] = (struct history_pair){
                sample->history, store->fold.pending[series->pending - 1]->row};
    }
    if (pairs)
        qsort(pairs, *count, sizeof(*pairs), compare);
    return pairs;
}

int history_merge(struct store *store, const struct batch *batch,
                  struct err *err) {
    struct merge merge = {.store = store, .err = err};
    if (store->history.since == 0)
        return 0;
    struct history_pair *pairs = find_pairs(store, batch, &merge.count);
    if (!pairs)
        return err_no_memory(err);
    merge.pairs = pairs;
    store->history.due = true; /* the next turn counts the new rows */
    int result = reader_share(batch->history, &merge.reader, err);
    if (result == 0)
        result = db_query(batch->history, sql_node_families, add_family, &merge,
                          err);
    reader_close(merge.reader);
    free(pairs);
    return result;
}

#include "query/quantile.h"

#include <math.h>
#include <stdlib.h>

#include "base/number.h"
#include "query/labels.h"

/* A bucket: a series of the argument. */
struct bucket {
    uint32_t histogram;
    double bound;
    const double *values;
};

struct buckets {
    struct bucket *list;
    size_t count;
    struct value_set histograms; /* their labels */
};

static int compare_buckets(const void *a, const void *b) {
    const struct bucket *left = a;
    const struct bucket *right = b;
    if (left->histogram != right->histogram)
        return left->histogram < right->histogram ? -1 : 1;
    return (left->bound > right->bound) - (left->bound < right->bound);
}

/* Adds a bucket; skips a series whose `le` is not a number. */
static int take_bucket(struct buckets *buckets, const struct vector_row *row,
                       struct strbuf *text, struct err *err) {
    struct label_part part;
    struct bucket *bucket = &buckets->list[buckets->count];
    struct strbuf *inner = &text[1];
    if (!labels_find(row->labels, row->len, "le", &part) ||
        number_read(part.value, part.value_len, true, &bucket->bound) !=
            NUMBER_FINE ||
        isnan(bucket->bound))
        return 0;
    strbuf_reset(inner);
    strbuf_reset(text);
    labels_without(row->labels, row->len, "le", inner);
    labels_without(strbuf_text(inner), inner->len, "__name__", text);
    bucket->histogram =
        inner->failed || text->failed
            ? VALUE_NONE
            : value_set_add(&buckets->histograms, strbuf_text(text), text->len);
    if (bucket->histogram == VALUE_NONE)
        return err_no_memory(err);
    bucket->values = row->values;
    buckets->count++;
    return 0;
}

/* Reads the buckets at a point, merges equal bounds and makes counts ascend.
 * Returns the number of buckets. */
static size_t read_point(const struct bucket *list, size_t count, size_t point,
                         double *bounds, double *counts) {
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        const double value = list[i].values[point];
        if (query_is_absent(value))
            continue;
        if (used > 0 && bounds[used - 1] == list[i].bound) {
            counts[used - 1] += value;
            continue;
        }
        bounds[used] = list[i].bound;
        counts[used++] = value;
    }
    for (size_t i = 1; i < used; i++)
        if (counts[i] < counts[i - 1])
            counts[i] = counts[i - 1];
    return used;
}

/* Like Prometheus's bucketQuantile, promql/quantile.go. */
static double quantile_of(double q, const double *bounds, const double *counts,
                          size_t count) {
    if (isnan(q) || count < 2 || !isinf(bounds[count - 1]))
        return NAN;
    if (q < 0)
        return -INFINITY;
    if (q > 1)
        return INFINITY;
    const double all = counts[count - 1];
    if (!(all > 0 || all < 0))
        return NAN;
    double rank = q * all;
    size_t bucket = 0;
    while (bucket < count - 1 && !(counts[bucket] >= rank))
        bucket++;
    if (bucket == count - 1)
        return bounds[count - 2];
    if (bucket == 0 && bounds[0] <= 0)
        return bounds[0];
    double begin = 0;
    double inside = counts[bucket];
    if (bucket > 0) {
        begin = bounds[bucket - 1];
        inside -= counts[bucket - 1];
        rank -= counts[bucket - 1];
    }
    return begin + (bounds[bucket] - begin) * (rank / inside);
}

static int add_histogram(struct query *query, double q,
                         const struct buckets *buckets, size_t from, size_t to,
                         double *memory, struct vector *out, struct err *err) {
    const struct bucket *list = buckets->list + from;
    const struct value_text *labels =
        &buckets->histograms.values[list->histogram];
    double *counts = memory + buckets->count;
    double *values = counts + buckets->count;
    for (size_t i = 0; i < query->grid.count; i++) {
        const size_t used = read_point(list, to - from, i, memory, counts);
        values[i] =
            used > 0 ? quantile_of(q, memory, counts, used) : query_absent();
    }
    return vector_add(out, query, labels->text, labels->len, values, err);
}

static int add_histograms(struct query *query, double q,
                          const struct buckets *buckets, struct vector *out,
                          struct err *err) {
    size_t from = 0;
    double *memory =
        query_take(query, 2 * buckets->count + query->grid.count, err);
    if (!memory)
        return -1;
    while (from < buckets->count) {
        size_t to = from + 1;
        while (to < buckets->count &&
               buckets->list[to].histogram == buckets->list[from].histogram)
            to++;
        if (query_check(query->source, err) != 0 ||
            add_histogram(query, q, buckets, from, to, memory, out, err) != 0)
            return -1;
        from = to;
    }
    return 0;
}

int quantile_compute(struct query *query, double q, const struct vector *vector,
                     struct vector *out, struct err *err) {
    struct strbuf text[2] = {{0}, {0}};
    struct buckets buckets = {
        .list = malloc((vector->count + 1) * sizeof(*buckets.list))};
    int result = buckets.list ? 0 : err_no_memory(err);
    for (size_t i = 0; i < vector->count && result == 0; i++)
        result = take_bucket(&buckets, &vector->rows[i], text, err);
    if (result == 0 && buckets.count > 0) {
        qsort(buckets.list, buckets.count, sizeof(*buckets.list),
              compare_buckets);
        result = add_histograms(query, q, &buckets, out, err);
    }
    value_set_free(&buckets.histograms);
    free(buckets.list);
    strbuf_free(&text[0]);
    strbuf_free(&text[1]);
    return result;
}

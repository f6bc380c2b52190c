#include "query/aggregator.h"

#include <math.h>
#include <stdlib.h>

#include "base/list.h"
#include "query/labels.h"

/* Adds a row of zeros for a new group. */
static int add_group(struct aggregator *aggregator, struct err *err) {
    struct query *query = aggregator->query;
    const size_t count = aggregator->sums.count;
    const struct strbuf *text = &aggregator->text;
    double *counts = query_take(query, query->grid.count, err);
    if (!counts)
        return -1;
    double **list = list_grow(aggregator->counts, count, sizeof(*list));
    if (!list)
        return err_no_memory(err);
    aggregator->counts = list;
    list[count] = counts;
    return vector_add(&aggregator->sums, query, strbuf_text(text), text->len,
                      counts, err);
}

static double fold(enum aggregation aggregation, double sum, double value) {
    switch (aggregation) {
    case AGGREGATION_MIN:
        return value < sum || isnan(sum) ? value : sum;
    case AGGREGATION_MAX:
        return value > sum || isnan(sum) ? value : sum;
    case AGGREGATION_SUM:
    case AGGREGATION_AVG:
    case AGGREGATION_COUNT:
        break;
    }
    return sum + value;
}

int aggregator_add(void *context, const char *labels, size_t len,
                   double *values, struct err *err) {
    struct aggregator *aggregator = context;
    struct strbuf *text = &aggregator->text;
    strbuf_reset(text);
    labels_group(aggregator->grouping, false, labels, len, text);
    const uint32_t group =
        text->failed
            ? VALUE_NONE
            : value_set_add(&aggregator->groups, strbuf_text(text), text->len);
    if (group == VALUE_NONE)
        return err_no_memory(err);
    if (group == aggregator->sums.count && add_group(aggregator, err) != 0)
        return -1;
    double *sums = aggregator->sums.rows[group].values;
    double *counts = aggregator->counts[group];
    for (size_t i = 0; i < aggregator->query->grid.count; i++) {
        if (query_is_absent(values[i]))
            continue;
        sums[i] = counts[i] > 0
                      ? fold(aggregator->aggregation, sums[i], values[i])
                      : values[i];
        counts[i]++;
    }
    return 0;
}

static double finish(enum aggregation aggregation, double sum, double count) {
    if (!(count > 0))
        return query_absent();
    if (aggregation == AGGREGATION_COUNT)
        return count;
    return aggregation == AGGREGATION_AVG ? sum / count : sum;
}

void aggregator_finish(struct aggregator *aggregator, struct vector *out) {
    for (size_t group = 0; group < aggregator->sums.count; group++) {
        double *sums = aggregator->sums.rows[group].values;
        const double *counts = aggregator->counts[group];
        for (size_t i = 0; i < aggregator->query->grid.count; i++)
            sums[i] = finish(aggregator->aggregation, sums[i], counts[i]);
    }
    *out = aggregator->sums;
    aggregator->sums = (struct vector){.count = 0};
}

void aggregator_free(struct aggregator *aggregator) {
    value_set_free(&aggregator->groups);
    vector_free(&aggregator->sums);
    free(aggregator->counts);
    strbuf_free(&aggregator->text);
}

/* aggregator: sums, averages and extremes of the series of a vector by group.
 */
#ifndef TALLYMAN_QUERY_AGGREGATOR_H
#define TALLYMAN_QUERY_AGGREGATOR_H

#include "base/strbuf.h"
#include "base/value_set.h"
#include "query/expression.h"
#include "query/vector.h"

/* The state of an aggregation. A struct with the fields above the line set and
 * all else zero is empty. */
struct aggregator {
    struct query *query;
    enum aggregation aggregation;
    const struct grouping *grouping;
    /* -- */
    struct value_set groups;
    struct vector sums; /* in the order of groups: sums, minima or maxima */
    double **counts;    /* of the series in each group */
    struct strbuf text;
};

/* A row_visit that adds a series to its group. */
int aggregator_add(void *context, const char *labels, size_t len,
                   double *values, struct err *err);

/* Moves the result to out. */
void aggregator_finish(struct aggregator *aggregator, struct vector *out);

void aggregator_free(struct aggregator *aggregator);

#endif

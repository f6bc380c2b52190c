/* operators: arithmetic, aggregations and quantiles of vectors. */
#ifndef TALLYMAN_QUERY_OPERATORS_H
#define TALLYMAN_QUERY_OPERATORS_H

#include "query/expression.h"
#include "query/vector.h"

/* Applies one of + - * / to numbers and vectors. Series of two vectors are
 * matched by equal labels. The result has no metric name. */
int operator_binary(struct query *query, char operator,
                    const struct value * left, const struct value *right,
                    struct value *out, struct err *err);

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

/* Computes the quantile q of histograms, like Prometheus's histogram_quantile.
 * Series that differ only in le are one histogram. */
int operator_quantile(struct query *query, double q,
                      const struct vector *vector, struct vector *out,
                      struct err *err);

#endif

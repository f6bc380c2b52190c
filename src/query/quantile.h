/* quantile: quantiles of histograms. */
#ifndef TALLYMAN_QUERY_QUANTILE_H
#define TALLYMAN_QUERY_QUANTILE_H

#include "query/vector.h"

/* Computes the quantile q of histograms, like Prometheus's histogram_quantile.
 * Series that differ only in le are one histogram. */
int quantile_compute(struct query *query, double q, const struct vector *vector,
                     struct vector *out, struct err *err);

#endif

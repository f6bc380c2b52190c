/* leaf: reads the series of a metric from the history. */
#ifndef TALLYMAN_QUERY_LEAF_H
#define TALLYMAN_QUERY_LEAF_H

#include "query/expression.h"
#include "query/query.h"

/* Receives a label set, in the form of labels.h, and a value for each point of
 * the grid. Both are valid during the call, which may change values. */
typedef int row_visit(void *context, const char *labels, size_t len,
                      double *values, struct err *err);

/* Calls visit for each series of a selector or a growth, until it returns
 * non-zero. Returns that, or -1 with err set. With the grouping of an
 * aggregation that sums growth, the series of a group may arrive summed; NULL:
 * separately. */
int leaf_read(struct query *query, const struct expression *expression,
              const struct grouping *grouping, row_visit *visit, void *context,
              struct err *err);

#endif

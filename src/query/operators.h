/* operators: arithmetic of numbers and vectors. */
#ifndef TALLYMAN_QUERY_OPERATORS_H
#define TALLYMAN_QUERY_OPERATORS_H

#include "query/vector.h"

/* Applies one of + - * / to numbers and vectors. Series of two vectors are
 * matched by equal labels. The result has no metric name. */
int operator_binary(struct query *query, char operator,
                    const struct value * left, const struct value *right,
                    struct value *out, struct err *err);

#endif

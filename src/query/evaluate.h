/* evaluate: computes the value of a tree at each point of the grid. */
#ifndef TALLYMAN_QUERY_EVALUATE_H
#define TALLYMAN_QUERY_EVALUATE_H

#include "query/expression.h"
#include "query/vector.h"

/* Returns -1 with err set. */
int evaluate(struct query *query, const struct expression *expression,
             struct value *value, struct err *err);

/* Receives the value of a query, valid during the call; it may sort the rows.
 * Returns -1 with err set. */
typedef int value_use(void *context, const struct query *query,
                      struct value *value, struct err *err);

/* Parses text[0..len), evaluates it at the points of the grid and calls use.
 * Returns the result of use, or -1 with err set: ERR_SYNTAX for a malformed
 * query, ERR_VALUE and ERR_LIMIT for a query without a value, ERR_DEADLINE
 * after the time limit. */
int evaluate_text(const struct query_source *source, const char *text,
                  size_t len, const struct grid *grid, value_use *use,
                  void *context, struct err *err);

#endif

#include "query/evaluate.h"

#include "query/aggregator.h"
#include "query/leaf.h"
#include "query/operators.h"
#include "query/parser.h"
#include "query/quantile.h"

struct collection {
    struct query *query;
    struct vector *vector;
};

static int collect(void *context, const char *labels, size_t len,
                   double *values, struct err *err) {
    const struct collection *collection = context;
    return vector_add(collection->vector, collection->query, labels, len,
                      values, err);
}

static int read_vector(struct query *query, const struct expression *expression,
                       struct value *value, struct err *err) {
    struct collection collection = {query, &value->vector};
    return leaf_read(query, expression, NULL, collect, &collection, err);
}

/* The parser bounds the depth. NOLINTBEGIN(misc-no-recursion) */

/* Aggregates the series of a leaf one by one, to save memory. */
static int aggregate(struct query *query, const struct expression *expression,
                     struct value *value, struct err *err) {
    const struct expression *inner = expression->left;
    struct value argument = {.is_vector = true};
    struct aggregator aggregator = {.query = query,
                                    .aggregation = expression->aggregation,
                                    .grouping = &expression->grouping};
    int result = 0;
    if (inner->kind == EXPRESSION_GROWTH ||
        inner->kind == EXPRESSION_SELECTOR) {
        result = leaf_read(query, inner,
                           expression->aggregation == AGGREGATION_SUM
                               ? &expression->grouping
                               : NULL,
                           aggregator_add, &aggregator, err);
    } else {
        result = evaluate(query, inner, &argument, err);
        for (size_t i = 0; i < argument.vector.count && result == 0; i++) {
            const struct vector_row *row = &argument.vector.rows[i];
            result = aggregator_add(&aggregator, row->labels, row->len,
                                    row->values, err);
        }
    }
    if (result == 0)
        aggregator_finish(&aggregator, &value->vector);
    vector_free(&argument.vector);
    aggregator_free(&aggregator);
    return result;
}

static int evaluate_both(struct query *query,
                         const struct expression *expression,
                         struct value *value, struct err *err) {
    struct value left = {.number = 0};
    struct value right = {.number = 0};
    int result = -1;
    if (evaluate(query, expression->left, &left, err) == 0 &&
        evaluate(query, expression->right, &right, err) == 0)
        result = expression->kind == EXPRESSION_QUANTILE
                     ? quantile_compute(query, left.number, &right.vector,
                                        &value->vector, err)
                     : operator_binary(query, expression->operator, & left,
                                       &right, value, err);
    vector_free(&left.vector);
    vector_free(&right.vector);
    return result;
}

static int negate(struct query *query, const struct expression *expression,
                  struct value *value, struct err *err) {
    const struct value minus_one = {.number = -1};
    struct value operand = {.number = 0};
    int result = evaluate(query, expression->left, &operand, err);
    if (result == 0)
        result = operator_binary(query, '*', &minus_one, &operand, value, err);
    vector_free(&operand.vector);
    return result;
}

int evaluate(struct query *query, const struct expression *expression,
             struct value *value, struct err *err) {
    *value = (struct value){.is_vector = expression->vector,
                            .number = expression->number};
    if (query_check(query->source, err) != 0)
        return -1;
    switch (expression->kind) {
    case EXPRESSION_NUMBER:
        return 0;
    case EXPRESSION_SELECTOR:
    case EXPRESSION_GROWTH:
        return read_vector(query, expression, value, err);
    case EXPRESSION_AGGREGATE:
        return aggregate(query, expression, value, err);
    case EXPRESSION_NEGATE:
        return negate(query, expression, value, err);
    case EXPRESSION_QUANTILE:
    case EXPRESSION_BINARY:
        break;
    }
    return evaluate_both(query, expression, value, err);
}

/* NOLINTEND(misc-no-recursion) */

static int find_reach(struct query *query, struct err *err) {
    int64_t since[HISTORY_LEVELS];
    for (int level = 0; level < HISTORY_LEVELS; level++)
        if (reader_history_since(query->source->reader,
                                 (enum history_level)level, &since[level],
                                 err) != 0)
            return -1;
    timeline_reach(&query->reach, query->source->now_ms, since);
    return 0;
}

int evaluate_text(const struct query_source *source, const char *text,
                  size_t len, const struct grid *grid, value_use *use,
                  void *context, struct err *err) {
    struct query query = {.source = source, .grid = *grid};
    struct value value = {.number = 0};
    const struct expression *expression =
        parser_query(text, len, &query.arena, err);
    int result = expression && find_reach(&query, err) == 0 &&
                         evaluate(&query, expression, &value, err) == 0
                     ? use(context, &query, &value, err)
                     : -1;
    vector_free(&value.vector);
    arena_free(&query.arena);
    registry_free(&query.copies);
    return result;
}

/* expression: a query as a tree. */
#ifndef TALLYMAN_QUERY_EXPRESSION_H
#define TALLYMAN_QUERY_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "query/matcher.h"

enum expression_kind {
    EXPRESSION_NUMBER,
    EXPRESSION_SELECTOR,  /* the values of series */
    EXPRESSION_GROWTH,    /* rate or increase of a selector */
    EXPRESSION_AGGREGATE, /* an aggregation of left, such as sum by (...) */
    EXPRESSION_QUANTILE,  /* histogram_quantile(left, right) */
    EXPRESSION_BINARY,    /* left operator right */
    EXPRESSION_NEGATE     /* - left */
};

enum aggregation {
    AGGREGATION_SUM,
    AGGREGATION_AVG,
    AGGREGATION_MIN,
    AGGREGATION_MAX,
    AGGREGATION_COUNT
};

/* The labels that the series of a result keep. */
struct grouping {
    bool without; /* the labels that are not listed */
    const char **labels;
    size_t count;
};

/* Selects series of a metric, over the range before a time. */
struct selector {
    const char *metric; /* NULL: any */
    struct matcher *matchers;
    size_t matcher_count;
    int64_t range_ms; /* 0: none */
    int64_t offset_ms;
};

struct expression {
    enum expression_kind kind;
    bool vector; /* the value is a vector, else a number */
    size_t at;   /* its first byte in the text */
    double number;
    struct selector selector;
    bool per_second; /* growth: rate, else increase */
    enum aggregation aggregation;
    struct grouping grouping;
    char operator; /* one of + - * / */
    const struct expression *left;
    const struct expression *right;
};

#endif

/* vector: series with a value for each point of a query. */
#ifndef TALLYMAN_QUERY_VECTOR_H
#define TALLYMAN_QUERY_VECTOR_H

#include "query/query.h"

/* A series of a result. */
struct vector_row {
    const char *labels; /* see labels.h */
    size_t len;
    double *values; /* one per point; query_absent() if missing */
};

/* A zeroed struct is empty. Labels and values are in the query's arena; rows
 * are on the heap. */
struct vector {
    struct vector_row *rows;
    size_t count;
};

/* Appends a row with copies of labels and values. Returns -1 with err set. */
int vector_add(struct vector *vector, struct query *query, const char *labels,
               size_t len, const double *values, struct err *err);

/* Sorts the rows by their labels. */
void vector_sort(struct vector *vector);

void vector_free(struct vector *vector);

/* A vector, or a number for each point. */
struct value {
    bool is_vector;
    double number;
    struct vector vector; /* the caller frees it, also after a failure */
};

#endif

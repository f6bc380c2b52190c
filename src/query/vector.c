#include "query/vector.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"

int vector_add(struct vector *vector, struct query *query, const char *labels,
               size_t len, const double *values, struct err *err) {
    const size_t points = query->grid.count;
    struct vector_row *rows =
        list_grow(vector->rows, vector->count, sizeof(*rows));
    if (!rows)
        return err_no_memory(err);
    vector->rows = rows;
    struct vector_row row = {arena_copy(&query->arena, labels, len), len,
                             query_take(query, points, err)};
    if (!row.values)
        return -1;
    if (!row.labels)
        return err_no_memory(err);
    memcpy(row.values, values, points * sizeof(*values));
    rows[vector->count++] = row;
    return 0;
}

static int compare_rows(const void *a, const void *b) {
    const struct vector_row *left = a;
    const struct vector_row *right = b;
    return strcmp(left->labels, right->labels);
}

void vector_sort(struct vector *vector) {
    if (vector->count > 0)
        qsort(vector->rows, vector->count, sizeof(*vector->rows), compare_rows);
}

void vector_free(struct vector *vector) {
    free(vector->rows);
    *vector = (struct vector){.count = 0};
}

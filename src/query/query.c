#include "query/query.h"

#include <string.h>

/* A quiet NaN that no operation produces. */
static const uint64_t ABSENT = 0x7FF8746C6C790001;

double query_absent(void) {
    double value;
    memcpy(&value, &ABSENT, sizeof(value));
    return value;
}

bool query_is_absent(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits == ABSENT;
}

int query_check(const struct query_source *source, struct err *err) {
    return source->expired(source->context)
               ? err_set(err, ERR_DEADLINE,
                         "the query took longer than a second")
               : 0;
}

double *query_take(struct query *query, size_t count, struct err *err) {
    double *values = NULL;
    if (count > QUERY_VALUES_MAX - query->values) {
        (void)err_set(err, ERR_LIMIT,
                      "the query needs more than %d values at a time; query "
                      "fewer points or series, or use sum by",
                      QUERY_VALUES_MAX);
        return NULL;
    }
    query->values += count;
    values = arena_take(&query->arena, count * sizeof(*values) + 1);
    if (values)
        memset(values, 0, count * sizeof(*values));
    else
        (void)err_no_memory(err);
    return values;
}

/* catalog: lists of metrics, labels and series in the envelope of Prometheus'
 * HTTP API. */
#ifndef TALLYMAN_QUERY_CATALOG_H
#define TALLYMAN_QUERY_CATALOG_H

#include "query/expression.h"
#include "query/query.h"

/* The kinds of lists. */
enum catalog_kind {
    CATALOG_LABELS, /* names of labels */
    CATALOG_VALUES, /* values of a label */
    CATALOG_SERIES
};

struct catalog_request {
    enum catalog_kind kind;
    const char *label; /* of CATALOG_VALUES */
    /* A series counts if one selector matches it, or if there are none. */
    const struct selector *const *selectors;
    size_t selector_count;
    size_t limit; /* maximum length of the list; 0: unlimited */
};

/* Appends the complete answer to out. Returns -1 with err set. */
int catalog_answer(const struct query_source *source,
                   const struct catalog_request *request, struct strbuf *out,
                   struct err *err);

/* Like catalog_answer, for type, help and unit of the families: of the family
 * `metric`, or of all if it is NULL. limit: maximum number; 0: unlimited. */
int catalog_metadata(const struct query_source *source, const char *metric,
                     size_t limit, struct strbuf *out, struct err *err);

#endif

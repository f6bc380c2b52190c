/* query_call: a query of the history, answered on a side thread. */
#ifndef TALLYMAN_ENDPOINTS_QUERY_CALL_H
#define TALLYMAN_ENDPOINTS_QUERY_CALL_H

#include <stdint.h>

#include "base/arena.h"
#include "config/config.h"
#include "http/response.h"
#include "query/catalog.h"
#include "query/rules.h"
#include "store/reader.h"

enum query_kind {
    QUERY_INSTANT,
    QUERY_RANGE,
    QUERY_CATALOG,
    QUERY_METADATA,
    QUERY_RULES,
    QUERY_ALERTS
};

/* The maximum numbers of match[] selectors and of rule_name[] names in a
 * call. */
enum { QUERY_SELECTORS_MAX = 64 };

/* Points into its arena and the configuration only. */
struct query_call {
    enum query_kind kind;
    const struct string_list *families; /* visible to the user; NULL: all */
    const char *text; /* the query; for metadata the metric or NULL */
    size_t len;
    int64_t now_ms; /* arrival, Unix milliseconds */
    int64_t start_ms;
    int64_t end_ms;
    int64_t step_ms;
    struct catalog_request catalog; /* its limit is also that of metadata */
    const struct selector *selectors[QUERY_SELECTORS_MAX];
    struct rules_request rules;
    const char *rule_names[QUERY_SELECTORS_MAX];
    struct arena arena;
};

/* NULL is fine. */
void query_call_free(struct query_call *call);

/* Resources of the thread that answers. */
struct query_run {
    const struct query_call *call;
    const struct config *config;
    struct reader **reader;  /* kept between queries, NULL before the first */
    double (*seconds)(void); /* a monotonic clock */
    struct err *logged; /* the last logged failure, kept like the reader; NULL:
                         log none */
};

/* Sets the response to the result or to an error, both in Prometheus's JSON
 * envelope. Takes about a second at most. */
void query_run(const struct query_run *run, struct response *response);

/* Converts an error response, one line of text, to the JSON envelope. */
void query_explain(struct response *response);

#endif

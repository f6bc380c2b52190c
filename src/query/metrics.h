/* metrics: the names of the metrics that a query can select. */
#ifndef TALLYMAN_QUERY_METRICS_H
#define TALLYMAN_QUERY_METRICS_H

#include "query/query.h"

/* The part of a series that is the metric. */
enum metric_part { PART_VALUE, PART_BUCKET, PART_SUM, PART_COUNT };

struct metric {
    const struct family *family;
    enum metric_part part;
};

/* Bytes of the longest name with its NUL. */
enum { METRIC_NAME_SIZE = FAMILY_NAME_MAX + 16 };

/* Writes the name, NUL-terminated, and the part of the family's metric with
 * that index. Returns false if there is none. */
bool metrics_name(const struct family *family, size_t index,
                  char name[METRIC_NAME_SIZE], enum metric_part *part);

typedef int metric_family_visit(void *context, const struct family *family);

/* Calls visit for each visible family, ordered by name, until it returns
 * non-zero. Returns that, or -1 with err set. A family is valid during
 * the visit. */
int metrics_families(const struct query_source *source,
                     metric_family_visit *visit, void *context,
                     struct err *err);

/* Finds the metric of that name, valid as long as the query; its family is
 * NULL, and the query has the name as unknown, if there is none. */
int metrics_find(struct query *query, const char *name, struct metric *metric,
                 struct err *err);

#endif

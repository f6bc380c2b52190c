/* parts: what the lines of a histogram or a summary say, put together. */
#ifndef TALLYMAN_INGEST_TEXT_PARTS_H
#define TALLYMAN_INGEST_TEXT_PARTS_H

#include "ingest/text/family.h"

/* The lines of one series so far; line numbers are 0 where there was none. */
struct text_parts {
    double *keys;     /* finite bounds, or quantiles, ascending */
    uint64_t *counts; /* of a histogram: cumulative, one for each bound, and
                         room for that of +Inf */
    size_t count;
    size_t room;
    uint64_t infinite; /* count of the bucket +Inf */
    unsigned infinite_line;
    unsigned sum_line;
    unsigned count_line;
};

/* No parts yet; room is how many bounds there may be. NULL when memory ran
 * out. */
struct text_parts *text_parts_new(struct arena *arena, size_t room);

/* Takes a sample of that role but ROLE_VALUE and ROLE_CREATED into the parts
 * and its series; key is the index of its label le or quantile, that of
 * labels.count when there is none. */
int text_parts_add(struct text_parts *parts, const struct text_line *line,
                   enum text_role role, size_t key,
                   struct pushed_series *series);

/* Makes the buckets of a histogram plain counts. like is another series of the
 * family, whose bounds are shared if they are the same, or NULL. */
int text_parts_finish(struct text_parts *parts, const struct text_line *line,
                      const struct pushed_family *family,
                      struct pushed_series *series,
                      const struct pushed_series *like);

#endif

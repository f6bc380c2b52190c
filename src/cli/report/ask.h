/* ask: the dashboard's queries, for a week and the week before. */
#ifndef TALLYMAN_CLI_REPORT_ASK_H
#define TALLYMAN_CLI_REPORT_ASK_H

#include "cli/report/week.h"
#include "query/query.h"

struct ask {
    const struct query_source *source;
    struct week week;
    struct arena *arena; /* of all answers */
};

/* A label set with its values in both weeks. */
struct sum {
    const char *name;   /* see ask_names */
    const char *labels; /* see query/labels.h */
    size_t len;
    double now;
    double before; /* NaN: no value to compare with */
};

struct sums {
    struct sum *rows; /* sorted by labels */
    size_t count;
};

/* The growth over each day, oldest first; NaN before the first known day. */
struct days {
    double now[WEEK_DAYS];
    double before[WEEK_DAYS];
};

/* `sum by (BY) (increase(METRIC[...s]))`, over the week; by may be "". A week
 * without growth has the value 0 if an earlier week had growth. All functions
 * return -1 with err set. */
int ask_growth(const struct ask *ask, const char *metric, const char *by,
               struct sums *sums, struct err *err);

/* As ask_growth for each day, summed over all series. */
int ask_days(const struct ask *ask, const char *metric, struct days *days,
             struct err *err);

/* `histogram_quantile(Q, sum by (BY, le) (increase(FAMILY_bucket[...s])))`; NaN
 * where there is no value. */
int ask_quantile(const struct ask *ask, const char *q, const char *family,
                 const char *by, struct sums *sums, struct err *err);

/* `avg by (BY) (METRIC)` at the end of the weeks; NaN where there is no
 * value. */
int ask_value(const struct ask *ask, const char *metric, const char *by,
              struct sums *sums, struct err *err);

/* The value of a row's label, in the arena; "" without it. */
const char *ask_label(const struct ask *ask, const struct sum *sum,
                      const char *name);

/* Names each row by the value of a label, or `(empty)` without one, and the
 * suffix. */
void ask_names(const struct ask *ask, struct sums *sums, const char *label,
               const char *suffix);

/* Drops rows without growth in both weeks, and sorts the others by growth. */
void sums_order(struct sums *sums);

double sums_now(const struct sums *sums);

/* NaN without a value to compare with. */
double sums_before(const struct sums *sums);

#endif

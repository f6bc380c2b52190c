/* history_reader: reads the growth of the totals by period. */
#ifndef TALLYMAN_STORE_HISTORY_READER_H
#define TALLYMAN_STORE_HISTORY_READER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "metrics/registry.h"
#include "store/reader.h"

/* The lengths of periods. A period begins at a multiple of its length in Unix
 * time. */
enum history_level { HISTORY_STEP, HISTORY_HOUR, HISTORY_DAY, HISTORY_LEVELS };

enum {
    HISTORY_STEP_SECONDS = 300,
    HISTORY_HOUR_SECONDS = 3600,
    HISTORY_DAY_SECONDS = 86400
};

/* The length of each level. */
extern const int64_t history_seconds[HISTORY_LEVELS];

struct history_series {
    int64_t id;
    const char *labels; /* JSON object with sorted keys */
    size_t labels_len;
    /* The current total, like struct series but with the buckets read. */
    double value; /* gauge: NaN also if it was never set, see count */
    double sum;
    double count;          /* gauge: number of values merged */
    const double *buckets; /* histogram: bound_count + 1 plain counts */
    int64_t created_at;    /* Unix seconds */
    int64_t updated_at;    /* likewise */
};

/* The growth of a series in one period. */
struct history_growth {
    int64_t at;   /* Unix seconds of the period's start */
    double value; /* counter: the growth; gauge, untyped: its last value in the
                     period; NaN if that was not a number, or if an SQL query
                     unset it */
    double sum;   /* histogram, summary: the growth */
    double count; /* likewise */
    const double *buckets; /* histogram: bound_count + 1 plain counts */
};

/* Called first with growth NULL, for each series of the family, and then for
 * each period in which the series changed, in order of time. All pointers are
 * valid during the call. It must not read the history itself. */
typedef int history_visit(void *context, const struct history_series *series,
                          const struct history_growth *growth);

/* Calls visit for the series of the family, ordered by labels, and for their
 * periods that begin in [from, to) (Unix seconds, multiples of the period's
 * length), until it returns non-zero. Returns that value, or -1 with err set.
 * Unwritten growth is included: a gauge's total is its value in the period of
 * updated_at. A gauge that was set before `from` begins with its last earlier
 * period, with the most precise `at` that is known. Damaged series and periods
 * are left out. Called between reader_begin and reader_end. */
int reader_history(struct reader *reader, const struct family *family,
                   enum history_level level, int64_t from, int64_t to,
                   history_visit *visit, void *context, struct err *err);

/* Sets *since to the Unix time from which the database has all periods of that
 * level, not rounded; 0 when no history is kept. Called between reader_begin
 * and reader_end. */
int reader_history_since(struct reader *reader, enum history_level level,
                         int64_t *since, struct err *err);

#endif

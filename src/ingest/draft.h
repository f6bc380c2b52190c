/* draft: a family and its series, checked piece by piece before they are added
 * to a push. It knows no wire format; places in messages are names and labels,
 * as formats without lines need. */
#ifndef TALLYMAN_INGEST_DRAFT_H
#define TALLYMAN_INGEST_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "base/value_set.h"
#include "metrics/histogram.h"
#include "metrics/pushed.h"

/* Zeroed but for out and err it is ready. All functions that return int return
 * -1 after an error, which err then tells. */
struct draft {
    struct pushed *out;
    struct err *err;
    size_t offset;                /* of the message of the family */
    struct pushed_family *family; /* NULL until its name is known */
    bool known;                   /* an earlier message has begun it */
    size_t metric;                /* which of the family's, from 1 */
    bool labelled;                /* its labels are complete */
    struct pushed_series series;  /* what is known of it */
    struct strbuf text;           /* its labels as JSON behind the name */
    struct value_set met;         /* every such text of the push */
    struct label labels[PUSHED_LABELS_MAX];
    size_t label_count;
    double bounds[HISTOGRAM_BOUNDS_MAX];        /* ascending */
    uint64_t buckets[HISTOGRAM_BOUNDS_MAX + 1]; /* cumulative */
};

/* Says in err where the draft is, and why it is refused. Returns -1. */
int draft_refuse(struct draft *draft, enum err_code code, const char *format,
                 ...) __attribute__((format(printf, 3, 4)));
int draft_no_memory(struct draft *draft);

/* Begins the message at byte offset. */
void draft_message(struct draft *draft, size_t offset);

/* Begins the family of that name or goes on with it. */
int draft_family(struct draft *draft, const char *name, size_t len);

/* The type must be that of the family's earlier messages. */
int draft_type(struct draft *draft, enum metric_type type);

/* Instead of a type: the series are counted, and nothing else becomes of them.
 */
int draft_unsupported(struct draft *draft);

/* What the first message says that has one stays. */
int draft_help(struct draft *draft, const char *help, size_t len);
int draft_unit(struct draft *draft, const char *unit, size_t len);

/* Begins a series of the family: first its labels, then the rest. */
void draft_series(struct draft *draft);
int draft_label(struct draft *draft, const char *name, size_t name_len,
                const char *value, size_t value_len);

/* The labels are complete. They are sorted; those with an empty value are left
 * out. Refuses a series that the push has had before. */
int draft_end_labels(struct draft *draft);

int draft_value(struct draft *draft, double value);
int draft_sum(struct draft *draft, double sum);

/* Checks a count that is given as an integer or, instead of it unless it is 0,
 * as a double. */
int draft_count(struct draft *draft, const char *what, uint64_t integer,
                double number, uint64_t *count);

/* A bucket of a histogram, the count of which is set; cumulative is the count
 * of all observations up to the bound. They may come in any order, also that of
 * +Inf. */
int draft_bucket(struct draft *draft, double bound, uint64_t cumulative);
int draft_end_buckets(struct draft *draft);

/* Adds the series to the push. */
int draft_add(struct draft *draft);

/* out is left as it is. */
void draft_free(struct draft *draft);

#endif

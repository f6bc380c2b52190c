/* builder: assembles a push of any wire format. A format decodes its bytes and
 * calls the builder, which refuses malformed families and series. admit checks
 * the rights. */
#ifndef TALLYMAN_INGEST_BUILDER_H
#define TALLYMAN_INGEST_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ingest/pushed_index.h"
#include "metrics/pushed.h"

/* The subject of an error message. */
enum builder_part {
    BUILDER_SERIES, /* the name of the family or sample */
    BUILDER_LABEL,  /* the label that was read last, or the bound */
    BUILDER_VALUE,
    BUILDER_LINE /* all of builder->line */
};

struct builder;

/* Adds the position of the part to builder->err, whose message is set. */
typedef void builder_locate(const struct builder *builder,
                            enum builder_part part);

/* A struct with out and err set and all else zero is valid, for a format
 * without lines; its messages begin with the family and the labels. All
 * functions that return int return -1 after an error and set *err. */
struct builder {
    struct pushed *out; /* empty */
    struct err *err;
    builder_locate *locate;       /* NULL without lines */
    const void *context;          /* for locate */
    const char *at[BUILDER_LINE]; /* for locate: the position of each part */
    unsigned line;                /* the current one, 0 without lines */
    size_t offset;   /* of the family's message, in formats without lines */
    bool in_family;  /* its name is known */
    bool known;      /* an earlier message began it */
    uint32_t family; /* index in out->families */
    size_t metric;   /* number of the series in the message, from 1 */
    bool labelled;   /* its labels are complete */
    struct label labels[PUSHED_LABELS_MAX + 1];
    size_t label_count;
    struct pushed_index index;
    struct pushed_entry *entry; /* of the current series */
    bool added;                 /* the series is new in the push */
    size_t bounds; /* of the last histogram, a guess for the next */
    struct exemplar *exemplars; /* of the last series that has any */
};

/* Sets the message and the position. Returns -1. */
int builder_refuse(struct builder *builder, enum builder_part part,
                   enum err_code code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Families */

/* Begins the message at byte offset. */
void builder_message(struct builder *builder, size_t offset);

/* Begins or continues the family with that name and suffix. */
int builder_family(struct builder *builder, const char *name, size_t len,
                   const char *suffix);

/* Sets the type; all messages of a family must have the same. The series of an
 * unsupported type are only counted. */
int builder_type(struct builder *builder, enum metric_type type,
                 bool unsupported);

/* Sets help and unit unless an earlier message set them. */
int builder_describe(struct builder *builder, const char *help, size_t help_len,
                     const char *unit, size_t unit_len);

/* Refuses a label that does not fit, see builder_label_fits. Returns -1. */
int builder_refuse_label(struct builder *builder, const struct label *labels,
                         size_t count);

/* Series: first its labels, then the rest. */

void builder_begin(struct builder *builder);
int builder_label(struct builder *builder, const char *name, size_t name_len,
                  const char *value, size_t value_len);

/* The two steps of builder_label. The first checks a name and returns its only
 * copy, NULL after an error. The second checks that labels[0..count) has room
 * for labels[count] and does not have its name. */
const char *builder_label_name(struct builder *builder, const char *name,
                               size_t len);
static inline int builder_label_fits(struct builder *builder,
                                     const struct label *labels, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (labels[i].name == labels[count].name)
            return builder_refuse_label(builder, labels, count);
    return count < PUSHED_LABELS_MAX
               ? 0
               : builder_refuse_label(builder, labels, count);
}

/* Ends the labels, which may be in any order, and drops those with an empty
 * value. Adds the series unless the push has it. */
int builder_series(struct builder *builder);

/* The current series; valid until the next one is added. */
static inline struct pushed_series *
builder_current(const struct builder *builder) {
    const struct pushed_entry *entry = builder->entry;
    return &builder->out->families[entry->family].series[entry->series];
}

/* Refuses a repeated series. Returns -1. */
int builder_repeated(struct builder *builder);

/* The value of a counter, a gauge or an untyped series. */
int builder_value(struct builder *builder, double value);

/* Converts a count of observations; `what` names it in a message. */
int builder_whole(struct builder *builder, const char *what, double value,
                  uint64_t *count);

/* The parts of a histogram or summary, in any order. A bucket has an upper
 * bound, which may be +Inf, and a cumulative count. Quantiles are checked and
 * dropped. In builder_parts.c. */
int builder_sum(struct builder *builder, double sum);
int builder_count(struct builder *builder, uint64_t count);
int builder_bucket(struct builder *builder, double bound, uint64_t cumulative);
int builder_quantile(struct builder *builder, double quantile);

/* Sets observed[0..count) instead of buckets; its counts add up to the
 * histogram's count. The caller keeps it as long as the push. In
 * builder_parts.c. */
int builder_observed(struct builder *builder, const struct observed *observed,
                     size_t count);

/* Adds an exemplar with labels[0..count), in any order, whose names are
 * distinct. In builder_exemplar.c. */
int builder_exemplar(struct builder *builder, const struct label *labels,
                     size_t count, double value, double time);

/* Ends the push and checks that all series are complete. In builder_parts.c. */
int builder_end(struct builder *builder);

/* Frees all but out. */
void builder_free(struct builder *builder);

#endif

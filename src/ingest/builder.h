/* builder: fills a push, whatever its wire format. A format decodes its bytes
 * and says what it finds; the builder puts it together, and refuses what is no
 * family or no series. What may be pushed here is up to admit. */
#ifndef TALLYMAN_INGEST_BUILDER_H
#define TALLYMAN_INGEST_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ingest/pushed_index.h"
#include "metrics/pushed.h"

/* What a message is about. */
enum builder_part {
    BUILDER_SERIES, /* the name of the family or sample */
    BUILDER_LABEL,  /* the label that was read last, or that is a bound */
    BUILDER_VALUE,
    BUILDER_LINE /* all of builder->line */
};

struct builder;

/* Gives builder->err, whose message is complete, the position of the part. */
typedef void builder_locate(const struct builder *builder,
                            enum builder_part part);

/* Zeroed but for out and err it is ready, for a format without lines: messages
 * begin with the family and the labels then. All functions that return int
 * return -1 after an error, which err then tells. */
struct builder {
    struct pushed *out; /* empty */
    struct err *err;
    builder_locate *locate;       /* NULL without lines */
    const void *context;          /* of locate */
    const char *at[BUILDER_LINE]; /* likewise: where those parts are */
    unsigned line;                /* the current one, 0 without lines */
    size_t offset;   /* of the message of the family, without lines */
    bool in_family;  /* its name is known */
    bool known;      /* an earlier message has begun it */
    uint32_t family; /* index in out->families */
    size_t metric;   /* which of the message's series, from 1 */
    bool labelled;   /* its labels are complete */
    struct label labels[PUSHED_LABELS_MAX + 1];
    size_t label_count;
    struct pushed_index index;
    struct pushed_entry *entry; /* of the series, until the next one */
    bool added;                 /* the push has not had the series before */
    size_t bounds; /* of the last histogram: the next has as many */
    struct exemplar *exemplars; /* of the last series that got one */
};

/* Says what is wrong, and where. Returns -1. */
int builder_refuse(struct builder *builder, enum builder_part part,
                   enum err_code code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Families */

/* Begins the message at byte offset. */
void builder_message(struct builder *builder, size_t offset);

/* Begins the family of that name with the suffix, or goes on with it. */
int builder_family(struct builder *builder, const char *name, size_t len,
                   const char *suffix);

/* Sets the type, which must be that of the family's earlier messages. The
 * series of an unsupported one are counted, and nothing else becomes of them.
 */
int builder_type(struct builder *builder, enum metric_type type,
                 bool unsupported);

/* What the first message says that has one stays. */
int builder_describe(struct builder *builder, const char *help, size_t help_len,
                     const char *unit, size_t unit_len);

/* Refuses a label that does not fit, see builder_label_fits. Returns -1. */
int builder_refuse_label(struct builder *builder, const struct label *labels,
                         size_t count);

/* Series: first its labels, then the rest. */

void builder_begin(struct builder *builder);
int builder_label(struct builder *builder, const char *name, size_t name_len,
                  const char *value, size_t value_len);

/* The two steps of builder_label: a checked name, one for all labels of that
 * name, NULL after an error; and whether labels[count], of which only the name
 * counts, may stand behind labels[0..count). */
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

/* The labels are complete, in any order; those with an empty value are left
 * out. Adds the series unless the push has it. */
int builder_series(struct builder *builder);

/* Of the current series; valid until the next one. */
static inline struct pushed_series *
builder_current(const struct builder *builder) {
    const struct pushed_entry *entry = builder->entry;
    return &builder->out->families[entry->family].series[entry->series];
}

/* Refuses a series that is there twice. Returns -1. */
int builder_repeated(struct builder *builder);

/* The value of a counter, a gauge or an untyped series. */
int builder_value(struct builder *builder, double value);

/* A count of observations as a double; a message calls it `what`. */
int builder_whole(struct builder *builder, const char *what, double value,
                  uint64_t *count);

/* The parts of a histogram or summary, in any order: the count of all
 * observations, and of those up to a bound, which may be +Inf. Quantiles are
 * checked and left out. In builder_parts.c. */
int builder_sum(struct builder *builder, double sum);
int builder_count(struct builder *builder, uint64_t count);
int builder_bucket(struct builder *builder, double bound, uint64_t cumulative);
int builder_quantile(struct builder *builder, double quantile);

/* Has the histogram observed[0..count), which lives as long as the push, in
 * place of buckets: their counts are the count of all. In builder_parts.c. */
int builder_observed(struct builder *builder, const struct observed *observed,
                     size_t count);

/* Gives the series an exemplar with labels[0..count), whose names are distinct,
 * in any order. In builder_exemplar.c. */
int builder_exemplar(struct builder *builder, const struct label *labels,
                     size_t count, double value, double time);

/* All series are complete. In builder_parts.c. */
int builder_end(struct builder *builder);

/* out is left as it is. */
void builder_free(struct builder *builder);

#endif

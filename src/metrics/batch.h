/* batch: the samples of one push, checked against the registry. */
#ifndef TALLYMAN_METRICS_BATCH_H
#define TALLYMAN_METRICS_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/pattern.h"
#include "base/strbuf.h"
#include "metrics/exemplar.h"
#include "metrics/registry.h"
#include "metrics/session.h"

/* Why a sample was refused. The manual page has the comments. */
enum reject_reason {
    REJECT_BOUNDS_MISMATCH, /* The family has other upper bounds. */
    REJECT_DROPPED_FAMILY,  /* The name matches drop_families. */
    REJECT_FAMILY_LIMIT,    /* There would be more than limits.families. */
    REJECT_FORBIDDEN,       /* The token may not push the family. */
    REJECT_INVALID_SAMPLE,  /* The sample cannot be understood. */
    REJECT_INVALID_LABELS,  /* The labels are not those of the family. */
    REJECT_INVALID_VALUE,   /* The value is missing, or not a number. */
    REJECT_LABEL_TOO_LONG,  /* See limits.label_value_bytes. */
    REJECT_LABEL_VALUE,     /* The allowlist does not list the value. */
    REJECT_NAME_COLLISION,  /* Another family exposes a series of this name. */
    REJECT_NEGATIVE_VALUE,  /* The value of a counter is negative. */
    REJECT_NOT_STORED,      /* The database refuses this push, and no other. */
    REJECT_OUT_OF_RANGE,    /* The value of a gauge is outside min and max. */
    REJECT_PROGRAMS_ONLY,   /* Only trusted pushes may have the family. */
    REJECT_REPEATED_SERIES, /* The push has the series twice. */
    REJECT_SERIES_LIMIT,    /* There would be more than limits.series. */
    REJECT_TEMPORALITY, /* Neither delta nor the total of a known process. */
    REJECT_TOO_MANY_OBSERVATIONS, /* See limits.observations_per_sample. */
    REJECT_TOO_MANY_SAMPLES,      /* See limits.samples_per_push. */
    REJECT_TYPE_MISMATCH,         /* The family has another type. */
    REJECT_UNKNOWN_FAMILY,        /* No allowlist file lists the family. */
    REJECT_UNSUPPORTED_TYPE,      /* A gauge histogram, or a set of statsd. */
    REJECT_REASONS                /* how many there are */
};

/* The value of the label `reason`. */
const char *reject_reason_name(enum reject_reason reason);

/* The end of a message about the refusal: a link to the guide that helps, or
 * "". */
const char *reject_reason_link(enum reject_reason reason);

enum { REFUSED_NAMES = 3, REFUSED_NAME_MAX = 64 };

/* The names in a refusal: truncated, valid UTF-8, without control characters.
 * "" for none. */
struct refused_name {
    const struct refused_name *next;
    enum reject_reason reason;
    char family[REFUSED_NAME_MAX + 1];
    char label[REFUSED_NAME_MAX + 1];
};

/* The group of a program's pushes: the labels of the path. A row of the table
 * `push_group`. */
struct batch_group {
    const char *labels; /* canonical JSON, of at least one label */
    size_t labels_len;
    double pushed_at; /* Unix seconds; 0: not by this batch */
    double failed_at; /* likewise */
    int64_t id;       /* set by store_commit */
};

struct sample {
    /* A family of the registry. In a push that may add families it may also be
     * in the batch's arena, with open set; store_commit replaces it by the
     * store's family. */
    struct family *family;
    struct family *proposal; /* set by store_commit: the family in the batch's
                                arena that it has replaced */
    uint32_t *values;        /* an index for each label of the family, or
                                VALUE_NONE for an open value not yet known;
                                room for one index in an open family */
    struct label *texts;     /* the values as pushed; zeroed where the index was
                                known at once; NULL if all were */
    const char *label_set;   /* open family: its labels as canonical JSON */
    size_t label_set_len;
    const char *pusher; /* cumulative: the labels that identify the process, as
                           canonical JSON; else NULL */
    size_t pusher_len;
    int64_t epoch; /* with pusher: when its totals began, in Unix nanoseconds;
                      0: unknown */
    double value;  /* counter: the increment; gauge: the value */
    bool relative; /* gauge: add the value, whatever the rule */
    bool beside;   /* belongs to the same point as the sample before it */
    bool unfit; /* set by store_commit when it refuses the batch: without this
                   sample the batch would fit */
    const double *observations; /* histogram, one by one; or buckets: */
    size_t observation_count;
    const uint64_t *buckets; /* histogram: bound_count + 1 plain counts */
    bool observed;  /* made from buckets with other bounds; a program may widen
                       those, which moves counts to higher buckets */
    double sum;     /* with buckets, and in a summary */
    uint64_t count; /* likewise */
    int64_t at; /* gauge: when another node set it, in Unix seconds; 0: now */
    const struct batch_group *group;  /* a group of the batch, which the series
                                         joins unless it has one; or NULL */
    const struct exemplar *exemplars; /* stored if the family keeps exemplars */
    size_t exemplar_count;
    int64_t history; /* see struct pushed_series */
};

/* The index of its series in the family. */
static inline uint64_t sample_combination(const struct sample *sample) {
    return sample->family->any_labels
               ? sample->values[0]
               : family_combination(sample->family, sample->values);
}

/* A group to remove, with its series. A series of a closed family is set to
 * zero instead, and leaves the group. */
struct removal {
    const struct label *labels; /* of the group's path, sorted by name */
    size_t count;
    const struct string_list *families; /* patterns; NULL for any family */
};

/* The last totals of a process, as another node stored them: see the table
 * `pusher`. Texts are NUL-terminated. */
struct known_pusher {
    const char *family; /* name */
    const char *labels;
    const char *pusher;
    const char *series; /* NULL: the same labels */
    double value;
    double sum;
    uint64_t count;
    const char *buckets; /* histograms only, else NULL */
    int64_t epoch;       /* see struct sample */
    int64_t seen_at;     /* Unix seconds */
};

struct db;
struct sql_outcome;

enum { BATCH_ID_SIZE = 16, BATCH_KEY_SIZE = 16 };

/* A zeroed struct is an empty batch. Its samples point into the arena, and to
 * families of the registry that it was checked against. */
struct batch {
    struct arena arena;
    struct sample *samples;
    size_t count;
    size_t room;
    bool has_id;
    unsigned char id[BATCH_ID_SIZE]; /* a UUIDv7 (RFC 9562) */
    bool has_key;
    unsigned char key[BATCH_KEY_SIZE]; /* hash of the key that the client chose
                                          for the push, if any */
    bool repeated; /* set by store_commit: id or key was counted before */
    bool anybody;  /* the sender is not trusted */
    bool alone;    /* points are independent: those that do not fit the stored
                      families are left out, the others are added */
    size_t rejected[REJECT_REASONS];
    const char *first_rejected; /* why the first independent sample was refused,
                                   and the setting that would permit it; or
                                   NULL */
    const struct refused_name *refused_names; /* newest first */
    const struct removal *removal; /* applied before the samples; or NULL */
    size_t removed; /* set by store_commit: series removed with the group */
    size_t zeroed;  /* likewise: series set to zero */
    /* The groups of the samples. The group of a push is marked as failed when
     * the push is refused. */
    struct batch_group *groups;
    size_t group_count;
    bool totals; /* the groups come from another node, with its times */
    /* Added when the push is refused: the time of the refusal, in a listed
     * family; or NULL. */
    struct sample *on_refusal;
    const struct session_push *session; /* or NULL */
    /* Keys of the table `origin`: the sources of this batch, to be marked as
     * added. */
    const char *const *origins;
    size_t origin_count;
    struct db *history; /* the database of the node that the totals come from,
                           in a read transaction; or NULL */
    struct sql_outcome *sql_outcome; /* how the run of a query ended; or NULL */
    const struct known_pusher *pushers; /* of the node that the totals come
                                           from */
    size_t pusher_count;
    /* Set by store_commit when the push does not fit the stored families, or
     * when the store fails with this batch alone (REJECT_NOT_STORED). No part
     * of it is applied. */
    bool refused;
    enum reject_reason refusal;
    struct err why;
};

/* Puts the push into the group with these labels, sorted by name, at a time in
 * Unix seconds. failed: the push is refused. Returns -1 when memory ran out. */
int batch_set_group(struct batch *batch, const struct label *labels,
                    size_t count, double now, bool failed);

/* Appends a zeroed sample; NULL when memory ran out. It is valid until the next
 * call. */
struct sample *batch_add(struct batch *batch);

/* Nothing to write: no sample, id, group, removal or session. */
bool batch_is_empty(const struct batch *batch);

size_t batch_rejected(const struct batch *batch);

/* The number of points; samples of one point count once. */
size_t batch_points(const struct batch *batch);

/* Refuses the batch with this reason and message. Returns -1. */
int batch_refuse(struct batch *batch, enum reject_reason reason,
                 const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Accepts a refused batch without its unfit points, which stay refused for the
 * same reason. */
void batch_leave_out(struct batch *batch);

/* Remembers the names in refusals: the first REFUSED_NAMES different ones of
 * each reason, as far as memory permits. family and label may be any bytes;
 * label may be NULL. */
void batch_name_refusal(struct batch *batch, enum reject_reason reason,
                        const char *family, size_t family_len,
                        const char *label);

/* Appends the names of a reason as ` (FAMILY LABEL, FAMILY)`, if there are
 * any. */
void batch_write_names(const struct batch *batch, enum reject_reason reason,
                       struct strbuf *out);

/* Appends how many samples were refused, why, and the setting that would permit
 * the first of them; nothing when none was refused. noun is the plural for the
 * samples, such as "lines". */
void batch_write_refusals(const struct batch *batch, const char *noun,
                          struct strbuf *out);

/* Whether a push may have this value for the family. A counter takes 0 to
 * METRIC_VALUE_MAX, a gauge a value in its range. A relative value is any
 * finite number, for a gauge with the rule sum or last. Otherwise false, with
 * the reason and a message. Not for histograms and summaries. */
bool batch_value_fits(const struct family *family, double value, bool relative,
                      enum reject_reason *reason, struct err *err);

/* Refuses `count` independent samples with the message `why`, and remembers the
 * names as batch_name_refusal does. */
void batch_reject(struct batch *batch, enum reject_reason reason, size_t count,
                  const char *family, size_t family_len, const char *label,
                  const char *why);

/* The result of a lookup of pushed labels. */
enum label_result { LABELS_OK, LABELS_MEMORY, LABELS_WRONG, LABELS_REFUSED };

/* Sets the sample's values from labels[0..count), pushed in any order.
 * LABELS_WRONG: the names are not exactly those of the sample's family.
 * LABELS_REFUSED: a closed label does not permit its value. */
enum label_result batch_set_labels(struct batch *batch, struct sample *sample,
                                   const struct label *labels, size_t count);

/* Restores the samples as they were pushed: open labels have their texts again,
 * and added families are the batch's own proposals. The registry may then
 * change before the commit. Returns -1 when memory ran out. */
int batch_unresolve(struct batch *batch);

/* Empties the batch and keeps some of its memory. */
void batch_reset(struct batch *batch);

void batch_free(struct batch *batch);

#endif

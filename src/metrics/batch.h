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

/* Why a sample was refused, in the order of the names. */
enum reject_reason {
    REJECT_BOUNDS_MISMATCH, /* other upper bounds than the family's */
    REJECT_DROPPED_FAMILY,  /* matches drop_families */
    REJECT_FAMILY_LIMIT,    /* limits.families */
    REJECT_FORBIDDEN,       /* not for this token */
    REJECT_INVALID_SAMPLE,
    REJECT_INVALID_LABELS,
    REJECT_INVALID_VALUE,
    REJECT_LABEL_TOO_LONG,
    REJECT_LABEL_VALUE,
    REJECT_NAME_COLLISION, /* a series name that another family exposes */
    REJECT_NEGATIVE_VALUE,
    REJECT_NOT_STORED, /* the store fails with this batch and not without it */
    REJECT_OUT_OF_RANGE,  /* min and max of a gauge */
    REJECT_PROGRAMS_ONLY, /* the family is not for everybody */
    REJECT_REPEATED_SERIES,
    REJECT_SERIES_LIMIT, /* limits.series */
    REJECT_TEMPORALITY,  /* neither delta nor the totals of a known process */
    REJECT_TOO_MANY_OBSERVATIONS,
    REJECT_TOO_MANY_SAMPLES,
    REJECT_TYPE_MISMATCH,
    REJECT_UNKNOWN_FAMILY,
    REJECT_UNSUPPORTED_TYPE, /* a gauge histogram, a set of statsd */
    REJECT_REASONS           /* how many there are */
};

/* The value of the label `reason`. */
const char *reject_reason_name(enum reject_reason reason);

enum { REFUSED_NAMES = 3, REFUSED_NAME_MAX = 64 };

/* What a refusal speaks of: cut, valid UTF-8 and without control characters.
 * "" where it speaks of none. */
struct refused_name {
    const struct refused_name *next;
    enum reject_reason reason;
    char family[REFUSED_NAME_MAX + 1];
    char label[REFUSED_NAME_MAX + 1];
};

/* What a program pushes together: the labels of the path. See the table
 * `push_group`. */
struct batch_group {
    const char *labels; /* canonical JSON, of at least one label */
    size_t labels_len;
    double pushed_at; /* Unix seconds; 0: not now */
    double failed_at; /* likewise */
    int64_t id;       /* set by store_commit */
};

struct sample {
    /* One of the registry's; or, in a push that may add families, one in the
     * batch's arena with open set: store_commit puts its own in its place. */
    struct family *family;
    struct family *proposal; /* by store_commit: the one of the batch's arena
                                in whose place it has put its own */
    uint32_t *values;        /* an index for each label of the family, or
                                VALUE_NONE for an open value not yet known;
                                room for one index in an open family */
    struct label *texts;     /* the values as pushed, zeroed where they were
                                known at once; NULL if all were */
    const char *label_set;   /* open family: its labels as canonical JSON */
    size_t label_set_len;
    const char *pusher; /* running totals: the labels that identify
                           the process, as canonical JSON; else NULL */
    size_t pusher_len;
    int64_t epoch; /* with pusher: when its totals began, in Unix nanoseconds;
                      0: not known */
    double value;  /* counter: the increment; gauge: the value */
    bool relative; /* gauge: the value is to be added, whatever the rule */
    bool beside;   /* it is one point with the sample before it */
    bool unfit;    /* by store_commit, where it refuses the batch: without this
                      sample it may not */
    const double *observations; /* histogram, one by one; or: */
    size_t observation_count;
    const uint64_t *buckets; /* histogram: bound_count + 1 plain counts */
    bool observed; /* they were made of buckets of another kind, which a program
                      widens now and then: then counts move to higher ones */
    double sum;    /* with buckets, and of a summary */
    uint64_t count; /* likewise */
    int64_t at; /* gauge: when it was set elsewhere, in Unix seconds; 0: it is
                   set now */
    const struct batch_group *group;  /* one of the batch's, that the series
                                         joins if it is in none; or NULL */
    const struct exemplar *exemplars; /* kept where the family says so */
    size_t exemplar_count;
};

/* The number of its series in the family. */
static inline uint64_t sample_combination(const struct sample *sample) {
    return sample->family->any_labels
               ? sample->values[0]
               : family_combination(sample->family, sample->values);
}

/* A group to be removed, with its series. A series of a closed family starts
 * again at zero, and is in no group then. */
struct removal {
    const struct label *labels; /* of the group's path, sorted by name */
    size_t count;
    const struct string_list *families; /* patterns; NULL for any family */
};

/* The last running totals of a process, as another node has taken them: see the
 * table `pusher`. Texts are NUL-terminated. */
struct known_pusher {
    const char *family; /* its name */
    const char *labels;
    const char *pusher;
    const char *series; /* NULL: the same labels */
    double value;
    double sum;
    uint64_t count;
    const char *buckets; /* NULL but for histograms */
    int64_t epoch;       /* as of a sample */
    int64_t seen_at;     /* Unix seconds */
};

enum { BATCH_ID_SIZE = 16, BATCH_KEY_SIZE = 16 };

/* A zeroed struct is an empty batch. What its samples point to belongs to the
 * arena, the families to the registry it was checked against. */
struct batch {
    struct arena arena;
    struct sample *samples;
    size_t count;
    size_t room;
    bool has_id;
    unsigned char id[BATCH_ID_SIZE]; /* a UUIDv7 (RFC 9562) */
    bool has_key;
    unsigned char key[BATCH_KEY_SIZE]; /* of the push, where it has one that the
                                          client has chosen: a hash of it */
    bool repeated; /* set by store_commit: the id or key was counted before */
    bool anybody;  /* its sender is not trusted */
    bool alone;    /* points stand alone: those that do not fit what is stored
                      are left out, and the rest is taken */
    size_t rejected[REJECT_REASONS];
    const char *first_rejected; /* why the first sample was refused that stands
                                   alone, and the setting that would take it;
                                   or NULL */
    const struct refused_name *refused_names; /* the last first */
    const struct removal *removal; /* comes before the samples; or NULL */
    size_t removed; /* set by store_commit: series that went with it */
    size_t zeroed;  /* likewise: that started again at zero */
    /* The groups of the samples. One of a push is marked as failed where the
     * push is refused. */
    struct batch_group *groups;
    size_t group_count;
    bool totals; /* the groups are those of another node, with its times */
    /* Added where the push is refused: the time of that, of a listed family;
     * or NULL. */
    struct sample *on_refusal;
    const struct session_push *session; /* or NULL */
    /* Keys of the table `origin`: what is in the batch comes from there, and is
     * marked as added. */
    const char *const *origins;
    size_t origin_count;
    const struct known_pusher *pushers; /* come with the totals of a node */
    size_t pusher_count;
    /* Set by store_commit when what was pushed cannot be added to what is
     * stored, or the store fails with this batch alone (REJECT_NOT_STORED):
     * nothing of it is applied. */
    bool refused;
    enum reject_reason refusal;
    struct err why;
};

/* The push is one of the group with these labels, sorted by name, at a time in
 * Unix seconds; failed: it is refused. Returns -1 when memory ran out. */
int batch_set_group(struct batch *batch, const struct label *labels,
                    size_t count, double now, bool failed);

/* A zeroed sample at the end of the batch; NULL when memory ran out. It is
 * valid until the next call. */
struct sample *batch_add(struct batch *batch);

/* Nothing is to be written: no sample, id, group, removal or session. */
bool batch_is_empty(const struct batch *batch);

size_t batch_rejected(const struct batch *batch);

/* The samples, but for those beside another. */
size_t batch_points(const struct batch *batch);

/* Refuses the batch for what the message says. Returns -1. */
int batch_refuse(struct batch *batch, enum reject_reason reason,
                 const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A batch that was refused is so no longer: points with an unfit sample are
 * left out, and refused for the same. */
void batch_leave_out(struct batch *batch);

/* Remembers what samples are refused for: the first REFUSED_NAMES different
 * ones of each reason, as far as there is memory. family and label may be any
 * bytes, label may be NULL. */
void batch_name_refusal(struct batch *batch, enum reject_reason reason,
                        const char *family, size_t family_len,
                        const char *label);

/* Appends ` (FAMILY LABEL, FAMILY)` for a reason; nothing without names. */
void batch_write_names(const struct batch *batch, enum reject_reason reason,
                       struct strbuf *out);

/* Appends how many samples of the batch were refused, why, and the setting
 * that would take the first of them; nothing when none was. noun names the
 * samples in the plural, such as "lines". */
void batch_write_refusals(const struct batch *batch, const char *noun,
                          struct strbuf *out);

/* A push may have the value for the family: it adds 0 to METRIC_VALUE_MAX to a
 * counter, and the value of a gauge is in its range; one that is relative is a
 * number, and for a gauge that adds up or has the last value, which keeps it in
 * its range. Else false, with the reason, and a message about that. Histograms
 * and summaries have none. */
bool batch_value_fits(const struct family *family, double value, bool relative,
                      enum reject_reason *reason, struct err *err);

/* Refuses `count` samples that stand alone, for what `why` says, with a name as
 * batch_name_refusal has it. */
void batch_reject(struct batch *batch, enum reject_reason reason, size_t count,
                  const char *family, size_t family_len, const char *label,
                  const char *why);

/* What a label lookup says of pushed labels. */
enum label_result { LABELS_OK, LABELS_MEMORY, LABELS_WRONG, LABELS_REFUSED };

/* Sets the sample's values from labels[0..count), pushed in any order:
 * LABELS_WRONG when their names are not exactly those of the sample's family,
 * LABELS_REFUSED when a closed label has no such value. */
enum label_result batch_set_labels(struct batch *batch, struct sample *sample,
                                   const struct label *labels, size_t count);

/* Makes the samples what they were when they were pushed: of the values of open
 * labels that are known, and of the families that store_commit has put in, only
 * the batch's own texts and proposals stay. So the registry's values may change
 * before it is committed. Returns -1 when memory ran out. */
int batch_unresolve(struct batch *batch);

/* Empties the batch and keeps some of its memory. */
void batch_reset(struct batch *batch);

void batch_free(struct batch *batch);

#endif

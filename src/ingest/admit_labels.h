/* admit_labels: the labels of a pushed series with those of the path. */
#ifndef TALLYMAN_INGEST_ADMIT_LABELS_H
#define TALLYMAN_INGEST_ADMIT_LABELS_H

#include "ingest/admission.h"
#include "metrics/batch.h"
#include "metrics/pushed.h"

/* One push that is being checked. */
struct admitting {
    const struct pushed *pushed;
    const struct admission *admission;
    struct batch *batch;
    const struct batch_group *group; /* of the path; NULL without labels */
    struct strbuf json;              /* scratch */
    struct value_set met; /* label sets of the current family, where they have
                             to be compared */
    const char *label;    /* the one that is to blame for a refusal, or NULL */
    const struct pushed_family *family; /* likewise; NULL: the current one */
    struct err *err;
};

/* The labels of one series, sorted by name. */
struct label_list {
    struct label labels[FAMILY_LABELS_MAX];
    size_t count;
};

/* Refuses the push: sets the message, which begins with the line if there is
 * one, and returns -1. */
int admit_refuse(struct admitting *admitting, enum reject_reason reason,
                 unsigned line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Joins the labels of the series and of the path in *list. -1 after a refusal.
 */
int admit_join_labels(struct admitting *admitting,
                      const struct pushed_family *family,
                      const struct pushed_series *series,
                      struct label_list *list);

/* Adds the labels that a point offers to those that the family lists, or to an
 * open one; and for labels that a listed family has and the point does not, the
 * empty value, where that is permitted. */
int admit_offered_labels(struct admitting *admitting,
                         const struct family *family,
                         const struct pushed_series *series,
                         struct label_list *list);

/* Sets the labels of a sample of a listed family; of a cumulative one also the
 * pusher, and what the family does not list of the path is only in there. */
int admit_listed_labels(struct admitting *admitting,
                        const struct pushed_series *series,
                        struct label_list *list, struct sample *sample);

/* Sets the labels of a sample of an open family. */
int admit_open_labels(struct admitting *admitting,
                      const struct label_list *list, struct sample *sample);

/* Refuses a label set that the family has already had in this push. */
int admit_unrepeated(struct admitting *admitting,
                     const struct pushed_family *family,
                     const struct pushed_series *series,
                     const struct label_list *list);

/* The series of a push may have the label behind `count` others, as far as
 * numbers and lengths go. Else false, with the reason. */
bool admit_label_fits(const struct limits *limits, size_t count,
                      const struct label *label, enum reject_reason *reason);

#endif

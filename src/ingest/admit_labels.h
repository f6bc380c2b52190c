/* admit_labels: the labels of a pushed series, joined with those of the path.
 */
#ifndef TALLYMAN_INGEST_ADMIT_LABELS_H
#define TALLYMAN_INGEST_ADMIT_LABELS_H

#include "ingest/admission.h"
#include "metrics/batch.h"
#include "metrics/pushed.h"

/* The state while a push is checked. */
struct admitting {
    const struct pushed *pushed;
    const struct admission *admission;
    struct batch *batch;
    const struct batch_group *group; /* of the path; NULL without labels */
    struct strbuf json;              /* scratch */
    struct value_set met; /* label sets of the current family so far, if path
                             labels can make them equal */
    const char *label;    /* the label that caused a refusal, or NULL */
    const struct pushed_family *family; /* likewise; NULL: the current one */
    struct err *err;
};

/* The labels of one series, sorted by name. */
struct label_list {
    struct label labels[FAMILY_LABELS_MAX];
    size_t count;
};

/* Refuses the push: sets the reason and the message, with the line unless it is
 * 0. Returns -1. */
int admit_refuse(struct admitting *admitting, enum reject_reason reason,
                 unsigned line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Joins the labels of the series and of the path in *list. Returns -1 after a
 * refusal. */
int admit_join_labels(struct admitting *admitting,
                      const struct pushed_family *family,
                      const struct pushed_series *series,
                      struct label_list *list);

/* Adds the offered labels that the family lists, or that identify the process
 * if the family has any labels. Missing labels of a listed family get the empty
 * value if it is permitted. */
int admit_offered_labels(struct admitting *admitting,
                         const struct family *family,
                         const struct pushed_series *series,
                         struct label_list *list);

/* Sets the labels of a sample of a listed family. If it is cumulative, also
 * sets the pusher, which holds the labels of the path that the family does not
 * list. */
int admit_listed_labels(struct admitting *admitting,
                        const struct pushed_series *series,
                        struct label_list *list, struct sample *sample);

/* Sets the labels of a sample of an open family. */
int admit_open_labels(struct admitting *admitting,
                      const struct label_list *list, struct sample *sample);

/* Refuses a label set that this push has already used in the family. */
int admit_unrepeated(struct admitting *admitting,
                     const struct pushed_family *family,
                     const struct pushed_series *series,
                     const struct label_list *list);

/* Checks the limits of a label that follows `count` others. Returns false with
 * the reason. */
bool admit_label_fits(const struct limits *limits, size_t count,
                      const struct label *label, enum reject_reason *reason);

#endif

/* labels: the labels in a line of a text exposition. */
#ifndef TALLYMAN_INGEST_TEXT_LABELS_H
#define TALLYMAN_INGEST_TEXT_LABELS_H

#include "ingest/text/source.h"
#include "metrics/label.h"

/* In their order, also with empty values. The names are kept for the next
 * line, which mostly has the same ones. */
struct text_labels {
    struct label labels[PUSHED_LABELS_MAX + 1]; /* names are interned */
    struct text_part names[PUSHED_LABELS_MAX + 1];
    size_t count;
    size_t known; /* how many names there are from any line; 0 at first */
};

/* Reads labels from behind { to behind }. Their names are distinct. Values
 * point into the input unless something in them is escaped. NULL with an error
 * when they are wrong. */
const char *text_labels_read(const struct text_source *source,
                             struct text_labels *set, const char *at);

#endif

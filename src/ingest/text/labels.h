/* labels: the labels in a line of a text exposition. */
#ifndef TALLYMAN_INGEST_TEXT_LABELS_H
#define TALLYMAN_INGEST_TEXT_LABELS_H

#include "ingest/text/source.h"
#include "metrics/label.h"

/* Labels in the order of the line, including empty values. The names are kept:
 * the next line often has the same. */
struct text_labels {
    struct label labels[PUSHED_LABELS_MAX + 1]; /* names are interned */
    struct text_part names[PUSHED_LABELS_MAX + 1];
    size_t count;
    size_t known; /* names of previous lines; 0 at first */
};

/* Reads labels, from the byte after { to the byte after }, which it returns;
 * NULL after an error. Names are distinct. Values point into the input unless
 * they have escapes. */
const char *text_labels_read(const struct text_source *source,
                             struct text_labels *set, const char *at);

#endif

/* attributes: lists of keys and values, and their conversion to labels. */
#ifndef TALLYMAN_INGEST_OTLP_ATTRIBUTES_H
#define TALLYMAN_INGEST_OTLP_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "ingest/points.h"
#include "otlp.pb-c.h"

/* The attributes of a point, span, scope or resource. */
struct otlp_attributes {
    Otlp__KeyValue *const *items;
    size_t count;
};

/* Further attributes of a list are ignored. */
enum { OTLP_ATTRIBUTES_MAX = 256 };

/* The value of the first attribute with the key; NULL if there is none. */
const Otlp__AnyValue *otlp_attribute(struct otlp_attributes attributes,
                                     const char *key);

/* Sets sorted to the attributes by key; equal keys keep their order. Returns
 * their number, at most OTLP_ATTRIBUTES_MAX. */
size_t otlp_attributes_sort(struct otlp_attributes attributes,
                            const Otlp__KeyValue **sorted);

/* The text of a value, NUL-terminated, in the arena; NULL if memory ran out.
 * Arrays and lists of keys and values become JSON with sorted keys; bytes
 * become base64. A NULL value is "". The text may be malformed UTF-8. */
const char *otlp_text(const Otlp__AnyValue *value, struct arena *arena,
                      size_t *len);

/* The labels of a list. */
struct otlp_labels {
    struct label labels[PUSHED_LABELS_MAX];
    size_t count;
    bool cut; /* further labels were dropped */
};

/* Converts the attributes to labels with the defaults of Prometheus
 * (otlptranslator, LabelNamer), sorted by key: invalid characters become one _,
 * a leading digit is prefixed with key_, values of equal names are joined with
 * `;`, and __name__ and empty values are left out. Each key is prefixed with
 * prefix. Names and values are not checked. Returns -1 if memory ran out. */
int otlp_labels_read(struct otlp_attributes attributes, const char *prefix,
                     struct arena *arena, struct otlp_labels *labels);

/* Adds the labels of the attributes to the current point. */
enum point_result otlp_label_point(struct points *points,
                                   struct otlp_attributes attributes);

#endif

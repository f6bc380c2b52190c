/* attributes: lists of keys and values, and what they become as labels. */
#ifndef TALLYMAN_INGEST_OTLP_ATTRIBUTES_H
#define TALLYMAN_INGEST_OTLP_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "ingest/points.h"
#include "otlp.pb-c.h"

/* A list as messages have it: of a point, a span, a scope or a resource. */
struct otlp_attributes {
    Otlp__KeyValue *const *items;
    size_t count;
};

/* Of one list, no more are looked at. */
enum { OTLP_ATTRIBUTES_MAX = 256 };

/* The value of the first attribute of that key; NULL without one. */
const Otlp__AnyValue *otlp_attribute(struct otlp_attributes attributes,
                                     const char *key);

/* Sets sorted to the attributes in the order of their keys; those of one key
 * stay in theirs. Returns how many there are: at most OTLP_ATTRIBUTES_MAX. */
size_t otlp_attributes_sort(struct otlp_attributes attributes,
                            const Otlp__KeyValue **sorted);

/* The text of a value, NUL-terminated, valid as long as the arena; NULL when
 * memory ran out. Arrays and lists of keys and values are JSON, with sorted
 * keys; bytes are base64. A NULL value is "". It need not be UTF-8. */
const char *otlp_text(const Otlp__AnyValue *value, struct arena *arena,
                      size_t *len);

/* The labels that a list becomes. */
struct otlp_labels {
    struct label labels[PUSHED_LABELS_MAX];
    size_t count;
    bool cut; /* there were more */
};

/* Sets *labels to what Prometheus makes of the attributes by default
 * (otlptranslator, LabelNamer), sorted by key: characters that no label has are
 * one _, a digit gets key_ before it, the values of two of one name are joined
 * with `;`, and __name__ and empty values are left out. prefix stands before
 * each key. Names and values are not checked. Returns -1 when memory ran out.
 */
int otlp_labels_read(struct otlp_attributes attributes, const char *prefix,
                     struct arena *arena, struct otlp_labels *labels);

/* Gives the current point the labels of its attributes. */
enum point_result otlp_label_point(struct points *points,
                                   struct otlp_attributes attributes);

#endif

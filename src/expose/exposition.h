/* exposition: writes families and series in the formats of Prometheus. */
#ifndef TALLYMAN_EXPOSE_EXPOSITION_H
#define TALLYMAN_EXPOSE_EXPOSITION_H

#include "base/arena.h"
#include "base/strbuf.h"
#include "expose/exemplars.h"
#include "expose/pack.h"
#include "metrics/label.h"
#include "metrics/registry.h"
#include "metrics/series.h"

/* Prometheus text format 0.0.4, OpenMetrics 1.0, length-delimited messages of
 * expose/protobuf.h, and the JSON of expose/json.h. The functions below do not
 * write JSON. */
enum exposition_format {
    EXPOSITION_TEXT,
    EXPOSITION_OPENMETRICS,
    EXPOSITION_PROTOBUF,
    EXPOSITION_JSON
};

/* The exact Content-Type of a format. */
const char *exposition_content_type(enum exposition_format format);

/* The caller sets format, out and created, and zeroes the rest. */
struct exposition {
    enum exposition_format format;
    struct pack *out;
    bool created;       /* OpenMetrics: write _created, the birth of series */
    size_t base_len;    /* length of the current family's OpenMetrics name */
    bool births;        /* series of the current family need created_at */
    struct strbuf text; /* scratch memory, like the arena */
    struct arena arena;
    struct exemplars exemplars; /* of the current series */
    struct label_memo labels;
    char clash[16]; /* `"le":`, a label name that must not occur */
    size_t clash_len;
};

/* Begins a family: HELP if there is one, TYPE, and in OpenMetrics and protobuf
 * a UNIT, if the name ends with it. Series up to exposition_family_end belong
 * to this family. Protobuf uses the name of the text format. base_len is the
 * result of family_base_length. In OpenMetrics a counter that keeps its full
 * name has the type unknown, the only one that permits any sample name. */
void exposition_family(struct exposition *exposition,
                       const struct family *family, size_t base_len);

/* Writes a series; for a summary its sum and count. Exemplars are shown in
 * OpenMetrics and protobuf if the family has them enabled. OpenMetrics permits
 * no sum that may decrease: a histogram with negative bounds or a negative sum
 * has only buckets, a summary with a negative sum only the count. Returns -1
 * and writes nothing when labels or buckets are not in the stored form, or when
 * a label of an open family is reserved by the format: `le` in a histogram,
 * `quantile` in a summary. Without created_at there is no _created and no start
 * timestamp. */
int exposition_series(struct exposition *exposition,
                      const struct family *family, const struct series *series);

void exposition_family_end(struct exposition *exposition);

/* Writes the end mark. */
void exposition_end(struct exposition *exposition);

/* Frees everything except out. */
void exposition_free(struct exposition *exposition);

#endif

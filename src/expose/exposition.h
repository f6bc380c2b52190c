/* exposition: families and series in the formats of Prometheus. */
#ifndef TALLYMAN_EXPOSE_EXPOSITION_H
#define TALLYMAN_EXPOSE_EXPOSITION_H

#include "base/arena.h"
#include "base/strbuf.h"
#include "expose/exemplars.h"
#include "expose/pack.h"
#include "metrics/label.h"
#include "metrics/registry.h"
#include "metrics/series.h"

/* Prometheus text format 0.0.4, OpenMetrics 1.0, the messages of
 * expose/protobuf.h, each behind its length, and the JSON of expose/json.h,
 * which the functions below do not write. */
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
    bool created;       /* OpenMetrics: with the births of series, _created */
    size_t base_len;    /* of the current family's name in OpenMetrics */
    bool births;        /* its series need a created_at */
    struct strbuf text; /* scratch memory, as is the arena */
    struct arena arena;
    struct exemplars exemplars; /* of the series */
    struct label_memo labels;
    char clash[16]; /* `"le":`, where no label may be that */
    size_t clash_len;
};

/* Begins a family: HELP if there is one, TYPE and, in OpenMetrics and protobuf,
 * a UNIT that its name ends with. The series up to exposition_family_end are of
 * this family. In protobuf it has the name that it has as text. base_len is
 * what family_base_length says: in OpenMetrics a counter that keeps its name
 * is of type unknown, as only that type has samples of any name. */
void exposition_family(struct exposition *exposition,
                       const struct family *family, size_t base_len);

/* A series; of a summary its sum and count. Its exemplars are shown in
 * OpenMetrics and protobuf, where its family has them enabled. OpenMetrics has
 * no sum that may fall: of a histogram with negative bounds or a negative sum
 * there are only buckets, of a summary with a negative sum only the count.
 * Returns -1 and writes nothing when its labels or buckets are not as the store
 * writes them, or when a label of an open family has a meaning of its own
 * there: `le` of a histogram, `quantile` of a summary. Without created_at there
 * is no _created, and no start timestamp. */
int exposition_series(struct exposition *exposition,
                      const struct family *family, const struct series *series);

void exposition_family_end(struct exposition *exposition);

/* The end mark. */
void exposition_end(struct exposition *exposition);

/* Frees all but out. */
void exposition_free(struct exposition *exposition);

#endif

/* exposition: families and series as text for Prometheus. */
#ifndef TALLYMAN_EXPOSITION_H
#define TALLYMAN_EXPOSITION_H

#include "registry.h"
#include "series.h"
#include "strbuf.h"

/* Prometheus text format 0.0.4, OpenMetrics 1.0. */
enum exposition_format { EXPOSITION_TEXT, EXPOSITION_OPENMETRICS };

/* The exact Content-Type of a format. */
const char *exposition_content_type(enum exposition_format format);

struct exposition {
    enum exposition_format format;
    struct strbuf *out;
    struct strbuf scratch; /* the labels of the current series */
};

/* HELP, TYPE and, in OpenMetrics, UNIT. */
void exposition_family(struct exposition *exposition,
                       const struct family *family);

/* A series. Returns -1 and writes nothing when its labels or buckets are not
 * as the store writes them. Without created_at there is no _created. */
int exposition_series(struct exposition *exposition,
                      const struct family *family, const struct series *series);

/* The end mark, and the scratch memory goes. */
void exposition_end(struct exposition *exposition);

#endif

/* native: native histograms of Prometheus, in messages of protobuf. */
#ifndef TALLYMAN_INGEST_NATIVE_H
#define TALLYMAN_INGEST_NATIVE_H

#include <stdbool.h>

#include "ingest/builder.h"
#include "metric_family.pb-c.h"

/* The histogram has fields that only native ones have. */
bool native_is(const Pb__Histogram *histogram);

/* Gives the builder's current series, whose count it has, the buckets of the
 * histogram: each goes into the bounds of the family by its upper bound (spec
 * "Native Histograms", "Bucket boundaries"). -1 after an error: they do not fit
 * the spans, the count or the schemas -4 to 8. */
int native_read(struct builder *builder, const Pb__Histogram *histogram);

#endif

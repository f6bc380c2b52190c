/* native: Prometheus native histograms in protobuf messages. */
#ifndef TALLYMAN_INGEST_NATIVE_H
#define TALLYMAN_INGEST_NATIVE_H

#include <stdbool.h>

#include "ingest/builder.h"
#include "metric_family.pb-c.h"

/* True if the histogram has fields of a native histogram. */
bool native_is(const Pb__Histogram *histogram);

/* Adds the buckets of the histogram to the builder's current series, whose
 * count is set. Each bucket goes into the family's bucket of its upper bound
 * (spec "Native Histograms", "Bucket boundaries"). Returns -1 after an error:
 * wrong spans, a wrong count, or a schema outside -4 to 8. */
int native_read(struct builder *builder, const Pb__Histogram *histogram);

#endif

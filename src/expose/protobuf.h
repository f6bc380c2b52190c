/* protobuf: writes families and series as io.prometheus.client.MetricFamily
 * (https://github.com/prometheus/client_model). The fields of a message may be
 * written in parts: first those of the family, then one for each series. */
#ifndef TALLYMAN_EXPOSE_PROTOBUF_H
#define TALLYMAN_EXPOSE_PROTOBUF_H

#include "base/arena.h"
#include "base/strbuf.h"
#include "expose/exemplars.h"
#include "metrics/registry.h"
#include "metrics/series.h"

/* Appends the name and the type; help and unit unless they are empty. */
void protobuf_write_family(const struct family *family, const char *help,
                           const char *unit, struct strbuf *out);

/* Appends a series. labels[0..len) is as label_json_write_exposition writes it.
 * Without created_at it has no start timestamp. Resets the scratch memory.
 * Returns -1 and writes nothing when its buckets are not in the stored form.
 * out->failed: memory ran out. */
int protobuf_write_series(const struct family *family,
                          const struct series *series, const char *labels,
                          size_t len, const struct exemplars *exemplars,
                          struct arena *scratch, struct strbuf *out);

#endif

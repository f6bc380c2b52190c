/* exemplars: the exemplars of a point that name a trace. */
#ifndef TALLYMAN_INGEST_OTLP_EXEMPLARS_H
#define TALLYMAN_INGEST_OTLP_EXEMPLARS_H

#include <stddef.h>

#include "base/arena.h"
#include "metrics/exemplar.h"
#include "otlp.pb-c.h"

/* Sets *kept and *kept_count to the exemplars with a finite value, a trace id
 * and a span id. The ids are the only labels: attributes may identify users.
 * Returns -1 if memory ran out. */
int otlp_exemplars_read(Otlp__Exemplar *const *exemplars, size_t count,
                        struct arena *arena, const struct exemplar **kept,
                        size_t *kept_count);

#endif

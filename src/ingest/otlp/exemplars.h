/* exemplars: those of a point that say which trace they are of. */
#ifndef TALLYMAN_INGEST_OTLP_EXEMPLARS_H
#define TALLYMAN_INGEST_OTLP_EXEMPLARS_H

#include <stddef.h>

#include "base/arena.h"
#include "metrics/exemplar.h"
#include "otlp.pb-c.h"

/* Sets *kept and *kept_count to the exemplars that have a finite value and the
 * ids of a trace and a span, which are all that their labels say: attributes
 * may be about users. Returns -1 when memory ran out. */
int otlp_exemplars_read(Otlp__Exemplar *const *exemplars, size_t count,
                        struct arena *arena, const struct exemplar **kept,
                        size_t *kept_count);

#endif

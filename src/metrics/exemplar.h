/* exemplar: an observation with the trace that it was part of. */
#ifndef TALLYMAN_METRICS_EXEMPLAR_H
#define TALLYMAN_METRICS_EXEMPLAR_H

#include <stddef.h>

/* OpenMetrics 1.0, "Exemplars": names and values of the labels together have at
 * most so many characters. */
enum { EXEMPLAR_CHARACTERS_MAX = 128 };

struct exemplar {
    const char *labels; /* canonical JSON, such as {"trace_id":"..."} */
    size_t labels_len;
    double value; /* of the observation, or what was added to the counter */
    double time;  /* Unix seconds; 0: not known */
};

#endif

/* exemplar: an observation with the trace it belongs to. */
#ifndef TALLYMAN_METRICS_EXEMPLAR_H
#define TALLYMAN_METRICS_EXEMPLAR_H

#include <stdbool.h>
#include <stddef.h>

/* The maximum number of characters in all label names and values together
 * (OpenMetrics 1.0, "Exemplars"). */
enum { EXEMPLAR_CHARACTERS_MAX = 128 };

struct exemplar {
    const char *labels; /* canonical JSON, such as {"trace_id":"..."} */
    size_t labels_len;
    double value; /* the observation, or the increment of a counter */
    double time;  /* Unix seconds; 0: unknown */
};

/* The number of characters in the names and values of labels; text[0..len) is
 * as label_json_write_exposition writes it. */
size_t exemplar_characters(const char *text, size_t len);

/* Whether a scrape can show it: the labels are canonical JSON of at most
 * EXEMPLAR_CHARACTERS_MAX characters, value and time are finite. Also false
 * when memory ran out. */
bool exemplar_fits(const struct exemplar *exemplar);

#endif

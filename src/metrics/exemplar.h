/* exemplar: an observation with the trace that it was part of. */
#ifndef TALLYMAN_METRICS_EXEMPLAR_H
#define TALLYMAN_METRICS_EXEMPLAR_H

#include <stdbool.h>
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

/* How many characters names and values of labels have together, from
 * text[0..len) as label_json_write_exposition has them. */
size_t exemplar_characters(const char *text, size_t len);

/* A scrape can show it: the labels are canonical JSON of at most
 * EXEMPLAR_CHARACTERS_MAX characters, and value and time are finite. False also
 * when memory ran out. */
bool exemplar_fits(const struct exemplar *exemplar);

#endif

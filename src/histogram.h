/* histogram: observations counted by bucket. */
#ifndef TALLYMAN_HISTOGRAM_H
#define TALLYMAN_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "strbuf.h"

/* The most upper bounds that a histogram can have; it has one bucket more. */
enum { HISTOGRAM_BOUNDS_MAX = 200 };

/* The bucket of value among bounds[0..count), which ascend and are upper
 * inclusive; count for the bucket above all of them (+Inf). */
size_t histogram_bucket(const double *bounds, size_t count, double value);

/* Appends counts[0..count), plain and not cumulative, as a JSON array. */
void histogram_write_json(const uint64_t *counts, size_t count,
                          struct strbuf *out);

/* Reads the JSON array json[0..len) into counts[0..count). Returns -1, with
 * counts in disorder, when it is not an array of exactly that many natural
 * numbers below 2^63 without white space, as histogram_write_json makes it. */
int histogram_read_json(const char *json, size_t len, uint64_t *counts,
                        size_t count);

#endif

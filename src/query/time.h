/* time: points in time and durations of Prometheus's API. */
#ifndef TALLYMAN_QUERY_TIME_H
#define TALLYMAN_QUERY_TIME_H

#include <stddef.h>
#include <stdint.h>

/* Reads text[0..len), such as 5m or 1h30m: units ms, s, m, h, d, w and y from
 * large to small. Returns -1 if it is malformed or above 100 years. */
int time_duration(const char *text, size_t len, int64_t *ms);

/* Like time_duration; also accepts a number of seconds above 0. */
int time_step(const char *text, size_t len, int64_t *ms);

/* Reads text[0..len): Unix seconds, possibly with a fraction, or a time of RFC
 * 3339. Returns -1 if it is malformed or outside the years 1970 to 9999. */
int time_point(const char *text, size_t len, int64_t *ms);

/* Bytes of the longest result of time_format with its NUL. */
enum { TIME_SIZE = 32 };

/* Writes Unix milliseconds in the form of RFC 3339, with three decimals. Times
 * are clamped to the years 1970 to 9999. */
void time_format(int64_t ms, char out[TIME_SIZE]);

#endif

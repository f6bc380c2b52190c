/* number: doubles as text, independent of locale. */
#ifndef TALLYMAN_NUMBER_H
#define TALLYMAN_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/* Room for any number_format result with its NUL. */
enum { NUMBER_SIZE = 32 };

/* Writes the shortest decimal text that reads back equal, with NUL; `+Inf`,
 * `-Inf` and `NaN` as the Prometheus text formats spell them (exposition
 * formats 0.0.4 and OpenMetrics 1.0, "Numbers"). Returns its length. */
size_t number_format(double value, char out[NUMBER_SIZE]);

/* Reads text[0..len), a number as JSON writes them (RFC 8259, section 6), to
 * the nearest double. Returns -1 when memory ran out. */
int number_parse(const char *text, size_t len, double *out);

/* Room for any natural_format result, which has no NUL. */
enum { NATURAL_SIZE = 20 };

/* Writes the decimal digits of value. Returns how many. */
size_t natural_format(uint64_t value, char out[NATURAL_SIZE]);

#endif

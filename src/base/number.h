/* number: doubles as text, independent of locale. */
#ifndef TALLYMAN_BASE_NUMBER_H
#define TALLYMAN_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 2^53: up to it, every integer is exact as a double. */
#define NUMBER_EXACT 0x1p53

/* Room for any number_format result with its NUL. */
enum { NUMBER_SIZE = 32 };

/* Writes the shortest decimal text that reads back equal, with NUL; `+Inf`,
 * `-Inf` and `NaN` as the Prometheus text formats spell them (exposition
 * formats 0.0.4 and OpenMetrics 1.0, "Numbers"). Returns its length. */
size_t number_format(double value, char out[NUMBER_SIZE]);

/* Reads text[0..len), a number as JSON writes them (RFC 8259, section 6), to
 * the nearest double. Returns -1 when memory ran out. */
int number_parse(const char *text, size_t len, double *out);

/* The longest text that number_read takes, in bytes. */
enum { NUMBER_TEXT_MAX = 500 };

/* The result of number_read: a number, no number, a text longer than
 * NUMBER_TEXT_MAX, or a number beyond the range of a double. */
enum number_text { NUMBER_FINE, NUMBER_MALFORMED, NUMBER_LONG, NUMBER_LARGE };

/* Reads the whole of text[0..len) to the nearest double, as the text exposition
 * formats write numbers (exposition format 0.0.4: what Go's ParseFloat takes;
 * OpenMetrics 1.0, "number"): decimals, and Inf, Infinity and NaN in any case.
 * With hexadecimal also 0x1.8p3, whose exponent is required. *out is set for
 * NUMBER_FINE only. */
enum number_text number_read(const char *text, size_t len, bool hexadecimal,
                             double *out);

/* Room for any natural_format result, which has no NUL. */
enum { NATURAL_SIZE = 20 };

/* Writes the decimal digits of value. Returns their number. */
size_t natural_format(uint64_t value, char out[NATURAL_SIZE]);

/* Rounds off the noise of a sum or a difference, below the last digit of the
 * larger operand: 123456.8 - 123456.7 is 0.1. One operand is given; the other
 * follows from the result. */
double number_without_noise(double result, double operand);

#endif

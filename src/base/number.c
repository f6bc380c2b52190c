#include "base/number.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Powers of ten that are exact as doubles. */
static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static char *write_pair(uint32_t value, char *at) {
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324"
        "25262728293031323334353637383940414243444546474849"
        "50515253545556575859606162636465666768697071727374"
        "75767778798081828384858687888990919293949596979899";
    return mempcpy(at, pairs + (size_t)value * 2, 2);
}

static char *write_four(uint32_t value, char *at) {
    return write_pair(value % 100, write_pair(value / 100, at));
}

static char *write_eight(uint32_t value, char *at) {
    return write_four(value % 10000, write_four(value / 10000, at));
}

/* One or two digits. */
static char *write_head(uint32_t value, char *at) {
    if (value >= 10)
        return write_pair(value, at);
    *at = (char)('0' + value);
    return at + 1;
}

/* Up to eight digits. */
static char *write_small(uint32_t value, char *at) {
    if (value < 100)
        return write_head(value, at);
    if (value < 10000)
        return write_pair(value % 100, write_head(value / 100, at));
    at = value < 1000000
             ? write_head(value / 10000, at)
             : write_pair(value / 10000 % 100, write_head(value / 1000000, at));
    return write_four(value % 10000, at);
}

size_t natural_format(uint64_t value, char out[NATURAL_SIZE]) {
    const uint64_t eight = 100000000;
    char *at = out;
    if (value < eight) {
        at = write_small((uint32_t)value, at);
    } else if (value < eight * eight) {
        at = write_small((uint32_t)(value / eight), at);
        at = write_eight((uint32_t)(value % eight), at);
    } else {
        at = write_small((uint32_t)(value / eight / eight), at);
        at = write_eight((uint32_t)(value / eight % eight), at);
        at = write_eight((uint32_t)(value % eight), at);
    }
    return (size_t)(at - out);
}

/* Writes digits / 10^places, without trailing zeros. */
static size_t write_decimal(uint64_t digits, int places, char *out) {
    char text[NATURAL_SIZE];
    char *at = out;
    while (places > 0 && digits % 10 == 0) {
        digits /= 10;
        places--;
    }
    int len = (int)natural_format(digits, text);
    if (len > places)
        at = mempcpy(at, text, (size_t)(len - places));
    else
        *at++ = '0';
    if (places > 0)
        *at++ = '.';
    for (int zeros = places - len; zeros > 0; zeros--)
        *at++ = '0';
    int tail = len < places ? len : places;
    at = mempcpy(at, text + len - tail, (size_t)tail);
    *at = '\0';
    return (size_t)(at - out);
}

/* Whether digits / 10^places reads back as the original number. */
enum guess { GUESS_WRONG, GUESS_RIGHT, GUESS_UNSURE };

/* Up to 2^53 both operands are exact, so one division rounds as strtod does. */
static enum guess judge_exactly(uint64_t digits, int places, double magnitude) {
    return (double)digits / powers[places] == magnitude ? GUESS_RIGHT
                                                        : GUESS_WRONG;
}

/* Above 2^53 a long double division, with 11 more bits, finds the nearest
 * double, except too close to the midpoint of two. */
static enum guess judge_closely(uint64_t digits, int places, double magnitude) {
    int exponent;
    if (LDBL_MANT_DIG < 64 || frexp(magnitude, &exponent) <= 0.5)
        return GUESS_UNSURE;
    long double half = ldexpl(0.5L, exponent - DBL_MANT_DIG);
    long double off = fabsl((long double)digits / (long double)powers[places] -
                            (long double)magnitude);
    if (off > half * (1 + 0x1p-8L))
        return GUESS_WRONG;
    return off < half * (1 - 0x1p-8L) ? GUESS_RIGHT : GUESS_UNSURE;
}

/* Numbers of a usual size, by integer arithmetic; 0 for all others. The guess
 * of the digits may be rough, because each guess is judged. */
static size_t format_decimal(double magnitude, char *out) {
    int exponent = -5;
    if (magnitude < 1e-4 || magnitude >= 1e15)
        return 0;
    while (exponent < 14 &&
           magnitude >= (exponent < -1 ? 1 / powers[-exponent - 1]
                                       : powers[exponent + 1]))
        exponent++;
    for (int count = 15; count <= 17; count++) {
        int places = count - 1 - exponent;
        uint64_t digits =
            (uint64_t)((long double)magnitude * (long double)powers[places] +
                       0.5L);
        enum guess guess = (double)digits <= NUMBER_EXACT
                               ? judge_exactly(digits, places, magnitude)
                               : judge_closely(digits, places, magnitude);
        if (guess == GUESS_WRONG)
            continue;
        size_t len = write_decimal(digits, places, out);
        if (guess == GUESS_RIGHT || strtod(out, NULL) == magnitude)
            return len;
    }
    return 0;
}

/* 15 digits read back as themselves for every normal number, so the first
 * precision that reads back equal is the shortest; only subnormal numbers can
 * need fewer. The program never sets a locale. */
static size_t format_general(double magnitude, char *out) {
    int precision = magnitude < 2.3e-308 ? 1 : 15;
    if (magnitude >= 1e-4 && magnitude < 1e15)
        precision = 17; /* format_decimal has tried the others */
    for (;; precision++) {
        int len = snprintf(out, NUMBER_SIZE, "%.*g", precision, magnitude);
        if (precision >= 17 || strtod(out, NULL) == magnitude)
            return (size_t)len;
    }
}

static size_t copy_name(const char *name, char *out) {
    size_t len = strlen(name);
    memcpy(out, name, len + 1);
    return len;
}

size_t number_format(double value, char out[NUMBER_SIZE]) {
    size_t sign = 0;
    double magnitude = fabs(value);
    if (isnan(value))
        return copy_name("NaN", out);
    if (isinf(value))
        return copy_name(value > 0 ? "+Inf" : "-Inf", out);
    if (signbit(value))
        out[sign++] = '-';
    if (magnitude < 1e15 && magnitude == (double)(uint64_t)magnitude) {
        size_t len = sign + natural_format((uint64_t)magnitude, out + sign);
        out[len] = '\0';
        return len;
    }
    size_t len = format_decimal(magnitude, out + sign);
    if (len == 0)
        len = format_general(magnitude, out + sign);
    return sign + len;
}

/* Up to 15 digits without an exponent: one division of exact numbers rounds
 * correctly. */
static bool parse_decimal(const char *text, size_t len, double *out) {
    uint64_t digits = 0;
    size_t at = len > 0 && text[0] == '-';
    size_t point = len;
    if (len - at > 16)
        return false;
    for (size_t i = at; i < len; i++) {
        if (text[i] == '.')
            point = i + 1;
        else if (text[i] >= '0' && text[i] <= '9')
            digits = digits * 10 + (uint64_t)(text[i] - '0');
        else
            return false;
    }
    if (digits > (uint64_t)NUMBER_EXACT)
        return false;
    *out = (double)digits / powers[len - point];
    if (at > 0)
        *out = 0 - *out; /* no negative zero */
    return true;
}

int number_parse(const char *text, size_t len, double *out) {
    if (parse_decimal(text, len, out))
        return 0;
    char *copy = strndup(text, len);
    if (!copy)
        return -1;
    *out = strtod(copy, NULL);
    free(copy);
    return 0;
}

/* A decimal in parts: digits * 10^power, unless it has more than DIGITS_MAX
 * significant digits. */
struct decimal {
    uint64_t digits;
    int power;
    int count; /* significant digits */
};

enum { DIGITS_MAX = 19, POWER_MAX = 22, EXPONENT_MAX = 100000 };
_Static_assert(sizeof(powers) / sizeof(powers[0]) == POWER_MAX + 1,
               "a power for each exponent");

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Reads the exponent after its letter. NULL when there is none. */
static const char *scan_exponent(const char *at, const char *end, int *out) {
    int exponent = 0;
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end || !is_digit(*at))
        return NULL;
    for (; at < end && is_digit(*at); at++)
        if (exponent < EXPONENT_MAX)
            exponent = exponent * 10 + (*at - '0');
    *out = negative ? -exponent : exponent;
    return at;
}

/* [at, end) is a decimal without a sign. */
static bool scan_decimal(const char *at, const char *end, struct decimal *out) {
    const char *start = at;
    const char *point = NULL;
    uint64_t digits = 0;
    int count = 0;
    int exponent = 0;
    for (; at < end; at++) {
        if (is_digit(*at)) {
            count += count > 0 || *at != '0';
            digits = digits * 10 + (uint64_t)(*at - '0');
        } else if (*at == '.' && !point) {
            point = at;
        } else {
            break;
        }
    }
    if (at - start == (point ? 1 : 0))
        return false;
    int places = point ? (int)(at - point - 1) : 0;
    if (at < end && (*at == 'e' || *at == 'E'))
        at = scan_exponent(at + 1, end, &exponent);
    *out = (struct decimal){digits, exponent - places, count};
    return at == end;
}

/* Rounds correctly, or returns false. With 11 bits more than a double, one
 * multiplication or division of exact numbers finds the nearest double, except
 * too close to the midpoint of two. */
static bool round_decimal(const struct decimal *decimal, double *out) {
    int power = decimal->power < 0 ? -decimal->power : decimal->power;
    if (decimal->count == 0) {
        *out = 0;
        return true;
    }
    if (decimal->count > DIGITS_MAX || power > POWER_MAX)
        return false;
    if (decimal->digits <= (uint64_t)NUMBER_EXACT) {
        double digits = (double)decimal->digits;
        *out = decimal->power < 0 ? digits / powers[power]
                                  : digits * powers[power];
        return true;
    }
    long double scaled = (long double)decimal->digits;
    if (decimal->power < 0)
        scaled /= (long double)powers[power];
    else
        scaled *= (long double)powers[power];
    *out = (double)(scaled - scaled * LDBL_EPSILON);
    return LDBL_MANT_DIG >= 64 &&
           *out == (double)(scaled + scaled * LDBL_EPSILON);
}

/* 0x, digits with an optional point, p and an exponent. */
static bool is_hexadecimal(const char *at, const char *end) {
    size_t digits = 0;
    bool point = false;
    int exponent;
    if (end - at < 2 || at[0] != '0' || (at[1] | 0x20) != 'x')
        return false;
    for (at += 2; at < end; at++) {
        char lower = (char)(*at | 0x20);
        if (is_digit(*at) || (lower >= 'a' && lower <= 'f'))
            digits++;
        else if (*at == '.' && !point)
            point = true;
        else
            break;
    }
    return digits > 0 && at < end && (*at | 0x20) == 'p' &&
           scan_exponent(at + 1, end, &exponent) == end;
}

static bool is_word(const char *text, size_t len, const char *word) {
    return len == strlen(word) && strncasecmp(text, word, len) == 0;
}

/* Inf and Infinity with or without a sign, NaN without. */
static bool read_word(const char *text, size_t len, size_t sign, double *out) {
    if (is_word(text + sign, len - sign, "inf") ||
        is_word(text + sign, len - sign, "infinity"))
        *out = INFINITY;
    else if (is_word(text, len, "nan"))
        *out = NAN;
    else
        return false;
    return true;
}

static enum number_text read_slowly(const char *text, size_t len, double *out) {
    char copy[NUMBER_TEXT_MAX + 1];
    memcpy(copy, text, len);
    copy[len] = '\0';
    double value = strtod(copy, NULL);
    if (isinf(value))
        return NUMBER_LARGE;
    *out = value;
    return NUMBER_FINE;
}

enum number_text number_read(const char *text, size_t len, bool hexadecimal,
                             double *out) {
    struct decimal decimal;
    double value = 0;
    size_t sign = len > 0 && (text[0] == '-' || text[0] == '+');
    if (len > NUMBER_TEXT_MAX)
        return NUMBER_LONG;
    if (scan_decimal(text + sign, text + len, &decimal)) {
        if (!round_decimal(&decimal, &value))
            return read_slowly(text, len, out);
    } else if (hexadecimal && is_hexadecimal(text + sign, text + len)) {
        return read_slowly(text, len, out);
    } else if (!read_word(text, len, sign, &value)) {
        return NUMBER_MALFORMED;
    }
    *out = sign && text[0] == '-' ? -value : value;
    return NUMBER_FINE;
}

double number_without_noise(double result, double operand) {
    if (floor(result) == result)
        return result;
    const double larger = fmax(fabs(operand), fabs(operand - result));
    const bool known = larger > 0 && isfinite(larger);
    const int places = known ? 14 - (int)floor(log10(larger)) : 0;
    if (places <= 0 || places >= (int)(sizeof(powers) / sizeof(powers[0])))
        return result;
    const double scaled = result * powers[places];
    return fabs(scaled) < NUMBER_EXACT
               ? nearbyint(scaled) / powers[places] + 0.0 /* no -0 */
               : result;
}

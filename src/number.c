#include "number.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Below 2^53 every integer is a double of its own. */
static const double EXACT = 9007199254740992.0;

size_t natural_format(uint64_t value, char out[NATURAL_SIZE]) {
    char digits[NATURAL_SIZE];
    size_t at = NATURAL_SIZE;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    memcpy(out, digits + at, NATURAL_SIZE - at);
    return NATURAL_SIZE - at;
}

/* Numbers that people write, such as 12.345, are an integer divided by a
 * small power of ten; both are exact doubles, so one division rounds as
 * reading the decimal does, and equality proves the text. */
static size_t format_decimal(double value, char *out) {
    static const struct {
        double power;
        int places;
    } steps[] = {{1.0, 0}, {1e3, 3}, {1e6, 6}, {1e9, 9}};
    const double magnitude = fabs(value);
    if (magnitude >= 1e15 || (magnitude < 1e-4 && magnitude > 0))
        return 0;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        double scaled = nearbyint(magnitude * steps[i].power);
        if (scaled >= EXACT)
            return 0;
        if (scaled / steps[i].power != magnitude)
            continue;
        uint64_t number = (uint64_t)scaled;
        uint64_t power = (uint64_t)steps[i].power;
        size_t len = 0;
        if (signbit(value))
            out[len++] = '-';
        len += natural_format(number / power, out + len);
        uint64_t fraction = number % power;
        if (fraction > 0) {
            out[len++] = '.';
            for (int place = steps[i].places; place-- > 0;) {
                out[len + (size_t)place] = (char)('0' + fraction % 10);
                fraction /= 10;
            }
            len += (size_t)steps[i].places;
            while (out[len - 1] == '0')
                len--;
        }
        return len;
    }
    return 0;
}

/* 15 digits read back as themselves for every normal number, so the first
 * precision that reads back equal is the shortest; only subnormal numbers can
 * need fewer. */
static size_t format_general(double value, char *out) {
    int precision = fabs(value) < 2.3e-308 ? 1 : 15;
    for (;; precision++) {
        int len = snprintf(out, NUMBER_SIZE, "%.*g", precision, value);
        if (precision >= 17 || strtod(out, NULL) == value)
            return (size_t)len;
    }
}

size_t number_format(double value, char out[NUMBER_SIZE]) {
    size_t len = 0;
    if (isnan(value) || isinf(value)) {
        const char *name = isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
        len = strlen(name);
        memcpy(out, name, len);
    } else {
        len = format_decimal(value, out);
        if (len == 0)
            len = format_general(value, out);
    }
    out[len] = '\0';
    return len;
}

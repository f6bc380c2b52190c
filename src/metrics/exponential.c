#include "metrics/exponential.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

/* The relative amount by which a bound is lowered unless it is a power of two:
 * exp2, here and in other programs, is exact to one or two units in the last
 * place. */
static const double MARGIN = 8 * DBL_EPSILON;

/* ldexp takes an int; a larger exponent has no finite result. */
static int clamp(int64_t exponent) {
    const int64_t beyond = 5000;
    return (int)(exponent > beyond    ? beyond
                 : exponent < -beyond ? -beyond
                                      : exponent);
}

/* base^exponent. *exact: the result is a power of two. */
static double power(int scale, int64_t exponent, bool *exact) {
    *exact = true;
    if (scale <= 0)
        return ldexp(1, clamp(exponent * ((int64_t)1 << -scale)));
    const int64_t parts = (int64_t)1 << scale;
    int64_t part = exponent % parts;
    part += part < 0 ? parts : 0;
    *exact = part == 0;
    return ldexp(exp2((double)part / (double)parts),
                 clamp((exponent - part) / parts));
}

double exponential_upper(int scale, int32_t index) {
    bool exact;
    double upper = power(scale, (int64_t)index + 1, &exact);
    if (!exact)
        upper *= 1 - MARGIN;
    return upper > 0 ? upper : DBL_TRUE_MIN;
}

double exponential_upper_negative(int scale, int32_t index) {
    bool exact;
    double upper = -power(scale, index, &exact);
    return exact ? upper : upper * (1 + MARGIN);
}

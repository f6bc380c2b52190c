#include "metrics/exponential.h"

#include <float.h>
#include <math.h>

#include "check.h"
#include "metrics/histogram.h"

static void powers_of_two(void **state) {
    static const struct {
        const char *name;
        int scale;
        int32_t index;
        double upper;
        double negative;
    } cases[] = {
        {"scale 0, the first", 0, 0, 2, -1},
        {"scale 0, below 1", 0, -1, 1, -0.5},
        {"scale 0, higher", 0, 9, 1024, -512},
        {"scale 1, to 2", 1, 1, 2, -0x1.6a09e667f3bcdp0},
        {"scale 1, to 1", 1, -1, 1, -0x1.6a09e667f3bcdp-1},
        {"scale 3, to 4", 3, 15, 4, -0x1.d5818dcfba487p1},
        {"scale 20, to 2", 20, (1 << 20) - 1, 2, -2},
        {"scale -1, from 1", -1, 0, 4, -1},
        {"scale -4, from 1", -4, 0, 65536, -1},
        {"scale -4, to 1", -4, -1, 1, -0x1p-16},
        {"scale -10, from 1", -10, 0, INFINITY, -1},
        {"scale -10, to 1", -10, -1, 1, -0x1p-1024},
        {"the largest power", 0, 1022, 0x1p1023, -0x1p1022},
        {"beyond it", 0, 1023, INFINITY, -0x1p1023},
        {"the largest index", -10, INT32_MAX, INFINITY, -INFINITY},
        {"the smallest power", 0, -1075, 0x1p-1074, -0.0},
        {"below it", 0, -1076, DBL_TRUE_MIN, -0.0},
        {"the smallest index", 20, INT32_MIN, DBL_TRUE_MIN, -0.0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        double upper = exponential_upper(cases[i].scale, cases[i].index);
        double negative =
            exponential_upper_negative(cases[i].scale, cases[i].index);
        if (upper != cases[i].upper)
            fail_msg("%s: %a, want %a", cases[i].name, upper, cases[i].upper);
        if (fabs(negative - cases[i].negative) >
            1e-5 * fabs(cases[i].negative) + DBL_TRUE_MIN)
            fail_msg("%s: %a, want %a", cases[i].name, negative,
                     cases[i].negative);
        if (signbit(negative) == 0)
            fail_msg("%s: %a is not below 0", cases[i].name, negative);
    }
}

/* The value of each bucket falls between its bounds, also if another program
 * rounds them differently. */
static void other_rounding_keeps_the_bucket(void **state) {
    (void)state;
    for (int scale = -4; scale <= 8; scale++)
        for (int32_t index = -40; index < 40; index++) {
            double lower = pow(2, index * exp2(-scale));
            double upper = pow(2, (index + 1) * exp2(-scale));
            const double bounds[] = {nextafter(lower, INFINITY),
                                     nextafter(upper, 0)};
            const double exact[] = {lower, upper};
            bool power = scale <= 0 || (index + 1) % (1 << scale) == 0;
            assert_int_equal(histogram_bucket(power ? exact : bounds, 2,
                                              exponential_upper(scale, index)),
                             1);
            power = scale <= 0 || index % (1 << scale) == 0;
            const double below[] = {-upper,
                                    power ? -lower : nextafter(-lower, -2e300)};
            assert_int_equal(
                histogram_bucket(below, 2,
                                 exponential_upper_negative(scale, index)),
                1);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(powers_of_two),
        cmocka_unit_test(other_rounding_keeps_the_bucket),
    };
    return cmocka_run_group_tests_name("exponential", tests, NULL, NULL);
}

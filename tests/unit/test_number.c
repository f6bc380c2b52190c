#include "number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "guard.h"

static void format(void **state) {
    static const struct {
        double value;
        const char *want;
    } cases[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {-1, "-1"},
        {10, "10"},
        {120, "120"},
        {0.5, "0.5"},
        {-0.25, "-0.25"},
        {0.1, "0.1"},
        {0.05, "0.05"},
        {0.001, "0.001"},
        {12.345, "12.345"},
        {1.0625, "1.0625"},
        {100.000001, "100.000001"},
        {0.0001, "0.0001"},
        {0.00001, "1e-05"},
        {1.1 + 2.2, "3.3000000000000003"},
        {1.0 / 3, "0.3333333333333333"},
        {100000000000000, "100000000000000"},
        {999999999999999, "999999999999999"},
        {1e15, "1e+15"},
        {1234567890123456, "1234567890123456"},
        {9007199254740991, "9007199254740991"},
        {9007199254740993.0, "9007199254740992"},
        {1e22, "1e+22"},
        {1e-7, "1e-07"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {DBL_TRUE_MIN, "5e-324"},
        {-DBL_TRUE_MIN, "-5e-324"},
        {INFINITY, "+Inf"},
        {-INFINITY, "-Inf"},
        {NAN, "NaN"},
        {-NAN, "NaN"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[NUMBER_SIZE];
        size_t len = number_format(cases[i].value, out);
        check_text(cases[i].want, out, cases[i].want);
        check_number(cases[i].want, (long long)len, (long long)strlen(out));
    }
}

/* Significant digits of a decimal text. */
static int count_digits(const char *text) {
    int digits = 0;
    int zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (*text == '0' && digits == 0))
            continue;
        digits++;
        zeros = *text == '0' ? zeros + 1 : 0;
    }
    return digits - zeros;
}

/* Reads back equal, and no %.{1..17}g that does has fewer digits. */
static void check_shortest(double value) {
    char out[NUMBER_SIZE];
    char other[40];
    char *end;
    size_t len = number_format(value, out);
    double back = strtod(out, &end);
    if (len != strlen(out) || *end || memcmp(&back, &value, sizeof(back)) != 0)
        fail_msg("%a is written as %s, which reads as %a", value, out, back);
    for (int precision = 1; precision <= 17; precision++) {
        (void)snprintf(other, sizeof(other), "%.*g", precision, value);
        if (strtod(other, NULL) != value)
            continue;
        if (count_digits(out) > count_digits(other))
            fail_msg("%a is written as %s, but %s is shorter", value, out,
                     other);
        return;
    }
    fail();
}

static double from_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static void any_bits(void **state) {
    uint64_t random = 1;
    (void)state;
    for (int i = 0; i < 30000; i++) {
        double value = from_bits(check_random(&random));
        if (isfinite(value))
            check_shortest(value);
    }
}

static void subnormals(void **state) {
    uint64_t random = 2;
    (void)state;
    for (uint64_t bits = 1; bits < 1000; bits++)
        check_shortest(from_bits(bits));
    for (int i = 0; i < 10000; i++) {
        uint64_t bits = check_random(&random);
        check_shortest(from_bits((bits & 0x800FFFFFFFFFFFFFu) >> i % 40));
    }
}

static void powers(void **state) {
    (void)state;
    for (int i = -1074; i < 1024; i++) {
        double power = ldexp(1, i);
        check_shortest(power);
        check_shortest(-power);
        check_shortest(nextafter(power, 0));
        check_shortest(nextafter(power, INFINITY));
    }
    for (int i = -323; i <= 308; i++) {
        char text[16];
        (void)snprintf(text, sizeof(text), "1e%d", i);
        check_shortest(strtod(text, NULL));
    }
}

static void halves(void **state) {
    uint64_t random = 3;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint64_t whole = check_random(&random) >> (11 + i % 53);
        check_shortest((double)whole);
        check_shortest((double)whole + 0.5);
        check_shortest((double)whole / 1024);
    }
}

/* What people write: some digits with the point somewhere in them. */
static void decimals(void **state) {
    uint64_t random = 4;
    (void)state;
    for (int i = 0; i < 60000; i++) {
        char text[40];
        uint64_t digits = check_random(&random) >> (8 + i % 50);
        (void)snprintf(text, sizeof(text), "%llue-%d",
                       (unsigned long long)digits, i % 13);
        check_shortest(strtod(text, NULL));
    }
}

/* A sum of observations is a neighbour of such a number. */
static void sums(void **state) {
    double sum = 0;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        sum += 0.1 * (1 + i % 7);
        check_shortest(sum);
        check_shortest(sum * 1e6);
    }
}

static void naturals(void **state) {
    static const struct {
        uint64_t value;
        const char *want;
    } cases[] = {
        {0, "0"},
        {9, "9"},
        {10, "10"},
        {1000000, "1000000"},
        {INT64_MAX, "9223372036854775807"},
        {UINT64_MAX, "18446744073709551615"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[NATURAL_SIZE];
        size_t len = natural_format(cases[i].value, out);
        check_bytes(cases[i].want, out, len, cases[i].want,
                    strlen(cases[i].want));
    }
}

/* Against strtod, which rounds correctly. */
static void expect_parsed(const char *text) {
    double got = NAN;
    double want = strtod(text, NULL);
    size_t len = strlen(text);
    assert_int_equal(number_parse(guard_place(text, len), len, &got), 0);
    if (memcmp(&got, &want, sizeof(got)) != 0 && !(got == 0 && want == 0))
        fail_msg("%s: got %.17g, want %.17g", text, got, want);
}

static void parse(void **state) {
    static const char *const texts[] = {
        "0",
        "-0",
        "7",
        "-12",
        "0.1",
        "-0.25",
        "1.05",
        "10.0",
        "1e5",
        "1E+05",
        "-1.5e-3",
        "1e400",
        "-1e400",
        "1e-400",
        "9007199254740991",
        "9007199254740992",
        "9007199254740993",
        "99999999999999999999999",
        "999999999999.999",
        "0.00000000000001",
        "123456789012345.6",
        "0.1000000000000000055511151231257827021181583404541015625"};
    char text[64];
    uint64_t random = 1;
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        expect_parsed(texts[i]);
    for (int i = 0; i < 200000; i++) {
        random = random * 6364136223846793005U + 1442695040888963407U;
        int digits = 1 + (int)(random >> 40) % 17;
        (void)snprintf(text, sizeof(text), "%.*f", i % 15,
                       (double)(random >> 11) / pow(10, digits));
        expect_parsed(text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(format),     cmocka_unit_test(any_bits),
        cmocka_unit_test(subnormals), cmocka_unit_test(powers),
        cmocka_unit_test(halves),     cmocka_unit_test(decimals),
        cmocka_unit_test(sums),       cmocka_unit_test(naturals),
        cmocka_unit_test(parse),
    };
    return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}

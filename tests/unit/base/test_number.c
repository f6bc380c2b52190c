#include "base/number.h"

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

/* The text reads back equal, and no shorter %.{1..17}g does. */
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

static void any_bits_are_written_shortest(void **state) {
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

/* Typical numbers: a few digits with a point. */
static void decimals_are_written_shortest(void **state) {
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

/* A sum of observations is a neighbour of a typical number. */
static void sums_are_written_shortest(void **state) {
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

static void check_natural(uint64_t value) {
    char want[NATURAL_SIZE + 1];
    char out[NATURAL_SIZE];
    int len = snprintf(want, sizeof(want), "%llu", (unsigned long long)value);
    check_bytes(want, out, natural_format(value, out), want, (size_t)len);
}

/* Of every length, and around each power of ten. */
static void naturals_of_all_lengths(void **state) {
    uint64_t random = 5;
    uint64_t power = 1;
    (void)state;
    for (int i = 0; i < 20; i++, power *= 10) {
        check_natural(power - 1);
        check_natural(power);
        check_natural(power + 1);
    }
    for (int i = 0; i < 64000; i++)
        check_natural(check_random(&random) >> i % 64);
}

/* Compares with strtod, which rounds correctly. */
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

/* The text exposition formats. */
static void read_texts(void **state) {
    static const struct {
        const char *text;
        double want;
    } cases[] = {
        {"0", 0},
        {"-0", -0.0},
        {"+7", 7},
        {"007", 7},
        {"1.", 1},
        {".5", 0.5},
        {"-.5", -0.5},
        {"+0.25", 0.25},
        {"1.050", 1.05},
        {"0.1", 0.1},
        {"0.30000000000000004", 0.30000000000000004},
        {"512.3000000000001", 512.3000000000001},
        {"123456789.123456789", 123456789.123456789},
        {"9007199254740992", 9007199254740992},
        {"9007199254740993", 9007199254740992},
        {"9007199254740993.0", 9007199254740992},
        {"9007199254740993.1", 9007199254740994},
        {"9007199254740995", 9007199254740996},
        {"9223372036854775807", 9223372036854775808.0},
        {"18446744073709551615", 18446744073709551616.0},
        {"9999999999999999999", 1e19},
        {"99999999999999999999", 1e20},
        {"000000000000000000000000000000001", 1},
        {"0.0000000000000000000000000000001", 1e-31},
        {"1e3", 1000},
        {"1E+3", 1000},
        {"1e-3", 0.001},
        {"1.7e+09", 1.7e9},
        {"1e22", 1e22},
        {"1e23", 1e23},
        {"12345678901234567e-22", 12345678901234567e-22},
        {"12345678901234567e22", 12345678901234567e22},
        {"1e0000003", 1000},
        {"0e999999999999", 0},
        {"0.0e-5", 0},
        {"5e-324", 5e-324},
        {"2e-324", 0},
        {"-1e-999999999999", -0.0},
        {"1.7976931348623157e308", 1.7976931348623157e308},
        {"Inf", INFINITY},
        {"+inf", INFINITY},
        {"-INF", -INFINITY},
        {"infinity", INFINITY},
        {"-Infinity", -INFINITY},
        {"0x1p4", 16},
        {"-0X1.8P-1", -0.75},
        {"+0x.8p+1", 1},
        {"0xAbCdEf.p0", 11259375},
        {"0x1p-1080", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *text = cases[i].text;
        size_t len = strlen(text);
        double got = 5;
        assert_int_equal(number_read(guard_place(text, len), len, true, &got),
                         NUMBER_FINE);
        if (memcmp(&got, &cases[i].want, sizeof(got)) != 0)
            fail_msg("%s: got %.17g, want %.17g", text, got, cases[i].want);
        bool hexadecimal = strpbrk(text, "xX") != NULL;
        assert_int_equal(number_read(text, len, false, &got),
                         hexadecimal ? NUMBER_MALFORMED : NUMBER_FINE);
    }
}

static void read_nan(void **state) {
    static const char *const texts[] = {"NaN", "nan", "NAN"};
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        double got = 5;
        assert_int_equal(number_read(texts[i], 3, false, &got), NUMBER_FINE);
        assert_true(isnan(got));
    }
}

static void read_others(void **state) {
    static const struct {
        const char *text;
        enum number_text want;
    } cases[] = {
        {"", NUMBER_MALFORMED},
        {"-", NUMBER_MALFORMED},
        {"+", NUMBER_MALFORMED},
        {".", NUMBER_MALFORMED},
        {"-.", NUMBER_MALFORMED},
        {"--1", NUMBER_MALFORMED},
        {"+-1", NUMBER_MALFORMED},
        {"1.2.3", NUMBER_MALFORMED},
        {"1..", NUMBER_MALFORMED},
        {"1e", NUMBER_MALFORMED},
        {"1e+", NUMBER_MALFORMED},
        {"1e-", NUMBER_MALFORMED},
        {"1e+-1", NUMBER_MALFORMED},
        {"1e1.5", NUMBER_MALFORMED},
        {"1e1e1", NUMBER_MALFORMED},
        {"e5", NUMBER_MALFORMED},
        {".e5", NUMBER_MALFORMED},
        {"1 ", NUMBER_MALFORMED},
        {" 1", NUMBER_MALFORMED},
        {"1_000", NUMBER_MALFORMED},
        {"1,5", NUMBER_MALFORMED},
        {"1f", NUMBER_MALFORMED},
        {"one", NUMBER_MALFORMED},
        {"+NaN", NUMBER_MALFORMED},
        {"-nan", NUMBER_MALFORMED},
        {"nan(1)", NUMBER_MALFORMED},
        {"in", NUMBER_MALFORMED},
        {"infin", NUMBER_MALFORMED},
        {"infinityy", NUMBER_MALFORMED},
        {"0x10", NUMBER_MALFORMED},
        {"0x", NUMBER_MALFORMED},
        {"0xp1", NUMBER_MALFORMED},
        {"0x.p1", NUMBER_MALFORMED},
        {"0x1p", NUMBER_MALFORMED},
        {"0x1p+", NUMBER_MALFORMED},
        {"0x1.2.3p1", NUMBER_MALFORMED},
        {"0x1gp1", NUMBER_MALFORMED},
        {"x1p1", NUMBER_MALFORMED},
        {"0x1p1x", NUMBER_MALFORMED},
        {"1e309", NUMBER_LARGE},
        {"-1e400", NUMBER_LARGE},
        {"1e999999999999", NUMBER_LARGE},
        {"0x1p1024", NUMBER_LARGE},
        {"1.797693134862316e308", NUMBER_LARGE},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *text = cases[i].text;
        size_t len = strlen(text);
        double got = 5;
        check_number(text, number_read(guard_place(text, len), len, true, &got),
                     cases[i].want);
        assert_true(got == 5);
    }
}

static void read_long(void **state) {
    char text[NUMBER_TEXT_MAX + 1];
    double got = 5;
    (void)state;
    memset(text, '9', sizeof(text));
    assert_int_equal(number_read(text, sizeof(text), false, &got), NUMBER_LONG);
    assert_int_equal(number_read(text, sizeof(text) - 1, false, &got),
                     NUMBER_LARGE);
    assert_true(got == 5);
    text[1] = '.';
    assert_int_equal(number_read(text, sizeof(text) - 1, false, &got),
                     NUMBER_FINE);
    assert_true(got == 10);
}

/* Numbers of any length, compared with strtod. */
static void read_any(void **state) {
    uint64_t random = 6;
    (void)state;
    for (int i = 0; i < 200000; i++) {
        char text[64];
        uint64_t bits = check_random(&random);
        uint64_t digits = check_random(&random) >> (bits % 60);
        int exponent = (int)(bits >> 8) % 56 - 28;
        if (i % 2 == 0)
            (void)snprintf(text, sizeof(text), "%llue%d",
                           (unsigned long long)digits, exponent);
        else
            (void)snprintf(text, sizeof(text), "%.*g", 15 + i % 5,
                           from_bits(check_random(&random)));
        double got = 5;
        double want = strtod(text, NULL);
        enum number_text kind = number_read(text, strlen(text), false, &got);
        if (isnan(want) || isinf(want))
            continue;
        if (kind != NUMBER_FINE || memcmp(&got, &want, sizeof(got)) != 0)
            fail_msg("%s: got %.17g, want %.17g", text, got, want);
    }
}

static void noise(void **state) {
    static const struct {
        double result, operand;
        const char *want;
    } cases[] = {
        {123456.8 - 123456.7, 123456.8, "0.1"},
        {123456.7 - 123456.8, 123456.7, "-0.1"},
        {0.1 + 0.2, 0.2, "0.3"},
        {0.3 - 0.2 - 0.1, 0.3, "0"},
        {0.3 - (0.1 + 0.2), 0.3, "0"},
        /* Too small for an exact power of ten. */
        {1e-20 - 3e-21, 1e-20, "6.999999999999999e-21"},
        {1e15 + 0.5, 0.5, "1000000000000000.5"},
        {0, 0, "0"},
        {2, 1e300, "2"},
        {INFINITY, 1, "+Inf"},
        {NAN, 1, "NaN"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char got[NUMBER_SIZE];
        (void)number_format(
            number_without_noise(cases[i].result, cases[i].operand), got);
        check_text(cases[i].want, got, cases[i].want);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise),
        cmocka_unit_test(format),
        cmocka_unit_test(any_bits_are_written_shortest),
        cmocka_unit_test(subnormals),
        cmocka_unit_test(powers),
        cmocka_unit_test(halves),
        cmocka_unit_test(decimals_are_written_shortest),
        cmocka_unit_test(sums_are_written_shortest),
        cmocka_unit_test(naturals),
        cmocka_unit_test(naturals_of_all_lengths),
        cmocka_unit_test(parse),
        cmocka_unit_test(read_texts),
        cmocka_unit_test(read_nan),
        cmocka_unit_test(read_others),
        cmocka_unit_test(read_long),
        cmocka_unit_test(read_any),
    };
    return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}

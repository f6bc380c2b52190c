#include "metrics/histogram.h"

#include <float.h>
#include <math.h>

#include "check.h"
#include "guard.h"

static void bucket(void **state) {
    static const double bounds[] = {-1, 0, 0.05, 0.1, 1, 10, 100};
    static const struct {
        const char *name;
        size_t bounds;
        double value;
        size_t want;
    } cases[] = {
        {"no bounds", 0, 5, 0},
        {"the only bound", 1, -1, 0},
        {"above the only bound", 1, 0, 1},
        {"below all", 7, -2, 0},
        {"-Inf", 7, -INFINITY, 0},
        {"on the first", 7, -1, 0},
        {"just above it", 7, -0.999, 1},
        {"0", 7, 0, 1},
        {"-0", 7, -0.0, 1},
        {"the smallest number", 7, DBL_TRUE_MIN, 2},
        {"on a bound", 7, 0.1, 3},
        {"0.1 rounded up", 7, 0.10000000000000002, 4},
        {"between", 7, 5, 5},
        {"on the last", 7, 100, 6},
        {"above all", 7, 100.00000000000001, 7},
        {"+Inf", 7, INFINITY, 7},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_number(cases[i].name,
                     (long long)histogram_bucket(bounds, cases[i].bounds,
                                                 cases[i].value),
                     (long long)cases[i].want);
}

/* Compares the search with a linear one, for every number of bounds. */
static void bucket_for_any_count(void **state) {
    double bounds[HISTOGRAM_BOUNDS_MAX];
    (void)state;
    for (size_t i = 0; i < COUNT(bounds); i++)
        bounds[i] = (double)i;
    for (size_t count = 0; count <= COUNT(bounds); count++)
        for (double value = -0.5; value < (double)count + 1; value += 0.5) {
            size_t want = 0;
            while (want < count && value > bounds[want])
                want++;
            assert_int_equal(histogram_bucket(bounds, count, value), want);
        }
}

static void quantile(void **state) {
    static const double bounds[] = {1, 2, 4};
    static const double negative[] = {-2, 0};
    static const struct {
        const char *name;
        const double *bounds;
        size_t count;
        uint64_t counts[4];
        double q;
        double want;
    } cases[] = {
        {"nothing observed", bounds, 3, {0, 0, 0, 0}, 0.5, NAN},
        {"no bounds", bounds, 0, {5}, 0.5, NAN},
        {"the lowest begins at 0", bounds, 3, {4, 0, 0, 0}, 0.5, 0.5},
        {"its bound", bounds, 3, {4, 0, 0, 0}, 1, 1},
        {"within a bucket", bounds, 3, {1, 0, 2, 0}, 0.5, 2.5},
        {"on the edge of a bucket", bounds, 3, {1, 1, 0, 0}, 0.5, 1},
        {"empty ones are skipped", bounds, 3, {0, 0, 2, 0}, 0.5, 3},
        {"the highest", bounds, 3, {1, 0, 0, 9}, 0.5, 4},
        {"below zero", negative, 2, {2, 2, 0}, 0.5, -2},
        {"between negatives", negative, 2, {0, 2, 0}, 0.5, -1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        double got = histogram_quantile(cases[i].bounds, cases[i].count,
                                        cases[i].counts, cases[i].q);
        if (!(isnan(got) && isnan(cases[i].want)) &&
            !(fabs(got - cases[i].want) < 1e-12))
            fail_msg("%s: %g, not %g", cases[i].name, got, cases[i].want);
    }
}

static void write_json(void **state) {
    static const uint64_t counts[] = {0, 7, 10, INT64_MAX, UINT64_MAX};
    static const char *const want[] = {
        "[]",
        "[0]",
        "[0,7]",
        "[0,7,10]",
        "[0,7,10,9223372036854775807]",
        "[0,7,10,9223372036854775807,18446744073709551615]",
    };
    (void)state;
    for (size_t count = 0; count < COUNT(want); count++) {
        struct strbuf out = {0};
        strbuf_add_string(&out, "<");
        histogram_write_json(counts, count, &out);
        check_text(want[count], out.data + 1, want[count]);
        strbuf_free(&out);
    }
}

static void read_json(void **state) {
    static const struct {
        const char *json;
        uint64_t want[3];
    } cases[] = {
        {"[0,0,0]", {0, 0, 0}},
        {"[1,22,333]", {1, 22, 333}},
        {"[9223372036854775807,9223372036854775800,1000000000000000000]",
         {INT64_MAX, 9223372036854775800, 1000000000000000000}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint64_t got[3] = {5, 5, 5};
        size_t len = strlen(cases[i].json);
        check_number(
            cases[i].json,
            histogram_read_json(guard_place(cases[i].json, len), len, got, 3),
            0);
        assert_memory_equal(got, cases[i].want, sizeof(got));
        for (size_t cut = 0; cut < len; cut++)
            check_number(cases[i].json,
                         histogram_read_json(guard_place(cases[i].json, cut),
                                             cut, got, 3),
                         -1);
    }
}

static void refused(void **state) {
    static const char *const cases[] = {
        "",
        "[]",
        "[1]",
        "[1,2]",
        "[1,2,3,4]",
        "[1,2,3",
        "[1,2,]",
        "[,2,3]",
        "[1,,3]",
        "1,2,3",
        "[1,2,3] ",
        " [1,2,3]",
        "[1, 2,3]",
        "[1,2,3]]",
        "[1,2,-3]",
        "[1,2,+3]",
        "[1,2,3.0]",
        "[1,2,3e1]",
        "[1,2,null]",
        "[1,2,\"3\"]",
        "[1,2,[3]]",
        "{1,2,3}",
        "[1;2;3]",
        "null",
        "[9223372036854775808,0,0]",
        "[18446744073709551616,0,0]",
        "[0,99999999999999999999,0]",
        "[0,0,18446744073709551615]",
        "[0,0,340282366920938463463374607431768211456]",
        "[1,2,a]",
        "[1,2,/]",
        "[1,2,:]",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint64_t counts[3] = {0};
        size_t len = strlen(cases[i]);
        check_number(
            cases[i],
            histogram_read_json(guard_place(cases[i], len), len, counts, 3),
            -1);
    }
}

/* Every byte in place of a digit, within the text and at its end. */
static void digits_only(void **state) {
    static const struct {
        const char *json;
        size_t at;
        uint64_t place; /* of the digit */
    } cases[] = {{"[1,203,5000000]", 4, 10},
                 {"[1,203,5000000]", 7, 1000000},
                 {"[1,203,5000000]", 13, 1}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int byte = 0; byte < 256; byte++) {
            char json[20];
            uint64_t got[3];
            uint64_t want[3] = {1, 203, 5000000};
            size_t len = strlen(cases[i].json);
            bool digit = byte >= '0' && byte <= '9';
            memcpy(json, cases[i].json, len);
            want[cases[i].at < 6 ? 1 : 2] +=
                cases[i].place * (uint64_t)(byte - json[cases[i].at]);
            json[cases[i].at] = (char)byte;
            check_number(
                cases[i].json,
                histogram_read_json(guard_place(json, len), len, got, 3),
                digit ? 0 : -1);
            if (digit)
                assert_memory_equal(got, want, sizeof(got));
        }
}

static void what_is_written_reads_back(void **state) {
    uint64_t random = 1;
    (void)state;
    for (int i = 0; i < 2000; i++) {
        uint64_t counts[40];
        uint64_t got[40];
        size_t count = 1 + check_random(&random) % 40;
        struct strbuf out = {0};
        for (size_t k = 0; k < count; k++)
            counts[k] =
                check_random(&random) >> (1 + check_random(&random) % 63);
        histogram_write_json(counts, count, &out);
        assert_int_equal(histogram_read_json(guard_place(out.data, out.len),
                                             out.len, got, count),
                         0);
        assert_memory_equal(got, counts, count * sizeof(*counts));
        strbuf_free(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bucket),
        cmocka_unit_test(bucket_for_any_count),
        cmocka_unit_test(quantile),
        cmocka_unit_test(write_json),
        cmocka_unit_test(read_json),
        cmocka_unit_test(refused),
        cmocka_unit_test(digits_only),
        cmocka_unit_test(what_is_written_reads_back),
    };
    return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}

#include "metrics/fold.h"

#include <math.h>

#include "base/number.h"
#include "base/strbuf.h"
#include "check.h"

static const double bounds[] = {1, 2, 5};

/* One label with the values 0 to 4999. */
static struct label_rule label = {.name = "n", .max_values = 4999};

static struct family counter = {.name = "counter",
                                .type = METRIC_COUNTER,
                                .labels = &label,
                                .label_count = 1};
static struct family histogram = {.name = "histogram",
                                  .type = METRIC_HISTOGRAM,
                                  .labels = &label,
                                  .label_count = 1,
                                  .bounds = (double *)(uintptr_t)bounds,
                                  .bound_count = 3};
static struct family gauges[] = {
    [GAUGE_LAST] = {.name = "last", .type = METRIC_GAUGE, .gauge = GAUGE_LAST},
    [GAUGE_MAX] = {.name = "max", .type = METRIC_GAUGE, .gauge = GAUGE_MAX},
    [GAUGE_MIN] = {.name = "min", .type = METRIC_GAUGE, .gauge = GAUGE_MIN},
    [GAUGE_SUM] = {.name = "sum", .type = METRIC_GAUGE, .gauge = GAUGE_SUM},
};
static struct family summary = {.name = "summary",
                                .type = METRIC_SUMMARY,
                                .labels = &label,
                                .label_count = 1};
static struct family untyped = {.name = "untyped", .type = METRIC_UNTYPED};
/* The combination is the index of a label set, for any labels. */
static struct family open = {
    .name = "open", .type = METRIC_COUNTER, .open = true, .any_labels = true};
static struct family plain = {.name = "plain", .type = METRIC_HISTOGRAM};

static void push(struct fold *fold, struct family *family, uint32_t n,
                 double value) {
    struct sample sample = {.family = family, .values = &n, .value = value};
    assert_int_equal(fold_add(fold, &sample), 0);
}

static void observe(struct fold *fold, struct family *family, uint32_t n,
                    const double *values, size_t count) {
    struct sample sample = {.family = family,
                            .values = &n,
                            .observations = values,
                            .observation_count = count};
    assert_int_equal(fold_add(fold, &sample), 0);
}

static void add_number(struct strbuf *out, double value) {
    char text[NUMBER_SIZE];
    number_format(value, text);
    strbuf_add_string(out, text);
}

/* Writes the pending deltas, one per line. */
static void expect(const struct fold *fold, const char *want) {
    struct strbuf out = {0};
    strbuf_add_string(&out, "");
    for (size_t i = 0; i < fold->pending_count; i++) {
        const struct delta *delta = fold->pending[i];
        strbuf_printf(&out, "%s[%d]", delta->family->name,
                      (int)delta->combination);
        if (delta->family->type == METRIC_SUMMARY) {
            strbuf_add_string(&out, " sum ");
            add_number(&out, delta->sum);
            strbuf_printf(&out, " count %d", (int)delta->count);
        } else if (delta->family->type == METRIC_HISTOGRAM) {
            strbuf_add_string(&out, " sum ");
            add_number(&out, delta->sum);
            strbuf_printf(&out, " count %d buckets", (int)delta->count);
            for (size_t k = 0; k <= delta->family->bound_count; k++)
                strbuf_printf(&out, " %d", (int)delta->buckets[k]);
        } else {
            strbuf_add_char(&out, ' ');
            add_number(&out, delta->value);
        }
        if (delta->family->type == METRIC_GAUGE ||
            delta->family->type == METRIC_UNTYPED)
            strbuf_printf(&out, " of %d", (int)delta->count);
        if (delta->row != 0)
            strbuf_printf(&out, " row %d", (int)delta->row);
        if (delta->series->pending != i + 1)
            strbuf_add_string(&out, " not marked");
        strbuf_add_char(&out, '\n');
    }
    check_text("pending", out.data, want);
    strbuf_free(&out);
}

static void zeroed_is_empty(void **state) {
    struct fold fold = {0};
    (void)state;
    expect(&fold, "");
    fold_clear(&fold, true);
    fold_free(&fold);
}

static void counters_add(void **state) {
    struct fold fold = {0};
    (void)state;
    push(&fold, &counter, 3, 1);
    push(&fold, &counter, 1, 2);
    push(&fold, &counter, 3, 0.5);
    push(&fold, &counter, 0, 0);
    push(&fold, &counter, 3, 10);
    expect(&fold, "counter[3] 11.5\ncounter[1] 2\ncounter[0] 0\n");
    fold_free(&fold);
}

static void gauges_follow_their_rule(void **state) {
    static const struct {
        enum gauge_rule rule;
        double values[3];
        size_t count;
        const char *want;
    } cases[] = {
        {GAUGE_LAST, {5}, 1, "last[0] 5 of 1\n"},
        {GAUGE_LAST, {5, 7, 6}, 3, "last[0] 6 of 3\n"},
        /* Not merged with the initial 0 of a new delta. */
        {GAUGE_MAX, {-5}, 1, "max[0] -5 of 1\n"},
        {GAUGE_MAX, {-5, -3, -4}, 3, "max[0] -3 of 3\n"},
        {GAUGE_MIN, {5}, 1, "min[0] 5 of 1\n"},
        {GAUGE_MIN, {5, 3, 4}, 3, "min[0] 3 of 3\n"},
        {GAUGE_SUM, {5, -7, 1}, 3, "sum[0] -1 of 3\n"},
        {GAUGE_LAST, {5, NAN}, 2, "last[0] NaN of 2\n"},
        {GAUGE_LAST, {5, NAN, 6}, 3, "last[0] 6 of 3\n"},
        {GAUGE_MAX, {NAN}, 1, "max[0] NaN of 1\n"},
        {GAUGE_MAX, {NAN, -5, NAN}, 3, "max[0] -5 of 3\n"},
        {GAUGE_MIN, {NAN, 5, NAN}, 3, "min[0] 5 of 3\n"},
        {GAUGE_SUM, {NAN, 5, NAN}, 3, "sum[0] 5 of 3\n"},
        {GAUGE_SUM, {5, NAN, 6}, 3, "sum[0] 11 of 3\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fold fold = {0};
        /* The second turn must have nothing of the first. */
        for (int turn = 0; turn < 2; turn++) {
            for (size_t k = 0; k < cases[i].count; k++)
                push(&fold, &gauges[cases[i].rule], 0, cases[i].values[k]);
            expect(&fold, cases[i].want);
            fold_clear(&fold, false);
        }
        fold_free(&fold);
    }
}

static void histograms_count_by_bucket(void **state) {
    static const double first[] = {0.5, 1, 1.5, 100};
    static const double second[] = {5, -3};
    struct fold fold = {0};
    (void)state;
    observe(&fold, &histogram, 7, first, 4);
    observe(&fold, &histogram, 2, second, 2);
    observe(&fold, &histogram, 7, second, 2);
    observe(&fold, &histogram, 4, NULL, 0);
    observe(&fold, &plain, 0, first, 4);
    expect(&fold, "histogram[7] sum 105 count 6 buckets 3 1 1 1\n"
                  "histogram[2] sum 2 count 2 buckets 1 0 1 0\n"
                  "histogram[4] sum 0 count 0 buckets 0 0 0 0\n"
                  "plain[0] sum 103 count 4 buckets 4\n");
    fold_free(&fold);
}

/* Bucket counts together with single observations. */
static void buckets_add(void **state) {
    static const uint64_t first[] = {1, 0, 2, 3};
    static const uint64_t second[] = {0, 4, 0, 0};
    static const double value = 1.5;
    struct fold fold = {0};
    uint32_t n = 7;
    struct sample sample = {.family = &histogram,
                            .values = &n,
                            .buckets = first,
                            .sum = 60,
                            .count = 6};
    (void)state;
    assert_int_equal(fold_add(&fold, &sample), 0);
    sample.buckets = second;
    sample.sum = -4.5;
    sample.count = 4;
    assert_int_equal(fold_add(&fold, &sample), 0);
    expect(&fold, "histogram[7] sum 55.5 count 10 buckets 1 4 2 3\n");
    observe(&fold, &histogram, 7, &value, 1);
    expect(&fold, "histogram[7] sum 57 count 11 buckets 1 5 2 3\n");
    fold_clear(&fold, false);
    assert_int_equal(fold_add(&fold, &sample), 0);
    expect(&fold, "histogram[7] sum -4.5 count 4 buckets 0 4 0 0\n");
    fold_free(&fold);
}

static void summaries_add(void **state) {
    struct fold fold = {0};
    uint32_t n = 3;
    struct sample sample = {
        .family = &summary, .values = &n, .sum = 2.5, .count = 2};
    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(fold_add(&fold, &sample), 0);
        assert_int_equal(fold_add(&fold, &sample), 0);
        expect(&fold, "summary[3] sum 5 count 4\n");
        fold_clear(&fold, false);
    }
    fold_free(&fold);
}

static void untyped_is_the_last(void **state) {
    struct fold fold = {0};
    (void)state;
    push(&fold, &untyped, 0, 5);
    push(&fold, &untyped, 0, -7);
    expect(&fold, "untyped[0] -7 of 2\n");
    fold_free(&fold);
}

static void open_families(void **state) {
    struct fold fold = {0};
    (void)state;
    push(&fold, &open, 5, 1);
    push(&fold, &open, 0, 2);
    push(&fold, &open, 5, 3);
    expect(&fold, "open[5] 4\nopen[0] 2\n");
    assert_ptr_equal(fold_find(&fold, &open, 5), fold.pending[0]->series);
    fold_free(&fold);
}

/* A looked-up series without additions is not pending, and keeps its row. */
static void find_adds_nothing(void **state) {
    struct fold fold = {0};
    (void)state;
    struct fold_series *series = fold_find(&fold, &counter, 9);
    assert_non_null(series);
    assert_int_equal(series->pending, 0);
    series->row = 4;
    expect(&fold, "");
    push(&fold, &counter, 9, 1);
    expect(&fold, "counter[9] 1 row 4\n");
    fold_free(&fold);
}

static void clear_ends_the_turn(void **state) {
    static const double value = 1.5;
    (void)state;
    for (int forget = 0; forget < 2; forget++) {
        struct fold fold = {0};
        push(&fold, &counter, 1, 2);
        observe(&fold, &histogram, 1, &value, 1);
        push(&fold, &counter, 2, 3);
        for (size_t i = 0; i < 3; i++)
            fold.pending[i]->row = 10 + (int64_t)i;
        fold_clear(&fold, false);
        expect(&fold, "");
        push(&fold, &counter, 2, 1);
        observe(&fold, &histogram, 1, &value, 1);
        expect(&fold, "counter[2] 1 row 12\n"
                      "histogram[1] sum 1.5 count 1 buckets 0 1 0 0 row 11\n");
        fold_clear(&fold, forget);
        push(&fold, &counter, 1, 4);
        push(&fold, &counter, 2, 5);
        /* counter[1] was not in the turn that was rolled back. */
        expect(&fold, forget ? "counter[1] 4 row 10\ncounter[2] 5\n"
                             : "counter[1] 4 row 10\ncounter[2] 5 row 12\n");
        fold_free(&fold);
    }
}

/* The same number in two families, across every growth of the table. */
static void many_series(void **state) {
    enum { SERIES = 5000 };
    static double want[2][SERIES];
    struct fold fold = {0};
    uint64_t random = 1;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint32_t n = (uint32_t)(check_random(&random) % SERIES);
        double value = (double)(i % 10);
        if (i % 2 == 0)
            push(&fold, &counter, n, value);
        else
            observe(&fold, &histogram, n, &value, 1);
        want[i % 2][n] += value;
    }
    for (size_t i = 0; i < fold.pending_count; i++) {
        const struct delta *delta = fold.pending[i];
        bool observed = delta->family == &histogram;
        assert_true((observed ? delta->sum : delta->value) ==
                    want[observed][delta->combination]);
        want[observed][delta->combination] = 0;
    }
    for (size_t n = 0; n < SERIES; n++)
        assert_true(want[0][n] == 0 && want[1][n] == 0);
    fold_free(&fold);
}

/* A later turn finds the series of an earlier one, and needs no new memory for
 * its deltas. */
static void series_stay(void **state) {
    struct fold fold = {0};
    (void)state;
    for (uint32_t n = 0; n < 20; n++)
        push(&fold, &counter, n, 1);
    const struct fold_series *series = fold.pending[0]->series;
    const struct delta *delta = fold.pending[0];
    fold_clear(&fold, false);
    for (uint32_t n = 0; n < 20; n++)
        push(&fold, &counter, n, 1);
    assert_ptr_equal(fold.pending[0]->series, series);
    assert_ptr_equal(fold.pending[0], delta);
    assert_int_equal(fold.count, 20);
    fold_free(&fold);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeroed_is_empty),
        cmocka_unit_test(counters_add),
        cmocka_unit_test(gauges_follow_their_rule),
        cmocka_unit_test(histograms_count_by_bucket),
        cmocka_unit_test(buckets_add),
        cmocka_unit_test(summaries_add),
        cmocka_unit_test(untyped_is_the_last),
        cmocka_unit_test(open_families),
        cmocka_unit_test(find_adds_nothing),
        cmocka_unit_test(clear_ends_the_turn),
        cmocka_unit_test(many_series),
        cmocka_unit_test(series_stay),
    };
    return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}

#include "cli/report/ask.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report/show.h"
#include "query/evaluate.h"
#include "query/labels.h"

static int run(const struct ask *ask, const char *text, const struct grid *grid,
               value_use *use, void *context, struct err *err) {
    if (ask->arena->failed)
        return err_no_memory(err);
    return evaluate_text(ask->source, text, strlen(text), grid, use, context,
                         err);
}

/* --- both weeks ----------------------------------------------------------- */

struct taking {
    const struct ask *ask;
    struct sums *sums;
};

/* A value_use of two points, the ends of both weeks. */
static int take_sums(void *context, const struct query *query,
                     struct value *value, struct err *err) {
    const struct taking *taking = context;
    struct arena *arena = taking->ask->arena;
    const struct vector *vector = &value->vector;
    (void)query;
    vector_sort(&value->vector);
    struct sum *rows = arena_take(arena, vector->count * sizeof(*rows) + 1);
    *taking->sums = (struct sums){rows, 0};
    if (!rows)
        return err_no_memory(err);
    for (size_t i = 0; i < vector->count; i++) {
        const struct vector_row *row = &vector->rows[i];
        if (query_is_absent(row->values[0]) && query_is_absent(row->values[1]))
            continue;
        const char *labels = arena_copy(arena, row->labels, row->len);
        if (!labels)
            return err_no_memory(err);
        rows[taking->sums->count++] =
            (struct sum){"", labels, row->len, row->values[1], row->values[0]};
    }
    return 0;
}

static int ask_both(const struct ask *ask, const char *text, struct sums *sums,
                    struct err *err) {
    const struct grid grid = {.start_ms =
                                  (ask->week.until - WEEK_SECONDS) * 1000,
                              .step_ms = (int64_t)WEEK_SECONDS * 1000,
                              .count = 2};
    struct taking taking = {ask, sums};
    return run(ask, text, &grid, take_sums, &taking, err);
}

static const char *growth_text(const struct ask *ask, const char *metric,
                               const char *by, int seconds) {
    return *by ? show_format(ask->arena, "sum by (%s) (increase(%s[%ds]))", by,
                             metric, seconds)
               : show_format(ask->arena, "sum (increase(%s[%ds]))", metric,
                             seconds);
}

int ask_growth(const struct ask *ask, const char *metric, const char *by,
               struct sums *sums, struct err *err) {
    bool known = false;
    const char *text = growth_text(ask, metric, by, WEEK_SECONDS);
    if (ask_both(ask, text, sums, err) != 0)
        return -1;
    for (size_t i = 0; i < sums->count; i++)
        known |= isfinite(sums->rows[i].before);
    for (size_t i = 0; i < sums->count; i++) {
        struct sum *row = &sums->rows[i];
        row->now = isnan(row->now) ? 0 : row->now;
        row->before = !known ? NAN : isnan(row->before) ? 0 : row->before;
    }
    return 0;
}

int ask_quantile(const struct ask *ask, const char *q, const char *family,
                 const char *by, struct sums *sums, struct err *err) {
    const char *text = show_format(
        ask->arena,
        "histogram_quantile(%s, sum by (%s%sle) (increase(%s_bucket[%ds])))", q,
        by, *by ? ", " : "", family, (int)WEEK_SECONDS);
    return ask_both(ask, text, sums, err);
}

int ask_value(const struct ask *ask, const char *metric, const char *by,
              struct sums *sums, struct err *err) {
    const char *text =
        *by ? show_format(ask->arena, "avg by (%s) (%s)", by, metric)
            : show_format(ask->arena, "avg(%s)", metric);
    return ask_both(ask, text, sums, err);
}

/* --- days ----------------------------------------------------------------- */

/* All days from the first known day on have a value. */
static void fill_days(const double *values, double *days) {
    bool begun = false;
    for (size_t i = 0; i < WEEK_DAYS; i++) {
        const bool known = !query_is_absent(values[i]);
        begun |= known;
        days[i] = known ? values[i] : begun ? 0 : NAN;
    }
}

/* A value_use of the days of both weeks. */
static int take_days(void *context, const struct query *query,
                     struct value *value, struct err *err) {
    struct days *days = context;
    (void)query;
    (void)err;
    if (value->vector.count == 0)
        return 0;
    const double *values = value->vector.rows[0].values;
    fill_days(values, days->before);
    fill_days(values + WEEK_DAYS, days->now);
    return 0;
}

int ask_days(const struct ask *ask, const char *metric, struct days *days,
             struct err *err) {
    const struct grid grid = {
        .start_ms = (ask->week.from - WEEK_SECONDS + WEEK_DAY_SECONDS) * 1000,
        .step_ms = (int64_t)WEEK_DAY_SECONDS * 1000,
        .count = 2 * (size_t)WEEK_DAYS};
    for (size_t i = 0; i < WEEK_DAYS; i++)
        days->now[i] = days->before[i] = NAN;
    return run(ask, growth_text(ask, metric, "", WEEK_DAY_SECONDS), &grid,
               take_days, days, err);
}

/* --- rows ----------------------------------------------------------------- */

const char *ask_label(const struct ask *ask, const struct sum *sum,
                      const char *name) {
    struct label_part part;
    struct strbuf value = {0};
    const char *text = "";
    if (!labels_find(sum->labels, sum->len, name, &part))
        return text;
    labels_unescape(&part, &value);
    if (value.failed)
        ask->arena->failed = true;
    else if (value.len > 0)
        text = arena_copy(ask->arena, value.data, value.len);
    strbuf_free(&value);
    return text ? text : "";
}

void ask_names(const struct ask *ask, struct sums *sums, const char *label,
               const char *suffix) {
    for (size_t i = 0; i < sums->count; i++) {
        const char *value = ask_label(ask, &sums->rows[i], label);
        sums->rows[i].name =
            show_format(ask->arena, "%s%s", *value ? value : "(empty)", suffix);
    }
}

static int compare(double a, double b) {
    return (a < b) - (a > b);
}

static int compare_sums(const void *a, const void *b) {
    const struct sum *left = a;
    const struct sum *right = b;
    int result = compare(left->now, right->now);
    if (result == 0)
        result = compare(left->before, right->before);
    return result != 0 ? result : strcmp(left->labels, right->labels);
}

void sums_order(struct sums *sums) {
    size_t kept = 0;
    for (size_t i = 0; i < sums->count; i++)
        if (sums->rows[i].now > 0 || sums->rows[i].before > 0)
            sums->rows[kept++] = sums->rows[i];
    sums->count = kept;
    if (kept > 0)
        qsort(sums->rows, kept, sizeof(*sums->rows), compare_sums);
}

double sums_now(const struct sums *sums) {
    double sum = 0;
    for (size_t i = 0; i < sums->count; i++)
        sum += sums->rows[i].now;
    return sum;
}

double sums_before(const struct sums *sums) {
    double sum = sums->count > 0 ? 0 : NAN;
    for (size_t i = 0; i < sums->count; i++)
        sum += sums->rows[i].before;
    return sum;
}

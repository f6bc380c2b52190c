#include "ingest/admit_values.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "metrics/histogram.h"

/* Upper bound of the observations that a push adds to a series. */
static const uint64_t COUNT_MAX = (uint64_t)1 << 40;

/* Checks that the family has bounds, from its file or an earlier push, for the
 * point's observations. */
static int check_observed(struct admitting *admitting, const char *name,
                          const struct pushed_series *series, size_t count) {
    if (count > 0)
        return 0;
    return admit_refuse(
        admitting, REJECT_BOUNDS_MISMATCH, series->line,
        "%.100s: pushed without classic buckets, and the family has no bounds; "
        "list it in a file of `metrics` with `buckets`",
        name);
}

int admit_bounds(struct admitting *admitting, const char *name,
                 const struct pushed_series *series, const double *wanted,
                 size_t count, const char *where) {
    struct strbuf *given = &admitting->json;
    struct strbuf own = {0};
    if (series->point && series->point->observed)
        return check_observed(admitting, name, series, count);
    if (series->bound_count == count &&
        (count == 0 ||
         memcmp(series->bounds, wanted, count * sizeof(*wanted)) == 0))
        return 0;
    strbuf_reset(given);
    histogram_show_bounds(series->bounds, series->bound_count, given);
    histogram_show_bounds(wanted, count, &own);
    int result =
        given->failed || own.failed
            ? err_no_memory(admitting->err)
            : admit_refuse(admitting, REJECT_BOUNDS_MISMATCH, series->line,
                           "%.100s: pushed with the bounds %s; %s "
                           "%s",
                           name, given->data, where, own.data);
    strbuf_free(&own);
    return result;
}

/* Refuses the push for a value. The message names the series by its line, or
 * else by its labels. */
__attribute__((format(printf, 5, 6))) static int
refuse_value(struct admitting *admitting, const struct pushed_family *pushed,
             const struct pushed_series *series, enum reject_reason reason,
             const char *format, ...) {
    enum { PLACE_MAX = 200 };
    char why[sizeof(admitting->err->message) - PLACE_MAX];
    struct strbuf *place = &admitting->json;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    strbuf_reset(place);
    strbuf_add(place, pushed->name, pushed->name_len);
    if (series->line == 0)
        label_set_show(series->labels, series->label_count, place);
    if (place->failed)
        return err_no_memory(admitting->err);
    bool cut = place->len > PLACE_MAX;
    size_t len = cut ? utf8_prefix(place->data, PLACE_MAX) : place->len;
    return admit_refuse(admitting, reason, series->line, "%.*s%s: %s", (int)len,
                        place->data, cut ? "..." : "", why);
}

int admit_values(struct admitting *admitting,
                 const struct pushed_family *pushed,
                 const struct pushed_series *series,
                 const struct family *family) {
    /* Totals of a node can exceed the limits of one push. */
    const bool totals = admitting->admission->totals;
    uint64_t count_max = totals ? HISTOGRAM_COUNT_MAX : COUNT_MAX;
    enum reject_reason reason;
    struct err why;
    if (!metric_observes(family->type))
        return batch_value_fits(family, series->value,
                                series->point && series->point->relative,
                                &reason, &why)
                   ? 0
                   : refuse_value(admitting, pushed, series, reason, "%s",
                                  why.message);
    if (!(fabs(series->sum) <= METRIC_VALUE_MAX))
        return refuse_value(admitting, pushed, series, REJECT_INVALID_VALUE,
                            "the sum is %g, must be between %g and %g",
                            series->sum, -METRIC_VALUE_MAX, METRIC_VALUE_MAX);
    if (series->count > count_max)
        return refuse_value(admitting, pushed, series, REJECT_INVALID_VALUE,
                            "the count is %" PRIu64
                            ", must be at most %" PRIu64,
                            series->count, count_max);
    /* rate() reads a falling sum as a restart. A node's totals stay accepted.
     */
    if (metric_shape(family->type) == SHAPE_OBSERVATIONS && series->sum < 0 &&
        !totals)
        return refuse_value(admitting, pushed, series, REJECT_NEGATIVE_VALUE,
                            "the sum of a summary is %g, must not be below 0, "
                            "because Prometheus reads a falling sum as a "
                            "restart; push a histogram with negative bounds",
                            series->sum);
    return 0;
}

#include "cli/look/totals.h"

#include <math.h>
#include <string.h>

#include "metrics/histogram.h"

const char *const totals_quantile_names[TOTALS_QUANTILES] = {"p50", "p75",
                                                             "p95", "p99"};
static const double quantiles[TOTALS_QUANTILES] = {0.5, 0.75, 0.95, 0.99};

static double rate(double now, double before,
                   const struct totals_style *style) {
    double growth = now - before;
    return growth >= 0 ? growth / style->seconds : NAN;
}

double totals_family_rate(const struct family_total *family,
                          const struct totals_style *style) {
    const struct reading *before = style->before;
    if (!before || isnan(family->total))
        return NAN;
    for (size_t low = 0, high = before->family_count; low < high;) {
        size_t middle = low + (high - low) / 2;
        const struct family_total *other = &before->families[middle];
        int order = strcmp(family->name, other->name);
        if (order == 0)
            return rate(family->total, other->total, style);
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return rate(family->total, 0, style); /* it is new */
}

/* What only grows. */
static double grown(const struct reading *reading,
                    const struct series_total *series) {
    return metric_shape(reading->family.type) == SHAPE_TOTAL
               ? series->value
               : (double)series->count;
}

double totals_series_rate(const struct reading *reading,
                          const struct series_total *series,
                          const struct totals_style *style) {
    const struct reading *before = style->before;
    if (!before || metric_shape(reading->family.type) == SHAPE_VALUE)
        return NAN;
    for (size_t low = 0, high = before->series_count; low < high;) {
        size_t middle = low + (high - low) / 2;
        const struct series_total *other = &before->series[middle];
        int order = strcmp(series->labels, other->labels);
        if (order == 0)
            return rate(grown(reading, series), grown(before, other), style);
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return rate(grown(reading, series), 0, style);
}

double totals_mean(const struct series_total *series) {
    return series->count > 0 ? series->sum / (double)series->count : NAN;
}

double totals_quantile(const struct reading *reading,
                       const struct series_total *series, size_t index) {
    if (!series->buckets)
        return NAN;
    return histogram_quantile(reading->family.bounds,
                              reading->family.bound_count, series->buckets,
                              quantiles[index]);
}

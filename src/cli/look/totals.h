/* totals: a reading as text for a person, or as JSON. */
#ifndef TALLYMAN_CLI_LOOK_TOTALS_H
#define TALLYMAN_CLI_LOOK_TOTALS_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/look/reading.h"

/* How it is shown. */
struct totals_style {
    bool utf8;
    bool rates;                   /* per second, since before */
    const struct reading *before; /* NULL for the first reading */
    double seconds;               /* since then, above 0 */
};

/* Prints the overview of all families, or the series of one. Return -1 when
 * memory ran out. */
int totals_print_families(const struct reading *reading,
                          const struct totals_style *style, FILE *out);
int totals_print_family(const struct reading *reading,
                        const struct totals_style *style, FILE *out);

/* The same as one JSON array on a line. Numbers that are not finite are the
 * strings "+Inf", "-Inf" and "NaN", unknown ones null. */
int totals_json_families(const struct reading *reading,
                         const struct totals_style *style, FILE *out);
int totals_json_family(const struct reading *reading,
                       const struct totals_style *style, FILE *out);

/* How much the family or the series has grown by per second, NaN where that is
 * not known: at the first reading, after a reset, and for gauges. */
double totals_family_rate(const struct family_total *family,
                          const struct totals_style *style);
double totals_series_rate(const struct reading *reading,
                          const struct series_total *series,
                          const struct totals_style *style);

/* The mean of the observations; NaN without any. */
double totals_mean(const struct series_total *series);

enum { TOTALS_QUANTILES = 4 };

/* p50, p75, p95, p99, and which that is. */
extern const char *const totals_quantile_names[TOTALS_QUANTILES];
double totals_quantile(const struct reading *reading,
                       const struct series_total *series, size_t index);

#endif

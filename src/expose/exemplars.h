/* exemplars: the exemplars of a series that a scrape shows, by line. */
#ifndef TALLYMAN_EXPOSE_EXEMPLARS_H
#define TALLYMAN_EXPOSE_EXEMPLARS_H

#include "base/strbuf.h"
#include "metrics/histogram.h"
#include "metrics/registry.h"
#include "metrics/series.h"

/* For a counter the first exemplar, for a histogram one per bucket, each with a
 * value of that bucket. A zeroed struct has none. */
struct exemplars {
    struct shown_exemplar {
        bool shown;
        size_t labels; /* offset in text; as label_json_write_exposition writes
                          them */
        size_t labels_len;
        double value;
        double time; /* Unix seconds, in whole microseconds; 0: unknown */
    } lines[HISTOGRAM_BOUNDS_MAX + 1];
    size_t line_count; /* later lines have no exemplar */
    struct strbuf text;
};

/* Sets exemplars to those of the series, if its family has them enabled. Skips
 * those whose value is NaN, whose labels are not in the stored form, or whose
 * labels exceed EXEMPLAR_CHARACTERS_MAX characters. text.failed: memory ran
 * out. */
void exemplars_read(struct exemplars *exemplars, const struct family *family,
                    const struct series *series);

/* The exemplar of a line, or NULL. */
static inline const struct shown_exemplar *
exemplars_of(const struct exemplars *exemplars, size_t line) {
    return line < exemplars->line_count && exemplars->lines[line].shown
               ? &exemplars->lines[line]
               : NULL;
}

void exemplars_free(struct exemplars *exemplars);

#endif

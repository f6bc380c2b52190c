/* exemplars: those of a series that a scrape shows, by the line. */
#ifndef TALLYMAN_EXPOSE_EXEMPLARS_H
#define TALLYMAN_EXPOSE_EXEMPLARS_H

#include "base/strbuf.h"
#include "metrics/histogram.h"
#include "metrics/registry.h"
#include "metrics/series.h"

/* Of a counter the first, of a histogram one for each bucket that its value
 * lies in. A zeroed struct has none. */
struct exemplars {
    struct shown_exemplar {
        bool shown;
        size_t labels; /* in text, as label_json_write_exposition has them */
        size_t labels_len;
        double value;
        double time; /* Unix seconds, in whole microseconds; 0: not known */
    } lines[HISTOGRAM_BOUNDS_MAX + 1];
    size_t line_count; /* behind them there are none */
    struct strbuf text;
};

/* Replaces exemplars by those of the series, where its family has them enabled.
 * Left out are those whose value is no number, whose labels are not as the
 * store writes them or have more than EXEMPLAR_CHARACTERS_MAX characters.
 * text.failed: memory ran out. */
void exemplars_read(struct exemplars *exemplars, const struct family *family,
                    const struct series *series);

/* The one of a line; NULL without one. */
static inline const struct shown_exemplar *
exemplars_of(const struct exemplars *exemplars, size_t line) {
    return line < exemplars->line_count && exemplars->lines[line].shown
               ? &exemplars->lines[line]
               : NULL;
}

void exemplars_free(struct exemplars *exemplars);

#endif

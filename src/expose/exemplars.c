#include "expose/exemplars.h"

#include <math.h>

#include "metrics/label.h"

/* A double holds the microseconds of present-day times only. */
static double show_time(double time) {
    const double micros = round(time * 1e6);
    return micros > 0 && micros < NUMBER_EXACT ? micros / 1e6 : 0;
}

static void show(struct exemplars *exemplars, size_t line,
                 const struct exemplar *exemplar) {
    struct strbuf *text = &exemplars->text;
    const size_t start = text->len;
    if (!isfinite(exemplar->value) || !exemplar->labels ||
        label_json_write_exposition(exemplar->labels, exemplar->labels_len,
                                    text) != 0)
        return;
    if (exemplar_characters(text->data + start, text->len - start) >
        EXEMPLAR_CHARACTERS_MAX)
        return;
    while (exemplars->line_count <= line)
        exemplars->lines[exemplars->line_count++].shown = false;
    exemplars->lines[line] =
        (struct shown_exemplar){true, start, text->len - start, exemplar->value,
                                show_time(exemplar->time)};
}

void exemplars_read(struct exemplars *exemplars, const struct family *family,
                    const struct series *series) {
    exemplars->line_count = 0;
    exemplars->text.len = 0;
    if (!family->exemplars)
        return;
    for (size_t i = 0; i < series->exemplar_count; i++) {
        const struct exemplar *exemplar = &series->exemplars[i];
        const size_t line = histogram_bucket(
            family->bounds, family->bound_count, exemplar->value);
        if (!exemplars_of(exemplars, line))
            show(exemplars, line, exemplar);
    }
}

void exemplars_free(struct exemplars *exemplars) {
    strbuf_free(&exemplars->text);
}

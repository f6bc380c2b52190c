#include "cli/report/svg.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"

/* In units of the view box. */
enum { VIEW_WIDTH = 700, VIEW_HEIGHT = 160, STEP_WIDTH = 100 };

/* Contrasts of 3 and more on white and, except within bars, on black: some
 * programs use a dark background and leave pictures unchanged. */
static const char *const colors[] = {[LOOK_BARS] = "#45a399",
                                     [LOOK_INNER_BARS] = "#0c5a53",
                                     [LOOK_LINE] = "#c0281c",
                                     [LOOK_BEFORE] = "#6f7d79"};

const char *svg_color(enum report_look look) {
    return colors[look];
}

double svg_top(const struct report_plot *plot) {
    static const double steps[] = {1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10};
    double most = 0;
    for (size_t i = 0; i < plot->line_count; i++)
        for (size_t n = 0; n < REPORT_STEPS; n++)
            most = fmax(most, plot->lines[i].values[n]);
    if (!(most > 0) || !isfinite(most))
        return 1;
    const double unit = pow(10, floor(log10(most)));
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (most <= steps[i] * unit)
            return steps[i] * unit;
    return 10 * unit;
}

void svg_escape(struct strbuf *out, const char *text, size_t most) {
    struct strbuf escaped = {0};
    utf8_escape(&escaped, text, strlen(text), true);
    for (size_t at = 0, count = 0; at < escaped.len; count++) {
        uint32_t code;
        const char *one = escaped.data + at;
        const size_t len = utf8_decode(one, escaped.len - at, &code);
        if (count == most) {
            strbuf_add_string(out, "…");
            break;
        }
        if (code == '&')
            strbuf_add_string(out, "&amp;");
        else if (code == '<')
            strbuf_add_string(out, "&lt;");
        else if (code == '>')
            strbuf_add_string(out, "&gt;");
        else if (code == '"')
            strbuf_add_string(out, "&quot;");
        else
            strbuf_add(out, one, len);
        at += len;
    }
    out->failed |= escaped.failed;
    strbuf_free(&escaped);
}

/* The distance of a value from the upper edge. */
static double height_of(double value, double top) {
    return VIEW_HEIGHT - value / top * VIEW_HEIGHT;
}

static void add_bars(const struct report_line *line, double top,
                     struct strbuf *out) {
    const int margin = line->look == LOOK_BARS ? 14 : 26;
    strbuf_printf(out, "<path fill=\"%s\" d=\"", colors[line->look]);
    for (size_t i = 0; i < REPORT_STEPS; i++) {
        const int x = (int)i * STEP_WIDTH + margin;
        if (line->values[i] > 0)
            strbuf_printf(out, "M%d %dV%.1fh%dV%dz", x, VIEW_HEIGHT,
                          height_of(line->values[i], top),
                          STEP_WIDTH - 2 * margin, VIEW_HEIGHT);
    }
    strbuf_add_string(out, "\"/>");
}

/* Missing values leave a gap; a single point becomes a dash. */
static void add_line(const struct report_line *line, double top,
                     struct strbuf *out) {
    bool drawn = false;
    strbuf_printf(out,
                  "<path fill=\"none\" stroke=\"%s\" stroke-width=\"2\"%s "
                  "vector-effect=\"non-scaling-stroke\" d=\"",
                  colors[line->look],
                  line->look == LOOK_BEFORE ? " stroke-dasharray=\"4 4\"" : "");
    for (size_t i = 0; i < REPORT_STEPS; i++) {
        const int x = (int)i * STEP_WIDTH + STEP_WIDTH / 2;
        const bool known = isfinite(line->values[i]);
        const bool next = i + 1 < REPORT_STEPS && isfinite(line->values[i + 1]);
        const double y = known ? height_of(line->values[i], top) : 0;
        if (known && !drawn && !next)
            strbuf_printf(out, "M%d %.1fh20", x - 10, y);
        else if (known)
            strbuf_printf(out, "%c%d %.1f", drawn ? 'L' : 'M', x, y);
        drawn = known;
    }
    strbuf_add_string(out, "\"/>");
}

void svg_write(const struct report_plot *plot, const char *top,
               struct strbuf *out) {
    const double most = svg_top(plot);
    strbuf_printf(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
        "width=\"100%%\" height=\"%d\" viewBox=\"0 0 %d %d\" "
        "preserveAspectRatio=\"none\" style=\"display:block\"><title>",
        VIEW_HEIGHT, VIEW_WIDTH, VIEW_HEIGHT);
    svg_escape(out, plot->name, SIZE_MAX);
    strbuf_add_string(out, ", from 0 to ");
    svg_escape(out, top, SIZE_MAX);
    strbuf_printf(out,
                  "</title><path stroke=\"#8a9894\" stroke-opacity=\".4\" "
                  "vector-effect=\"non-scaling-stroke\" d=\"M0 0h%dM0 %dh%d"
                  "M0 %dh%d\"/>",
                  VIEW_WIDTH, VIEW_HEIGHT / 2, VIEW_WIDTH, VIEW_HEIGHT,
                  VIEW_WIDTH);
    for (size_t i = 0; i < plot->line_count; i++)
        if (plot->lines[i].look == LOOK_BARS ||
            plot->lines[i].look == LOOK_INNER_BARS)
            add_bars(&plot->lines[i], most, out);
        else
            add_line(&plot->lines[i], most, out);
    strbuf_add_string(out, "</svg>\n");
}

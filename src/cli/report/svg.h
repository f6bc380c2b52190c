/* svg: a plot as an SVG element within HTML. */
#ifndef TALLYMAN_CLI_REPORT_SVG_H
#define TALLYMAN_CLI_REPORT_SVG_H

#include "base/strbuf.h"
#include "cli/report/report.h"

/* The colour of a line of a plot. */
const char *svg_color(enum report_look look);

/* The value at the upper edge of a plot: round, and not below the largest
 * value. */
double svg_top(const struct report_plot *plot);

/* Appends the plot, from 0 to its top, as wide as its container. It has shapes
 * and a title, but no other text, because that would scale with the plot. */
void svg_write(const struct report_plot *plot, const char *top,
               struct strbuf *out);

/* Appends at most `most` characters of untrusted text for an element or a
 * double-quoted attribute; escapes markup and hidden characters. */
void svg_escape(struct strbuf *out, const char *text, size_t most);

#endif

/* report: a report as headings, figures, plots and tables, independent of the
 * format.
 *
 * Parts are added in order, each to the last section, block or row. All memory
 * is in the arena: after a failed allocation a part is missing, and
 * arena.failed is set. Texts are UTF-8, may be untrusted, and must live as long
 * as the report. */
#ifndef TALLYMAN_CLI_REPORT_REPORT_H
#define TALLYMAN_CLI_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum report_tone { TONE_PLAIN, TONE_GOOD, TONE_MIDDLING, TONE_POOR };

/* One of the numbers at the top. */
struct report_figure {
    const char *name;
    const char *value;
    const char *rating; /* "" without one */
    enum report_tone rating_tone;
    const char *change; /* "" without one */
    enum report_tone change_tone;
    struct report_figure *next;
};

/* A plot has a value for each of a few steps, NaN for a missing one. */
enum { REPORT_STEPS = 7, REPORT_LINES_MAX = 3 };

enum report_look { LOOK_BARS, LOOK_INNER_BARS, LOOK_LINE, LOOK_BEFORE };

struct report_line {
    const char *name;
    const char *whole; /* its value over all steps, as text */
    enum report_look look;
    double values[REPORT_STEPS];
};

struct report_plot {
    const char *name;
    const char *steps[REPORT_STEPS]; /* such as Mon */
    struct report_line lines[REPORT_LINES_MAX];
    size_t line_count;
};

struct report_column {
    const char *name;
    bool text; /* left-aligned; numbers are right-aligned */
};

struct report_cell {
    const char *text;
    enum report_tone tone;
};

/* The shares that are good, fair and poor; they add up to 1. */
enum { REPORT_SHARES = 3 };

struct report_row {
    struct report_cell *cells; /* one for each column */
    size_t cell_count;
    double part;        /* of its bar, 0 to 1; NaN: no bar */
    const char *detail; /* a line below it; "": none */
    bool shared;        /* it has shares */
    double shares[REPORT_SHARES];
    struct report_row *next;
};

enum report_kind { BLOCK_FIGURES, BLOCK_PLOT, BLOCK_TABLE, BLOCK_NOTE };

struct report_block {
    enum report_kind kind;
    const char *text; /* of a note, or the caption of a table */
    struct report_figure *figures;
    struct report_figure *last_figure;
    struct report_plot *plot;
    const struct report_column *columns;
    size_t column_count;
    struct report_row *rows;
    struct report_row *last_row;
    struct report_block *next;
};

struct report_section {
    const char *name; /* "" for the first one */
    const char *hint; /* next to its name; "": none */
    struct report_block *blocks;
    struct report_block *last;
    struct report_section *next;
};

/* A zeroed struct is empty. */
struct report {
    struct arena arena;
    const char *site;     /* the name of the site */
    const char *period;   /* such as 16 Nov – 22 Nov 2026 */
    const char *compared; /* the line below it */
    const char *headline; /* the first number with its change */
    const char *address;  /* URL of the week on the dashboard, or NULL */
    int64_t begin;        /* of the history if that is after the week, or 0 */
    struct report_section *sections;
    struct report_section *last;
};

void report_section(struct report *report, const char *name, const char *hint);

/* Consecutive figures share a block. */
void report_figure(struct report *report, const struct report_figure *figure);

void report_plot(struct report *report, const struct report_plot *plot);

/* columns live as long as the report. */
void report_table(struct report *report, const char *caption,
                  const struct report_column *columns, size_t count);

/* Adds a row whose cells follow; part: see struct report_row. */
void report_row(struct report *report, double part);
void report_cell(struct report *report, const char *text);
void report_toned(struct report *report, const char *text,
                  enum report_tone tone);

/* Adds the line below the last row, and a bar of shares if there are any. */
void report_detail(struct report *report, const char *text,
                   const double *shares);

/* Adds a line of text; words in backquotes are code. */
void report_note(struct report *report, const char *text);

void report_free(struct report *report);

#endif

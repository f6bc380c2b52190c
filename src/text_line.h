/* text_line: a line of the text exposition formats, taken apart. */
#ifndef TALLYMAN_TEXT_LINE_H
#define TALLYMAN_TEXT_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "label.h"
#include "pushed.h"

/* Exposition format 0.0.4 and OpenMetrics 1.0. */
enum text_format { TEXT_PROMETHEUS, TEXT_OPENMETRICS };

enum text_kind {
    TEXT_END,     /* there are no more lines */
    TEXT_NOTHING, /* a blank line or a comment */
    TEXT_HELP,
    TEXT_TYPE,
    TEXT_UNIT,
    TEXT_EOF,
    TEXT_SAMPLE
};

/* A part of the input. */
struct text_part {
    const char *at;
    size_t len;
};

/* As they stand in the line, with empty values. */
struct text_labels {
    struct label labels[PUSHED_LABELS_MAX];
    struct text_part names[PUSHED_LABELS_MAX];
    size_t count;
    size_t known; /* names that were read, also by lines before this one */
};

/* The current line. What it points to is in the input or belongs to pushed. */
struct text_line {
    const char *text; /* all of the input */
    size_t len;
    enum text_format format;
    struct pushed *pushed;
    struct err *err;

    enum text_kind kind;
    unsigned number; /* from 1 */
    const char *start;
    const char *end;  /* without the line's end */
    const char *next; /* the line behind it */

    struct text_part name;     /* all but TEXT_NOTHING, TEXT_EOF */
    struct text_part rest;     /* TEXT_TYPE, TEXT_UNIT: what is behind it */
    const char *help;          /* TEXT_HELP: unescaped, NUL-terminated */
    struct text_labels labels; /* TEXT_SAMPLE, and all below */
    struct text_part number_text;
    double value;
    const char *exemplar; /* where it begins, NULL without one */
    struct text_labels exemplar_labels;
};

/* The characters that the names and values of an exemplar's labels may have
 * together (OpenMetrics 1.0, "Exemplars"). */
enum { TEXT_EXEMPLAR_MAX = 128 };

/* Goes before the first line of text[0..len), which is checked to be UTF-8
 * without NUL. -1 when it is not. */
int text_line_open(struct text_line *line, const char *text, size_t len,
                   enum text_format format, struct pushed *pushed,
                   struct err *err);

/* Reads the next line. -1 when it does not follow the format's grammar. Line
 * ends are LF or CRLF; the last one may be missing. */
int text_line_next(struct text_line *line);

/* Fills line->err with a message about what stands at `at`. Returns -1. */
int text_line_fail(const struct text_line *line, const char *at,
                   enum err_code code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Reads a number; `what` names it in a message. -1 when it is none. */
int text_line_number(const struct text_line *line, const char *what,
                     struct text_part part, double *out);

/* The part in a message: `%.*s` with TEXT_SHOWN(part). */
#define TEXT_SHOWN(part) (int)((part).len < 100 ? (part).len : 100), (part).at

/* part is that literal. */
#define TEXT_IS(part, literal)                                                 \
    ((part).len == sizeof(literal) - 1 &&                                      \
     memcmp((part).at, literal, sizeof(literal) - 1) == 0)

#endif

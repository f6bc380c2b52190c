/* line: parses a line of the text exposition formats. */
#ifndef TALLYMAN_INGEST_TEXT_LINE_H
#define TALLYMAN_INGEST_TEXT_LINE_H

#include "ingest/text/labels.h"

enum text_kind {
    TEXT_END,     /* there are no more lines */
    TEXT_NOTHING, /* a blank line or a comment */
    TEXT_HELP,
    TEXT_TYPE,
    TEXT_UNIT,
    TEXT_EOF,
    TEXT_SAMPLE
};

/* The current line. Its pointers are to the input or belong to the push. */
struct text_line {
    struct text_source source;
    enum text_kind kind;
    unsigned number; /* from 1 */
    const char *start;
    const char *next; /* start of the next line */

    struct text_part name; /* all but TEXT_NOTHING, TEXT_EOF */
    struct text_part rest; /* TEXT_TYPE, TEXT_UNIT: the text after the name */
    const char *help;      /* TEXT_HELP: unescaped, NUL-terminated */
    struct text_labels labels; /* TEXT_SAMPLE, and all below */
    struct text_part number_text;
    double value;
    const char *exemplar; /* its first byte; NULL without one */
    struct text_labels exemplar_labels;
    double exemplar_value;
    double exemplar_time; /* Unix seconds; 0 without one */
};

/* Begins to read text[0..len). Returns -1 unless it is UTF-8 without NUL. */
int text_line_open(struct text_line *line, const char *text, size_t len,
                   enum text_format format, struct builder *builder);

/* Reads the next line. Returns -1 after a syntax error. Line ends are LF or
 * CRLF; the last one may be missing. */
int text_line_next(struct text_line *line);

#endif

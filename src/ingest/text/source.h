/* source: the text of an exposition, and the tokens of its current line.
 */
#ifndef TALLYMAN_INGEST_TEXT_SOURCE_H
#define TALLYMAN_INGEST_TEXT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ingest/builder.h"

/* Exposition format 0.0.4 and OpenMetrics 1.0. */
enum text_format { TEXT_PROMETHEUS, TEXT_OPENMETRICS };

/* The functions below take a position in the current line. Those that return a
 * position return NULL after a syntax error. */
struct text_source {
    const char *text; /* all of the input */
    size_t len;
    const char *end; /* of the current line */
    enum text_format format;
    struct builder *builder;
};

/* A part of the input. */
struct text_part {
    const char *at;
    size_t len;
};

/* The part in a message: `%.*s` with TEXT_SHOWN(part). */
#define TEXT_SHOWN(part) (int)((part).len < 100 ? (part).len : 100), (part).at

/* True if part equals the literal. */
#define TEXT_IS(part, literal)                                                 \
    ((part).len == sizeof(literal) - 1 &&                                      \
     memcmp((part).at, literal, sizeof(literal) - 1) == 0)

/* Sets the builder's err, with the position `at`. Returns -1. */
int text_source_fail(const struct text_source *source, const char *at,
                     enum err_code code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The builder's locate; its context is the source. */
void text_source_locate(const struct builder *builder, enum builder_part part);

/* True if the byte at `at` is c. */
static inline bool text_source_at(const struct text_source *source,
                                  const char *at, char c) {
    return at < source->end && *at == c;
}

/* True if c may be in a name: [a-zA-Z0-9_:]. */
static inline bool text_source_in_name(char c) {
    /* A bit set of the ASCII characters, lower half first. */
    const uint64_t set[] = {0x07FF000000000000u, 0x07FFFFFE87FFFFFEu};
    unsigned char u = (unsigned char)c;
    return u < 128 && (set[u / 64] >> u % 64 & 1);
}

static inline bool text_source_blank(char c) {
    return c == ' ' || c == '\t';
}

/* Skips the blanks that the format permits between two tokens. */
static inline const char *text_source_skip(const struct text_source *source,
                                           const char *at) {
    if (source->format == TEXT_PROMETHEUS)
        while (at < source->end && text_source_blank(*at))
            at++;
    return at;
}

/* Skips required blanks: one space in OpenMetrics. `previous` names the token
 * before them, for the message. */
const char *text_source_space(const struct text_source *source, const char *at,
                              const char *previous);

/* The text up to the next blank or the line's end. */
struct text_part text_source_token(const struct text_source *source,
                                   const char *at);

/* Returns true and sets an error at a name in quotes. */
bool text_source_quoted(const struct text_source *source, const char *at);

/* Copies [at, end) and resolves the escapes \\, \n, and \" if `quotes`. The
 * copy has *len bytes and a NUL. Other escapes are errors in 0.0.4; in
 * OpenMetrics their backslash is literal ("escaped-char"). */
char *text_source_unescape(const struct text_source *source, const char *at,
                           const char *end, bool quotes, size_t *len);

/* Reads a number; `what` names it in a message. */
int text_source_number(const struct text_source *source, const char *what,
                       struct text_part part, double *out);

#endif

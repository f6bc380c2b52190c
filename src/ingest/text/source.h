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

/* The functions below take a place in the current line. Those that return a
 * place return NULL with an error when what should stand there does not. */
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

/* part is that literal. */
#define TEXT_IS(part, literal)                                                 \
    ((part).len == sizeof(literal) - 1 &&                                      \
     memcmp((part).at, literal, sizeof(literal) - 1) == 0)

/* Fills the builder's err with a message about what stands at `at`. Returns -1.
 */
int text_source_fail(const struct text_source *source, const char *at,
                     enum err_code code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The builder's locate; its context is the source. */
void text_source_locate(const struct builder *builder, enum builder_part part);

/* c stands there. */
static inline bool text_source_at(const struct text_source *source,
                                  const char *at, char c) {
    return at < source->end && *at == c;
}

/* c can be in a name: [a-zA-Z0-9_:]. */
static inline bool text_source_in_name(char c) {
    /* As a set of the ASCII characters, the lower half first. */
    const uint64_t set[] = {0x07FF000000000000u, 0x07FFFFFE87FFFFFEu};
    unsigned char u = (unsigned char)c;
    return u < 128 && (set[u / 64] >> u % 64 & 1);
}

static inline bool text_source_blank(char c) {
    return c == ' ' || c == '\t';
}

/* Behind the blanks that the format permits between two tokens. */
static inline const char *text_source_skip(const struct text_source *source,
                                           const char *at) {
    if (source->format == TEXT_PROMETHEUS)
        while (at < source->end && text_source_blank(*at))
            at++;
    return at;
}

/* Behind the blanks that must stand there: one space in OpenMetrics. A message
 * calls what is before them `behind`. */
const char *text_source_space(const struct text_source *source, const char *at,
                              const char *behind);

/* Up to the next blank or the line's end. */
struct text_part text_source_token(const struct text_source *source,
                                   const char *at);

/* True, with an error, when a name in quotes stands there. */
bool text_source_quoted(const struct text_source *source, const char *at);

/* A copy of [at, end), which has *len bytes and a NUL behind them, with its
 * escapes resolved: \\ and \n, and \" if `quotes`. Others are wrong in 0.0.4;
 * in OpenMetrics their backslash stands for itself ("escaped-char"). */
char *text_source_unescape(const struct text_source *source, const char *at,
                           const char *end, bool quotes, size_t *len);

/* Reads a number, which a message calls `what`. */
int text_source_number(const struct text_source *source, const char *what,
                       struct text_part part, double *out);

#endif

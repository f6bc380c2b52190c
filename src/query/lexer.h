/* lexer: splits a query into tokens. */
#ifndef TALLYMAN_QUERY_LEXER_H
#define TALLYMAN_QUERY_LEXER_H

#include "base/arena.h"
#include "base/err.h"

enum token_kind {
    TOKEN_END,
    TOKEN_NAME,   /* a metric, a label, a function, a keyword */
    TOKEN_NUMBER, /* also a duration */
    TOKEN_STRING, /* with its quotes */
    TOKEN_SIGN    /* ( ) { } [ ] , : @ and operators */
};

struct token {
    enum token_kind kind;
    size_t at; /* in the text */
    size_t len;
};

/* A text and its next token. */
struct lexer {
    const char *text;
    size_t len;
    struct token token;
};

/* Moves to the next token; from a zeroed token, to the first. Returns -1 with
 * err and its position. */
int lexer_next(struct lexer *lexer, struct err *err);

/* Sets err to a message about byte `at` of the text. Returns -1. */
int lexer_fail(const struct lexer *lexer, size_t at, struct err *err,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Returns the content of a string token, with Go's escapes resolved:
 * NUL-terminated, in the arena, its length in *len. NULL with err set. */
const char *lexer_string(const struct lexer *lexer, struct arena *arena,
                         size_t *len, struct err *err);

#endif

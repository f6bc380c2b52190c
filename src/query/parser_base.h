/* parser_base: the state of a parse, and the steps that parser.c and selector.c
 * share. */
#ifndef TALLYMAN_QUERY_PARSER_BASE_H
#define TALLYMAN_QUERY_PARSER_BASE_H

#include <stdbool.h>

#include "query/lexer.h"

/* Upper bounds of a query: bytes, levels of nesting, binary operators. */
enum { QUERY_TEXT_MAX = 8192, QUERY_DEPTH_MAX = 32, QUERY_OPERATORS_MAX = 64 };

struct parser {
    struct lexer lexer;
    struct arena *arena;
    struct err *err;
    unsigned depth;
    unsigned operators;
};

/* Functions that return int return -1 with err set. */

/* Checks the length of the text and moves to the first token. */
int parser_begin(struct parser *parser);

/* Refuses further tokens. */
int parser_end(struct parser *parser);

int parser_advance(struct parser *parser);

/* True if the next token is the word, in any case. */
bool parser_at(const struct parser *parser, const char *word);

/* True if text[0..len) is the word, in any case. */
bool parser_word_is(const char *text, size_t len, const char *word);

/* Skips the word, which must be next. */
int parser_take(struct parser *parser, const char *word);

/* Refuses the next token; `wanted` describes the expected one. */
int parser_expect(struct parser *parser, const char *wanted);

/* Enters a level of nesting, even on failure. The caller leaves it. */
int parser_enter(struct parser *parser);

/* Reads a label name; NULL with err set. */
const char *parser_label(struct parser *parser);

/* Copies the next token, a name, to the arena; NULL with err set. */
const char *parser_copy(struct parser *parser);

#endif

#include "query/parser_base.h"

#include <string.h>
#include <strings.h>

#include "base/utf8.h"

int parser_begin(struct parser *parser) {
    if (parser->lexer.len > QUERY_TEXT_MAX)
        return err_set(parser->err, ERR_SYNTAX,
                       "the query has %zu bytes, at most %d are permitted",
                       parser->lexer.len, QUERY_TEXT_MAX);
    return parser_advance(parser);
}

int parser_end(struct parser *parser) {
    return parser->lexer.token.kind == TOKEN_END
               ? 0
               : parser_expect(parser, "the end of the query");
}

int parser_advance(struct parser *parser) {
    return lexer_next(&parser->lexer, parser->err);
}

bool parser_word_is(const char *text, size_t len, const char *word) {
    return strlen(word) == len && strncasecmp(text, word, len) == 0;
}

bool parser_at(const struct parser *parser, const char *word) {
    const struct token *token = &parser->lexer.token;
    return (token->kind == TOKEN_NAME || token->kind == TOKEN_SIGN) &&
           parser_word_is(parser->lexer.text + token->at, token->len, word);
}

int parser_expect(struct parser *parser, const char *wanted) {
    const struct token *token = &parser->lexer.token;
    char shown[64];
    if (token->kind == TOKEN_END)
        return lexer_fail(&parser->lexer, token->at, parser->err,
                          "the query ends, must continue with %s", wanted);
    utf8_show(parser->lexer.text + token->at, token->len, shown, sizeof(shown));
    return lexer_fail(&parser->lexer, token->at, parser->err,
                      "unexpected `%s`, must be %s", shown, wanted);
}

int parser_take(struct parser *parser, const char *word) {
    return parser_at(parser, word) ? parser_advance(parser)
                                   : parser_expect(parser, word);
}

int parser_enter(struct parser *parser) {
    if (++parser->depth <= QUERY_DEPTH_MAX)
        return 0;
    return lexer_fail(&parser->lexer, parser->lexer.token.at, parser->err,
                      "the query is nested deeper than %d levels",
                      QUERY_DEPTH_MAX);
}

const char *parser_copy(struct parser *parser) {
    const struct token *token = &parser->lexer.token;
    const char *copy =
        arena_copy(parser->arena, parser->lexer.text + token->at, token->len);
    if (!copy)
        (void)err_no_memory(parser->err);
    return copy && parser_advance(parser) == 0 ? copy : NULL;
}

const char *parser_label(struct parser *parser) {
    const struct token *token = &parser->lexer.token;
    if (token->kind != TOKEN_NAME ||
        memchr(parser->lexer.text + token->at, ':', token->len)) {
        (void)parser_expect(parser, "a label name");
        return NULL;
    }
    return parser_copy(parser);
}

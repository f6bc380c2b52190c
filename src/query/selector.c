#include "query/selector.h"

#include <string.h>

#include "query/time.h"

/* Reads a string, the value of the matcher. */
static int parse_value(struct parser *parser, struct matcher *matcher,
                       bool pattern) {
    const size_t at = parser->lexer.token.at;
    if (parser->lexer.token.kind != TOKEN_STRING)
        return parser_expect(parser, "a string");
    matcher->value = lexer_string(&parser->lexer, parser->arena,
                                  &matcher->value_len, parser->err);
    if (!matcher->value)
        return -1;
    if (pattern &&
        matcher_set_pattern(matcher, parser->arena, parser->err) != 0) {
        if (parser->err->code == ERR_SYNTAX)
            err_locate(parser->err, parser->lexer.text, parser->lexer.len,
                       at + parser->err->column);
        return -1;
    }
    return parser_advance(parser);
}

static int parse_matcher(struct parser *parser, struct matcher *matcher) {
    matcher->label = parser_label(parser);
    if (!matcher->label)
        return -1;
    const bool pattern = parser_at(parser, "=~") || parser_at(parser, "!~");
    matcher->negated = parser_at(parser, "!=") || parser_at(parser, "!~");
    if (!pattern && !matcher->negated && !parser_at(parser, "="))
        return parser_expect(parser, "one of = != =~ !~");
    return parser_advance(parser) == 0 ? parse_value(parser, matcher, pattern)
                                       : -1;
}

/* Sets the metric to the value of the first equality matcher of __name__. */
static void take_metric(struct selector *selector) {
    for (size_t i = 0; i < selector->matcher_count; i++) {
        const struct matcher *matcher = &selector->matchers[i];
        if (!selector->metric && !matcher->pattern && !matcher->negated &&
            strcmp(matcher->label, "__name__") == 0)
            selector->metric = matcher->value;
    }
}

static int parse_matchers(struct parser *parser, struct selector *selector) {
    if (parser_take(parser, "{") != 0)
        return -1;
    /* A matcher has at least five bytes, such as a="",. */
    const size_t room = (parser->lexer.len - parser->lexer.token.at) / 5 + 1;
    selector->matchers =
        arena_take(parser->arena, room * sizeof(*selector->matchers));
    if (!selector->matchers)
        return err_no_memory(parser->err);
    while (!parser_at(parser, "}")) {
        struct matcher *matcher = &selector->matchers[selector->matcher_count];
        *matcher = (struct matcher){.negated = false};
        if (parse_matcher(parser, matcher) != 0)
            return -1;
        selector->matcher_count++;
        if (!parser_at(parser, "}") && parser_take(parser, ",") != 0)
            return -1;
    }
    take_metric(selector);
    return parser_advance(parser);
}

static int parse_duration(struct parser *parser, int64_t *ms) {
    const struct token *token = &parser->lexer.token;
    if (token->kind != TOKEN_NUMBER ||
        time_duration(parser->lexer.text + token->at, token->len, ms) != 0)
        return parser_expect(parser, "a duration, such as 5m or 1h30m");
    return parser_advance(parser);
}

static int parse_range(struct parser *parser, int64_t *ms) {
    const size_t at = parser->lexer.token.at;
    if (parser_take(parser, "[") != 0 || parse_duration(parser, ms) != 0)
        return -1;
    if (parser_at(parser, ":"))
        return lexer_fail(&parser->lexer, parser->lexer.token.at, parser->err,
                          "subqueries are not supported");
    if (*ms == 0)
        return lexer_fail(&parser->lexer, at, parser->err,
                          "the range must be above 0");
    return parser_take(parser, "]");
}

int selector_parse(struct parser *parser, struct selector *selector) {
    *selector = (struct selector){.metric = NULL};
    const size_t at = parser->lexer.token.at;
    if (parser->lexer.token.kind == TOKEN_NAME &&
        !(selector->metric = parser_copy(parser)))
        return -1;
    if ((!selector->metric || parser_at(parser, "{")) &&
        parse_matchers(parser, selector) != 0)
        return -1;
    if (!selector->metric && selector->matcher_count == 0)
        return lexer_fail(&parser->lexer, at, parser->err,
                          "a selector requires a metric or a matcher");
    if (parser_at(parser, "[") && parse_range(parser, &selector->range_ms) != 0)
        return -1;
    if (parser_at(parser, "@"))
        return lexer_fail(&parser->lexer, parser->lexer.token.at, parser->err,
                          "the modifier @ is not supported");
    if (!parser_at(parser, "offset"))
        return 0;
    if (parser_advance(parser) != 0)
        return -1;
    if (parser_at(parser, "-"))
        return lexer_fail(&parser->lexer, parser->lexer.token.at, parser->err,
                          "an offset must not be negative: the future is not "
                          "known");
    return parse_duration(parser, &selector->offset_ms);
}

#include "query/parser.h"

#include "base/number.h"
#include "query/lexer.h"
#include "query/selector.h"

static const char *const aggregations[] = {
    [AGGREGATION_SUM] = "sum",     [AGGREGATION_AVG] = "avg",
    [AGGREGATION_MIN] = "min",     [AGGREGATION_MAX] = "max",
    [AGGREGATION_COUNT] = "count",
};
enum { AGGREGATIONS = sizeof(aggregations) / sizeof(aggregations[0]) };

static struct expression *parse_sum(struct parser *parser);

static struct expression *add(struct parser *parser, enum expression_kind kind,
                              size_t at, bool vector) {
    struct expression *expression =
        arena_take(parser->arena, sizeof(*expression));
    if (expression)
        *expression =
            (struct expression){.kind = kind, .at = at, .vector = vector};
    else
        (void)err_no_memory(parser->err);
    return expression;
}

static struct expression *fail(const struct parser *parser, size_t at,
                               const char *message) {
    (void)lexer_fail(&parser->lexer, at, parser->err, "%s", message);
    return NULL;
}

static struct expression *parse_number(struct parser *parser) {
    const struct token token = parser->lexer.token;
    struct expression *number = add(parser, EXPRESSION_NUMBER, token.at, false);
    if (!number)
        return NULL;
    if (number_read(parser->lexer.text + token.at, token.len, false,
                    &number->number) != NUMBER_FINE)
        return fail(parser, token.at, "not a number");
    return parser_advance(parser) == 0 ? number : NULL;
}

/* parser_enter bounds the depth. NOLINTBEGIN(misc-no-recursion) */

/* Parses an expression in parentheses. */
static struct expression *parse_group(struct parser *parser) {
    if (parser_take(parser, "(") != 0)
        return NULL;
    struct expression *inner = parse_sum(parser);
    return inner && parser_take(parser, ")") == 0 ? inner : NULL;
}

/* Parses the argument of rate and increase. */
static struct expression *parse_growth(struct parser *parser, size_t at,
                                       bool per_second) {
    struct expression *growth = add(parser, EXPRESSION_GROWTH, at, true);
    if (!growth || parser_take(parser, "(") != 0)
        return NULL;
    if (parser->lexer.token.kind != TOKEN_NAME && !parser_at(parser, "{"))
        return fail(parser, parser->lexer.token.at,
                    "rate and increase require a metric with a range, such as "
                    "NAME[5m]");
    growth->per_second = per_second;
    if (selector_parse(parser, &growth->selector) != 0)
        return NULL;
    if (!growth->selector.metric)
        return fail(parser, at, "a query requires the name of one metric");
    if (growth->selector.range_ms == 0)
        return fail(parser, at,
                    "rate and increase require a range, such as NAME[5m]");
    return parser_take(parser, ")") == 0 ? growth : NULL;
}

static struct expression *parse_quantile(struct parser *parser, size_t at) {
    struct expression *quantile = add(parser, EXPRESSION_QUANTILE, at, true);
    if (!quantile || parser_take(parser, "(") != 0 ||
        !(quantile->left = parse_sum(parser)))
        return NULL;
    if (quantile->left->vector)
        return fail(parser, quantile->left->at,
                    "the first argument of histogram_quantile must be a "
                    "number");
    if (parser_take(parser, ",") != 0 || !(quantile->right = parse_sum(parser)))
        return NULL;
    if (!quantile->right->vector)
        return fail(parser, quantile->right->at,
                    "the second argument of histogram_quantile must be a "
                    "vector, not a number");
    return parser_take(parser, ")") == 0 ? quantile : NULL;
}

/* Parses by (...) or without (...), before or after the argument. */
static int parse_grouping(struct parser *parser, struct grouping *grouping) {
    const bool without = parser_at(parser, "without");
    if (!without && !parser_at(parser, "by"))
        return 0;
    grouping->without = without;
    if (parser_advance(parser) != 0 || parser_take(parser, "(") != 0)
        return -1;
    grouping->labels =
        arena_take(parser->arena, (parser->lexer.len + 1) * sizeof(char *) / 2);
    if (!grouping->labels)
        return err_no_memory(parser->err);
    while (!parser_at(parser, ")")) {
        if (!(grouping->labels[grouping->count++] = parser_label(parser)))
            return -1;
        if (!parser_at(parser, ")") && parser_take(parser, ",") != 0)
            return -1;
    }
    return parser_advance(parser);
}

static struct expression *parse_aggregate(struct parser *parser, size_t at,
                                          enum aggregation aggregation) {
    struct expression *aggregate = add(parser, EXPRESSION_AGGREGATE, at, true);
    if (!aggregate || parse_grouping(parser, &aggregate->grouping) != 0 ||
        !(aggregate->left = parse_group(parser)))
        return NULL;
    aggregate->aggregation = aggregation;
    if (!aggregate->left->vector)
        return fail(parser, aggregate->left->at,
                    "an aggregation requires a vector, not a number");
    return aggregate->grouping.labels ||
                   parse_grouping(parser, &aggregate->grouping) == 0
               ? aggregate
               : NULL;
}

/* Parses a call; the previous token is the function's name. */
static struct expression *parse_call(struct parser *parser,
                                     const struct token *name) {
    const char *text = parser->lexer.text + name->at;
    for (int i = 0; i < AGGREGATIONS; i++)
        if (parser_word_is(text, name->len, aggregations[i]))
            return parse_aggregate(parser, name->at, (enum aggregation)i);
    if (parser_word_is(text, name->len, "rate"))
        return parse_growth(parser, name->at, true);
    if (parser_word_is(text, name->len, "increase"))
        return parse_growth(parser, name->at, false);
    if (parser_word_is(text, name->len, "histogram_quantile"))
        return parse_quantile(parser, name->at);
    (void)lexer_fail(&parser->lexer, name->at, parser->err,
                     "%.*s is not supported; the functions are rate, increase, "
                     "histogram_quantile, sum, avg, min, max and count",
                     name->len < 64 ? (int)name->len : 64, text);
    return NULL;
}

static struct expression *parse_selector(struct parser *parser) {
    const size_t at = parser->lexer.token.at;
    struct expression *selector = add(parser, EXPRESSION_SELECTOR, at, true);
    if (!selector || selector_parse(parser, &selector->selector) != 0)
        return NULL;
    if (!selector->selector.metric)
        return fail(parser, at, "a query requires the name of one metric");
    return selector->selector.range_ms > 0
               ? fail(parser, at,
                      "a range is permitted only within rate or increase")
               : selector;
}

/* Parses a word: a number such as Inf, a function, or a metric. */
static struct expression *parse_word(struct parser *parser) {
    struct parser after = *parser;
    const struct token token = parser->lexer.token;
    const char *text = parser->lexer.text + token.at;
    double number;
    if (parser_advance(&after) != 0)
        return NULL;
    bool call = parser_at(&after, "(") || parser_at(&after, "by") ||
                parser_at(&after, "without");
    if (call) {
        parser->lexer = after.lexer;
        return parse_call(parser, &token);
    }
    if (!parser_at(&after, "{") &&
        number_read(text, token.len, false, &number) == NUMBER_FINE)
        return parse_number(parser);
    return parse_selector(parser);
}

static struct expression *parse_operand(struct parser *parser) {
    const struct token token = parser->lexer.token;
    const bool minus = parser_at(parser, "-");
    if (minus || parser_at(parser, "+")) {
        struct expression *operand =
            parser_advance(parser) == 0 && parser_enter(parser) == 0
                ? parse_operand(parser)
                : NULL;
        parser->depth--;
        if (!operand || !minus)
            return operand;
        struct expression *negated =
            add(parser, EXPRESSION_NEGATE, token.at, operand->vector);
        if (negated)
            negated->left = operand;
        return negated;
    }
    switch (token.kind) {
    case TOKEN_NUMBER:
        return parse_number(parser);
    case TOKEN_NAME:
        return parse_word(parser);
    case TOKEN_STRING:
        return fail(parser, token.at, "a string is not permitted here");
    case TOKEN_SIGN:
        if (parser_at(parser, "("))
            return parse_group(parser);
        if (parser_at(parser, "{"))
            return parse_selector(parser);
        break;
    case TOKEN_END:
        break;
    }
    (void)parser_expect(parser, "a metric, a number or a function");
    return NULL;
}

/* Refuses words that may follow an operand in PromQL, but not in the subset. */
static int refuse_rest(struct parser *parser) {
    static const char *const signs[] = {"%",      "^",  "==",   "!=",  "<",
                                        ">",      "<=", ">=",   "and", "or",
                                        "unless", "@",  "atan2"};
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
        if (parser_at(parser, signs[i]))
            return lexer_fail(&parser->lexer, parser->lexer.token.at,
                              parser->err,
                              "%s is not supported; the operators are "
                              "+ - * and /",
                              signs[i]);
    if (parser_at(parser, "["))
        return lexer_fail(&parser->lexer, parser->lexer.token.at, parser->err,
                          "a range is permitted only after a metric within "
                          "rate or increase; subqueries are not supported");
    if (parser_at(parser, "offset"))
        return lexer_fail(&parser->lexer, parser->lexer.token.at, parser->err,
                          "offset is permitted only after a metric");
    return 0;
}

/* Refuses on (...), ignoring (...), group_left and bool. */
static int refuse_matching(struct parser *parser) {
    static const char *const words[] = {"on", "ignoring", "group_left",
                                        "group_right", "bool"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (parser_at(parser, words[i]))
            return lexer_fail(&parser->lexer, parser->lexer.token.at,
                              parser->err,
                              "%s is not supported: two vectors are matched by "
                              "all their labels",
                              words[i]);
    return 0;
}

/* Parses operands that are joined by * and /, or else by + and -. */
static struct expression *parse_chain(struct parser *parser, bool product) {
    struct expression *left =
        product ? parse_operand(parser) : parse_chain(parser, true);
    while (left) {
        const struct token sign = parser->lexer.token;
        if (product ? !parser_at(parser, "*") && !parser_at(parser, "/")
                    : !parser_at(parser, "+") && !parser_at(parser, "-"))
            break;
        struct expression *both =
            add(parser, EXPRESSION_BINARY, left->at, left->vector);
        if (!both || parser_advance(parser) != 0 ||
            refuse_matching(parser) != 0)
            return NULL;
        both->operator= parser->lexer.text[sign.at];
        both->left = left;
        both->right =
            product ? parse_operand(parser) : parse_chain(parser, true);
        if (!both->right || ++parser->operators > QUERY_OPERATORS_MAX)
            return both->right ? fail(parser, sign.at,
                                      "the query has too many operators")
                               : NULL;
        both->vector = both->vector || both->right->vector;
        left = both;
    }
    return left && refuse_rest(parser) == 0 ? left : NULL;
}

static struct expression *parse_sum(struct parser *parser) {
    struct expression *sum =
        parser_enter(parser) == 0 ? parse_chain(parser, false) : NULL;
    parser->depth--;
    return sum;
}

/* NOLINTEND(misc-no-recursion) */

const struct expression *parser_query(const char *text, size_t len,
                                      struct arena *arena, struct err *err) {
    struct parser parser = {
        .lexer = {.text = text, .len = len}, .arena = arena, .err = err};
    if (parser_begin(&parser) != 0)
        return NULL;
    struct expression *query = parse_sum(&parser);
    return query && parser_end(&parser) == 0 ? query : NULL;
}

const struct selector *parser_selector(const char *text, size_t len,
                                       struct arena *arena, struct err *err) {
    struct parser parser = {
        .lexer = {.text = text, .len = len}, .arena = arena, .err = err};
    struct selector *selector = arena_take(arena, sizeof(*selector));
    if (!selector)
        (void)err_no_memory(err);
    if (!selector || parser_begin(&parser) != 0 ||
        selector_parse(&parser, selector) != 0 || parser_end(&parser) != 0)
        return NULL;
    if (selector->range_ms > 0 || selector->offset_ms > 0) {
        (void)lexer_fail(&parser.lexer, 0, err,
                         "a selector must not have a range or an offset here");
        return NULL;
    }
    return selector;
}

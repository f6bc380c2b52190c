/* The text of queries: nothing beyond it is read, a tree is within its limits,
 * and an error has a place in the text. A selector matches label sets in
 * bounded time. */
#include <assert.h>
#include <string.h>

#include "query/labels.h"
#include "query/parser.h"
#include "query/parser_base.h"
#include "query/time.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

static void check_selector(const struct selector *selector) {
    static const char labels[] = "a=\"b\",c=\"d\\\\e\\\"f\\ng\",le=\"0.5\"";
    struct strbuf scratch = {0};
    assert(selector->range_ms >= 0 && selector->offset_ms >= 0);
    for (size_t i = 0; i < selector->matcher_count; i++)
        assert(selector->matchers[i].label && selector->matchers[i].value);
    (void)labels_permitted(selector, "x", NULL, labels, sizeof(labels) - 1,
                           &scratch);
    strbuf_free(&scratch);
}

/* Returns the number of operators. */
static size_t check_tree(const struct expression *query, size_t len) {
    size_t operators = query->kind == EXPRESSION_BINARY;
    assert(query->at <= len);
    switch (query->kind) {
    case EXPRESSION_NUMBER:
        assert(!query->vector && !query->left && !query->right);
        break;
    case EXPRESSION_SELECTOR:
    case EXPRESSION_GROWTH:
        assert(query->vector && query->selector.metric);
        assert((query->selector.range_ms > 0) ==
               (query->kind == EXPRESSION_GROWTH));
        check_selector(&query->selector);
        break;
    case EXPRESSION_AGGREGATE:
        assert(query->vector && query->left->vector && !query->right);
        break;
    case EXPRESSION_QUANTILE:
        assert(!query->left->vector && query->right->vector);
        break;
    case EXPRESSION_BINARY:
        assert(strchr("+-*/", query->operator));
        assert(query->vector == (query->left->vector || query->right->vector));
        break;
    case EXPRESSION_NEGATE:
        assert(query->vector == query->left->vector);
        break;
    }
    if (query->left)
        operators += check_tree(query->left, len);
    if (query->right)
        operators += check_tree(query->right, len);
    return operators;
}

static void check_error(const struct err *err, size_t len) {
    assert(err->code == ERR_SYNTAX && err->message[0] != '\0');
    assert(err->line > 0 || len > QUERY_TEXT_MAX);
    assert(err->column <= len + 1);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len) {
    const char *text = (const char *)bytes;
    struct arena arena = {0};
    struct err err = {.code = ERR_NONE};
    int64_t ms;
    const struct expression *query = parser_query(text, len, &arena, &err);
    if (query)
        assert(check_tree(query, len) <= QUERY_OPERATORS_MAX);
    else
        check_error(&err, len);
    err = (struct err){.code = ERR_NONE};
    const struct selector *selector = parser_selector(text, len, &arena, &err);
    if (selector)
        check_selector(selector);
    else
        check_error(&err, len);
    assert(time_step(text, len, &ms) != 0 || ms > 0);
    assert(time_point(text, len, &ms) != 0 || ms >= 0);
    arena_free(&arena);
    return 0;
}

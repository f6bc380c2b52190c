/* selector: parses NAME{label="value"}[5m] offset 1d. */
#ifndef TALLYMAN_QUERY_SELECTOR_H
#define TALLYMAN_QUERY_SELECTOR_H

#include "query/expression.h"
#include "query/parser_base.h"

/* Parses a selector, from its name or its brace. Returns -1 with err set. */
int selector_parse(struct parser *parser, struct selector *selector);

#endif

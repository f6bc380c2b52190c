/* parser: parses a query into a tree. */
#ifndef TALLYMAN_QUERY_PARSER_H
#define TALLYMAN_QUERY_PARSER_H

#include "base/arena.h"
#include "base/err.h"
#include "query/expression.h"

/* Parses text[0..len), a query in the subset of PromQL of the manual page
 * tallyman.fcgi(8). The result is in the arena. Returns NULL with err set and,
 * if known, its position. */
const struct expression *parser_query(const char *text, size_t len,
                                      struct arena *arena, struct err *err);

/* Like parser_query, for a selector of match[]: a metric, matchers, or both. */
const struct selector *parser_selector(const char *text, size_t len,
                                       struct arena *arena, struct err *err);

#endif

/* answer: answers queries in the envelope of Prometheus's HTTP API. */
#ifndef TALLYMAN_QUERY_ANSWER_H
#define TALLYMAN_QUERY_ANSWER_H

#include "base/json_writer.h"
#include "query/query.h"

/* Upper bound of the points of a range, as in Prometheus. */
enum { QUERY_POINTS_MAX = 11000 };

/*   Each function appends the complete answer to out, such as
 *   {"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}
 * or returns -1 with err set: ERR_SYNTAX for a malformed query, ERR_VALUE and
 * ERR_LIMIT for a query without an answer, ERR_DEADLINE after the time limit.
 * Times are Unix milliseconds. */

int answer_instant(const struct query_source *source, const char *text,
                   size_t len, int64_t at_ms, struct strbuf *out,
                   struct err *err);

/* step_ms is above 0. */
int answer_range(const struct query_source *source, const char *text,
                 size_t len, int64_t start_ms, int64_t end_ms, int64_t step_ms,
                 struct strbuf *out, struct err *err);

/* Begins the envelope of an answer, with its data: an object or an array by the
 * bracket. */
void answer_open(struct json_writer *json, char bracket);

/* Appends an error in the envelope. */
void answer_error(const char *type, const char *message, size_t len,
                  struct strbuf *out);

#endif

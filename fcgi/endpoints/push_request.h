/* push_request: what every endpoint that takes pushes does with a request. */
#ifndef TALLYMAN_ENDPOINTS_PUSH_REQUEST_H
#define TALLYMAN_ENDPOINTS_PUSH_REQUEST_H

#include <stdbool.h>

#include "endpoints/exchange.h"
#include "endpoints/trust.h"

/* Answers with one line and counts the push as refused. */
void push_reject(struct exchange *exchange,
                 const struct endpoint_context *context,
                 enum push_reject reason, int status, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Answers 400 with an error and its position, or 503 when memory ran out, and
 * counts it. */
void push_reject_err(struct exchange *exchange,
                     const struct endpoint_context *context,
                     enum push_reject reason, const struct err *err);

/* Answers with what is missing for trust, and counts it. */
void push_reject_untrusted(struct exchange *exchange,
                           const struct endpoint_context *context,
                           const struct trust *trust);

/* The endpoint takes the method. Otherwise answers 405 and counts it. */
bool push_method(struct exchange *exchange,
                 const struct endpoint_context *context);

/* Adds the CORS headers. True when the request may go on; else it is answered:
 * with 403, or a preflight with 204. */
bool push_origin(struct exchange *exchange,
                 const struct endpoint_context *context);

/* The visitor wants not to be counted, and `respect_gpc` is true: the push is
 * counted as opted out, and to be acknowledged. */
bool push_opted_out(const struct exchange *exchange,
                    const struct endpoint_context *context);

/* Makes the body plain: it is whole, within the endpoint's limit, and inflated
 * if it was gzip. False when it is answered with an error. */
bool push_body(struct exchange *exchange,
               const struct endpoint_context *context);

/* The request is a POST of JSON as everybody may send it, with a body as
 * push_body wants it. False when it is answered with an error. */
bool push_json(struct exchange *exchange,
               const struct endpoint_context *context);

/* The header `traceparent` of the request, of a trace that is kept, is the
 * exemplar of samples that have none: of increments of counters, and of
 * histograms with one observation, in families that keep exemplars. */
void push_trace(struct exchange *exchange,
                const struct endpoint_context *context);

/* Answers 200 to a push whose samples stand alone: `OK`, with how many of them,
 * called so, were refused, and for which reasons. */
void push_report(struct exchange *exchange, const char *samples);

/* Counts a push that was committed, or repeated one that was. */
void push_count(const struct exchange *exchange,
                const struct endpoint_context *context);

/* Counts the series of a push that batch->refusal refuses as a whole, and logs
 * it for the status. */
void push_count_refused(const struct exchange *exchange,
                        const struct endpoint_context *context, size_t series);

/* Answers a push that store_commit has refused alone (REJECT_NOT_STORED) with
 * 500, or 503 when that may pass, and counts it with its samples. */
void push_not_stored(struct exchange *exchange,
                     const struct endpoint_context *context);

/* Answers 503 when there can be no commit, and counts it. */
void push_unavailable(struct exchange *exchange,
                      const struct endpoint_context *context,
                      const char *reason);

#endif

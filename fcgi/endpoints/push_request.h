/* push_request: steps that all endpoints for pushes share. */
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

/* Answers with the reason in trust, and counts the push as refused. */
void push_reject_untrusted(struct exchange *exchange,
                           const struct endpoint_context *context,
                           const struct trust *trust);

/* Whether the endpoint takes the method; if not, answers 405 and counts it. */
bool push_method(struct exchange *exchange,
                 const struct endpoint_context *context);

/* Adds the CORS headers. True if the request may continue; false once it is
 * answered: with 403, or with 204 if it is a preflight. */
bool push_origin(struct exchange *exchange,
                 const struct endpoint_context *context);

/* Whether the visitor opted out and `respect_gpc` is true. Such a push is
 * counted as opted out; the caller acknowledges it. */
bool push_opted_out(const struct exchange *exchange,
                    const struct endpoint_context *context);

/* Checks that the body is complete and within the endpoint's limit, and
 * inflates gzip. False once the request is answered with an error. */
bool push_body(struct exchange *exchange,
               const struct endpoint_context *context);

/* Checks the method and a media type for JSON that needs no preflight, then the
 * body as push_body does. False once the request is answered with an error. */
bool push_json(struct exchange *exchange,
               const struct endpoint_context *context);

/* Makes the header `traceparent` of a sampled trace the exemplar of samples
 * without one: counter increments, and histograms with one observation, in
 * families that keep exemplars. */
void push_trace(struct exchange *exchange,
                const struct endpoint_context *context);

/* Answers 200 to a push whose samples are taken or refused one by one: `OK`,
 * with the number of refused ones by reason. `samples` is the plural noun for
 * them. */
void push_report(struct exchange *exchange, const char *samples);

/* Counts a push as accepted, or as a repeat. */
void push_count(const struct exchange *exchange,
                const struct endpoint_context *context);

/* Counts the series of a push that was refused as a whole for batch->refusal,
 * and adds it to the refusal log. */
void push_count_refused(const struct exchange *exchange,
                        const struct endpoint_context *context, size_t series);

/* Answers a push that store_commit left out of the commit (REJECT_NOT_STORED)
 * with 500, or with 503 if a retry may succeed, and counts it and its
 * samples. */
void push_not_stored(struct exchange *exchange,
                     const struct endpoint_context *context);

/* Answers 503 after a failed commit, and counts it. */
void push_unavailable(struct exchange *exchange,
                      const struct endpoint_context *context,
                      const char *reason);

#endif

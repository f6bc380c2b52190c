/* otlp: what the endpoints of OpenTelemetry have in common: media types, and
 * replies in the encoding of the request. */
#ifndef TALLYMAN_ENDPOINTS_OTLP_H
#define TALLYMAN_ENDPOINTS_OTLP_H

#include "endpoints/exchange.h"
#include "ingest/otlp/message.h"

/* Of the body, with any parameters; NULL-terminated. */
extern const char *const otlp_types[];

/* Those, for a message. */
extern const char otlp_wanted[];

/* That of Content-Type; JSON for any other. */
enum otlp_encoding otlp_encoding_of(const struct request *request);

/* Answers 200 with a response. partialSuccess has how many points of the push
 * were refused, whose JSON name is key, and a message: the note, which may be
 * empty, and why. noun is what the points are, in the plural. It is left out
 * when there is neither. */
void otlp_reply(struct exchange *exchange, const char *key, const char *noun,
                const char *note);

/* The `explain` of an endpoint: makes the line of an error a Status. */
void otlp_explain(struct exchange *exchange);

#endif

/* otlp: media types and replies of the OpenTelemetry endpoints; a reply has the
 * encoding of its request. */
#ifndef TALLYMAN_ENDPOINTS_OTLP_H
#define TALLYMAN_ENDPOINTS_OTLP_H

#include "endpoints/exchange.h"
#include "ingest/otlp/message.h"

/* Media types of the body; NULL-terminated. */
extern const char *const otlp_types[];

/* The same as text for an error message. */
extern const char otlp_wanted[];

/* From Content-Type; JSON unless it is protobuf. */
enum otlp_encoding otlp_encoding_of(const struct request *request);

/* Answers 200. partialSuccess has the number of refused points, with the JSON
 * name key, and a message: the note, which may be empty, and the reasons, with
 * noun as the plural for points. Without refusals and note it is left out. */
void otlp_reply(struct exchange *exchange, const char *key, const char *noun,
                const char *note);

/* The `explain` of an endpoint: converts an error to a google.rpc.Status. */
void otlp_explain(struct exchange *exchange);

#endif

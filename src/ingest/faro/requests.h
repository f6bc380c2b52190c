/* requests: calls of fetch and XMLHttpRequest. Faro's tracing reports each call
 * twice: as a span and as an event. */
#ifndef TALLYMAN_INGEST_FARO_REQUESTS_H
#define TALLYMAN_INGEST_FARO_REQUESTS_H

#include "ingest/faro/push.h"

/* True for the name of an event that Faro makes from a client span. */
bool faro_is_traced(const char *name, size_t len);

/* Counts and times the request of such an event, from its attributes, if a rule
 * of `routes` matches its URL. */
enum point_result faro_add_event(struct faro_push *push,
                                 const struct json_object *attributes);

/* Like faro_add_event, for each client span of `traces`, which may be any
 * value. events is true if the body has events of requests. */
enum point_result faro_add_spans(struct faro_push *push,
                                 const struct json_object *traces, bool events);

#endif

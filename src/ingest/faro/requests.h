/* requests: calls of fetch and XMLHttpRequest, as Faro's tracing tells of each
 * of them twice: in a span and in an event. */
#ifndef TALLYMAN_INGEST_FARO_REQUESTS_H
#define TALLYMAN_INGEST_FARO_REQUESTS_H

#include "ingest/faro/push.h"

/* The name of an event begins as those do that Faro makes of client spans. */
bool faro_is_traced(const char *name, size_t len);

/* Counts and times the request that such an event tells of, by its attributes,
 * if a rule of `routes` fits its URL. */
enum point_result faro_add_event(struct faro_push *push,
                                 const struct json_object *attributes);

/* The same for each client span of `traces`, which may be any value. events:
 * the body has events that tell of requests. */
enum point_result faro_add_spans(struct faro_push *push,
                                 const struct json_object *traces, bool events);

#endif

/* endpoint: what the responder answers to, and all that is known of it. */
#ifndef TALLYMAN_ENDPOINTS_ENDPOINT_H
#define TALLYMAN_ENDPOINTS_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

struct endpoint_context;
struct exchange;
struct points_format;

/* The list of endpoints, each an object of a file of its own. Those of one path
 * are neighbours: a request goes to the first that takes its method, or else to
 * the last. */
#define ENDPOINT_LIST(X)                                                       \
    X(RECORD, record)                                                          \
    X(WRITE, write)                                                            \
    X(COLLECT, collect)                                                        \
    X(METRICS, metrics)                                                        \
    X(PUSH, push)                                                              \
    X(OTLP_METRICS, otlp_metrics)                                              \
    X(OTLP_TRACES, otlp_traces)                                                \
    X(STATSD, statsd)                                                          \
    X(API_METRICS, api_metrics)                                                \
    X(API_STATUS, api_status)                                                  \
    X(HEALTHY, healthy)                                                        \
    X(READY, ready)                                                            \
    X(STATUS, status)

#define ENDPOINT_ID(id, name) ENDPOINT_##id,
enum endpoint_id { ENDPOINT_LIST(ENDPOINT_ID) ENDPOINTS };
#undef ENDPOINT_ID

struct endpoint {
    enum endpoint_id id;
    const char *path;      /* below the mount, without a slash before it */
    const char *methods;   /* separated by ", " */
    const char *telemetry; /* its value of the label `door`; NULL: takes no
                              pushes */
    bool below;            /* takes every path below its own, too */
    bool trusted_body;     /* trusted programs may send longer bodies:
                              limits.trusted_body_bytes */
    bool probe;            /* asks for a commit to see whether there can be one,
                              and has nothing to write */
    const struct points_format *points; /* of points_handle, see points.h */
    /* Sets state, response and batch of the exchange. */
    void (*handle)(struct exchange *exchange,
                   const struct endpoint_context *context);
    /* Sets the response after the commit; only for endpoints that ask for one.
     */
    void (*committed)(struct exchange *exchange,
                      const struct endpoint_context *context);
    /* Puts the line of a response that is an error into the form of the
     * endpoint; NULL: it stays a line of text. */
    void (*explain)(struct exchange *exchange);
    /* Sets the response when there can be no commit. */
    void (*refused)(struct exchange *exchange,
                    const struct endpoint_context *context, const char *reason);
};

#define ENDPOINT_OBJECT(id, name) extern const struct endpoint endpoint_##name;
ENDPOINT_LIST(ENDPOINT_OBJECT)
#undef ENDPOINT_OBJECT

/* In the order of the list, each at its id. */
extern const struct endpoint *const endpoints[ENDPOINTS];

bool endpoint_takes(const struct endpoint *endpoint, const char *method);

/* path[0..len), below the mount, is that of the endpoint. *below: it goes on
 * below it. */
bool endpoint_is_at(const struct endpoint *endpoint, const char *path,
                    size_t len, bool *below);

#endif

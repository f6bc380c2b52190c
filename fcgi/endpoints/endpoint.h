/* endpoint: a path that the responder answers, with its properties. */
#ifndef TALLYMAN_ENDPOINTS_ENDPOINT_H
#define TALLYMAN_ENDPOINTS_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

struct endpoint_context;
struct exchange;
struct points_format;

/* All endpoints; each is defined in its own file. Endpoints of one path are
 * neighbours: a request goes to the first that takes its method, else to the
 * last. */
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
    X(BUILDINFO, buildinfo)                                                    \
    X(QUERY, query)                                                            \
    X(QUERY_RANGE, query_range)                                                \
    X(LABELS, labels)                                                          \
    X(LABEL_VALUES, label_values)                                              \
    X(SERIES, series)                                                          \
    X(METADATA, metadata)                                                      \
    X(RULES, rules)                                                            \
    X(ALERTS, alerts)                                                          \
    X(HEALTHY, healthy)                                                        \
    X(READY, ready)                                                            \
    X(STATUS, status)                                                          \
    X(PAGE, page)                                                              \
    X(LOGIN, login)                                                            \
    X(LOGOUT, logout)

#define ENDPOINT_ID(id, name) ENDPOINT_##id,
enum endpoint_id { ENDPOINT_LIST(ENDPOINT_ID) ENDPOINTS };
#undef ENDPOINT_ID

struct endpoint {
    enum endpoint_id id;
    const char *path;      /* below the mount, without a leading slash */
    const char *methods;   /* separated by ", " */
    const char *telemetry; /* value of the label `door`; NULL: no pushes */
    /* Whether path[0..len) below the mount is the endpoint's; NULL: compare it
     * with `path`. */
    bool (*has)(const char *path, size_t len);
    bool below;        /* also takes every path below its own */
    bool trusted_body; /* trusted programs may send bodies of up to
                          limits.trusted_body_bytes */
    bool probe;        /* commits only to test whether a commit succeeds;
                          writes nothing */
    const struct points_format *points; /* for points_handle, see points.h */
    /* Sets state, response and batch of the exchange. */
    void (*handle)(struct exchange *exchange,
                   const struct endpoint_context *context);
    /* Sets the response after the commit; NULL: never commits. */
    void (*committed)(struct exchange *exchange,
                      const struct endpoint_context *context);
    /* Converts an error, one line of text, to the endpoint's format; NULL:
     * keeps the text. */
    void (*explain)(struct exchange *exchange);
    /* Sets the response when the commit failed. */
    void (*refused)(struct exchange *exchange,
                    const struct endpoint_context *context, const char *reason);
};

#define ENDPOINT_OBJECT(id, name) extern const struct endpoint endpoint_##name;
ENDPOINT_LIST(ENDPOINT_OBJECT)
#undef ENDPOINT_OBJECT

/* Indexed by id. */
extern const struct endpoint *const endpoints[ENDPOINTS];

bool endpoint_takes(const struct endpoint *endpoint, const char *method);

/* Whether path[0..len), below the mount, belongs to the endpoint. *below: it is
 * longer than the endpoint's own path. */
bool endpoint_is_at(const struct endpoint *endpoint, const char *path,
                    size_t len, bool *below);

#endif

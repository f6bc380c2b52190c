/* points: the endpoints that take or refuse each point of a push on its own. */
#ifndef TALLYMAN_ENDPOINTS_POINTS_H
#define TALLYMAN_ENDPOINTS_POINTS_H

#include "endpoints/exchange.h"
#include "ingest/points.h"

/* The differences between these endpoints. */
struct points_format {
    const char *const *types; /* media types of the body, NULL-terminated */
    const char *wanted;       /* the types as text for an error message */
    bool public_key;          /* X-API-Key is a public name of the sender, not a
                                 token of `push_token_file` */
    bool discreet;            /* replies have no label values */
    /* A further check of the sender. False once the push is answered with an
     * error. NULL: none. */
    bool (*permit)(struct exchange *exchange,
                   const struct endpoint_context *context);
    /* Reads the exchange's body into points. Returns -1 when the body as a
     * whole is malformed. */
    int (*read)(struct exchange *exchange,
                const struct endpoint_context *context, struct points *points,
                struct err *err);
    /* Sets the response of a push; batch->rejected counts refused points. */
    void (*reply)(struct exchange *exchange);
};

/* `handle` and `committed` of an endpoint with `points`. Any caller may push to
 * families that a file lists and does not reserve for programs; trusted callers
 * (trust.h) may push as programs may. An `Idempotency-Key` makes a push count
 * once. */
void points_handle(struct exchange *exchange,
                   const struct endpoint_context *context);
void points_committed(struct exchange *exchange,
                      const struct endpoint_context *context);

#endif

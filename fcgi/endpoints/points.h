/* points: what endpoints do with pushes whose points stand alone: each is taken
 * or refused by itself. */
#ifndef TALLYMAN_ENDPOINTS_POINTS_H
#define TALLYMAN_ENDPOINTS_POINTS_H

#include "endpoints/exchange.h"
#include "ingest/points.h"

/* The parts that differ between such endpoints. */
struct points_format {
    const char *const *types; /* media types of the body, NULL-terminated */
    const char *wanted;       /* those, for a message */
    bool public_key;          /* X-API-Key is none of `push_token_file`, but a
                                 public name of the sender */
    bool discreet;            /* replies have no values of labels */
    /* Whether the push may go on, beyond the rights of all; else it is answered
     * with an error. NULL: it may. */
    bool (*permit)(struct exchange *exchange,
                   const struct endpoint_context *context);
    /* Reads the body into points; what it needs of the request is in the
     * exchange. Returns -1 when the body as a whole is not understood. */
    int (*read)(struct exchange *exchange,
                const struct endpoint_context *context, struct points *points,
                struct err *err);
    /* Sets the response of a push that was taken, but for batch->rejected. */
    void (*reply)(struct exchange *exchange);
};

/* `handle` and `committed` of an endpoint with `points`. Anybody may push to
 * families that a file lists and does not keep for programs; trusted callers
 * (trust.h) may push all that programs may. An `Idempotency-Key` makes a push
 * count once. */
void points_handle(struct exchange *exchange,
                   const struct endpoint_context *context);
void points_committed(struct exchange *exchange,
                      const struct endpoint_context *context);

#endif

/* route: which endpoint a request goes to. */
#ifndef TALLYMAN_ENDPOINTS_ROUTE_H
#define TALLYMAN_ENDPOINTS_ROUTE_H

#include "endpoints/exchange.h"

/* Sets the endpoint of the exchange from the path and the method of its
 * request. False when the path is of none; then the exchange is answered with
 * 404. */
bool route_find(struct exchange *exchange, const struct config *config);

/* How many bytes the body of the request may have: limits.trusted_body_bytes
 * for what a trusted program sends to an endpoint that takes so much, for
 * everything else limits.body_bytes. The request's own body is not looked at.
 */
size_t route_body_max(const struct request *request,
                      const struct config *config);

#endif

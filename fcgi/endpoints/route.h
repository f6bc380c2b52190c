/* route: the endpoint of a request. */
#ifndef TALLYMAN_ENDPOINTS_ROUTE_H
#define TALLYMAN_ENDPOINTS_ROUTE_H

#include "endpoints/exchange.h"

/* Sets the endpoint of the exchange from the path and the method of its
 * request. If no endpoint has the path, answers 404 and returns false. */
bool route_find(struct exchange *exchange, const struct config *config);

/* The largest body of the request, in bytes: limits.trusted_body_bytes if a
 * trusted program sends it to an endpoint with `trusted_body`, else
 * limits.body_bytes. Does not read the request's body. */
size_t route_body_max(const struct request *request,
                      const struct config *config);

#endif

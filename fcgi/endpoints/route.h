/* route: which endpoint a request goes through. */
#ifndef TALLYMAN_ENDPOINTS_ROUTE_H
#define TALLYMAN_ENDPOINTS_ROUTE_H

#include "endpoints/exchange.h"

/* The endpoint of the request's path. NULL when there is none; then the
 * exchange is answered with 404. */
const struct endpoint *route_find(struct exchange *exchange,
                                  const struct config *config);

#endif

/* route: which door a request goes through. */
#ifndef TALLYMAN_ENDPOINTS_ROUTE_H
#define TALLYMAN_ENDPOINTS_ROUTE_H

#include "endpoints/exchange.h"

/* The door of the request's path. NULL when there is none; then the exchange
 * is answered with 404. */
const struct door *route_find(struct exchange *exchange,
                              const struct config *config);

#endif

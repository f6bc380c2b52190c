/* turn: requests that arrived together are answered with one commit. */
#ifndef TALLYMAN_TURN_H
#define TALLYMAN_TURN_H

#include <stddef.h>

#include "exchange.h"
#include "service.h"

/* The most requests of one turn. */
enum { TURN_MAX = 64 };

/* Lets each request go through its door and commits what they push. After it
 * every exchange is answered but those that are EXCHANGE_SCRAPE. count is at
 * most TURN_MAX. */
void turn_run(struct service *service, struct exchange *const *exchanges,
              size_t count);

#endif

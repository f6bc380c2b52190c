/* turn: requests that arrived together share one commit. */
#ifndef TALLYMAN_PROCESS_TURN_H
#define TALLYMAN_PROCESS_TURN_H

#include <stddef.h>

#include "endpoints/exchange.h"
#include "process/service.h"

/* The maximum number of requests in a turn. */
enum { TURN_MAX = 64 };

/* Passes the request to its endpoint. Then the exchange is answered, or it is a
 * read (EXCHANGE_SCRAPE or EXCHANGE_QUERY), or waits for turn_commit. */
void turn_enter(struct service *service, struct exchange *exchange);

/* Call before a scrape or a query. Closes a database whose file is gone, and
 * answers the exchange: a new file of that name must not be read with the old
 * log. May reload the configuration, so no exchange may wait for turn_commit.
 * If `entered`, the configuration of turn_enter that the caller still holds, is
 * no longer in force, the request passes its endpoint again, since the exchange
 * points into the old one. */
void turn_check_read(struct service *service, const struct config *entered,
                     struct exchange *exchange);

/* Answers a scrape or query with 503. */
void turn_refuse_read(struct exchange *exchange, const char *reason);

/* Commits the pushes of the exchanges and answers each. All are
 * EXCHANGE_COMMIT, and count is at most TURN_MAX. */
void turn_commit(struct service *service, struct exchange *const *exchanges,
                 size_t count);

#endif

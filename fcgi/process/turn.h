/* turn: requests that arrived together are answered with one commit. */
#ifndef TALLYMAN_PROCESS_TURN_H
#define TALLYMAN_PROCESS_TURN_H

#include <stddef.h>

#include "endpoints/exchange.h"
#include "process/service.h"

/* The most requests of one turn. */
enum { TURN_MAX = 64 };

/* Lets the request go through its endpoint. After it the exchange is answered,
 * but for EXCHANGE_SCRAPE and those that wait for turn_commit. */
void turn_enter(struct service *service, struct exchange *exchange);

/* To be called before the scrape of an EXCHANGE_SCRAPE: a database that is gone
 * is let go before somebody reads what has its name now, as the old one's log
 * would be read with it; the exchange is answered then. May load the
 * configuration anew, so no exchange must wait for turn_commit. */
void turn_check_scrape(struct service *service, struct exchange *exchange);

/* Commits what the exchanges push and answers each; all of them are
 * EXCHANGE_COMMIT and count is at most TURN_MAX. */
void turn_commit(struct service *service, struct exchange *const *exchanges,
                 size_t count);

#endif

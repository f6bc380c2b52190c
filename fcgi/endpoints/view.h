/* view: access to the totals and their history, by `view` in the
 * configuration. */
#ifndef TALLYMAN_ENDPOINTS_VIEW_H
#define TALLYMAN_ENDPOINTS_VIEW_H

#include <stdbool.h>

#include "base/pattern.h"
#include "endpoints/exchange.h"

/* True if the endpoint takes the method and the request may see the families
 * that match one of *families; NULL: all. The patterns belong to the
 * configuration. Otherwise answers and returns false:
 * - 405 with Allow: the endpoint does not take the method;
 * - 401: the token is missing or wrong;
 * - 429 with Retry-After: too many wrong tokens were sent before;
 * - 403: no token would help; the message names the remedy.
 * Always adds headers that keep the response out of caches and of pages of
 * other sites. */
bool exchange_may_view(struct exchange *exchange,
                       const struct endpoint_context *context,
                       const struct string_list **families);

/* True if the token given[0..len) of a login is right. Otherwise answers and
 * returns false, also if `view` has no login. */
bool view_login(struct exchange *exchange,
                const struct endpoint_context *context, const char *given,
                size_t len);

/* True unless the request comes from a page of another origin, which gets
 * 403. */
bool view_own_page(struct exchange *exchange);

#endif

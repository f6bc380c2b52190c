/* cors: which origins may push, and what their browsers must be told. */
#ifndef TALLYMAN_HTTP_CORS_H
#define TALLYMAN_HTTP_CORS_H

#include <stdbool.h>

#include "config/config.h"
#include "http/request.h"
#include "http/response.h"

/* The origin is listed by its name. */
bool cors_named(const struct config *config, const char *origin);

/* Pages of this origin may push, by name or by `*`, also for none at all. */
bool cors_listed(const struct config *config, const char *origin);

/* Adds the headers that an origin from the list needs, on errors as well.
 * False when the request has an Origin that is neither the site itself nor
 * listed. */
bool cors_allow(const struct config *config, const struct request *request,
                struct response *response);

/* Answers OPTIONS (Fetch standard, "CORS-preflight request"). */
void cors_preflight(struct response *response);

#endif

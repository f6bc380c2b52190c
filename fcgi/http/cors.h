/* cors: the origins that may push, and the headers for their browsers. */
#ifndef TALLYMAN_HTTP_CORS_H
#define TALLYMAN_HTTP_CORS_H

#include <stdbool.h>

#include "config/config.h"
#include "http/request.h"
#include "http/response.h"

/* Whether the request's Origin is the server's own. */
bool cors_same_site(const struct request *request);

/* Whether the origin is listed by name. */
bool cors_named(const struct config *config, const char *origin);

/* Whether the origin, which may be "", is listed by name or by `*`. */
bool cors_listed(const struct config *config, const char *origin);

/* Adds the CORS headers for a listed origin, which errors need as well. False
 * if the request's Origin is neither the site's own nor listed. */
bool cors_allow(const struct config *config, const struct request *request,
                struct response *response);

/* Answers OPTIONS (Fetch standard, "CORS-preflight request"). */
void cors_preflight(struct response *response);

#endif

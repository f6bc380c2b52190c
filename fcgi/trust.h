/* trust: may whoever sent this push through the doors that are not for
 * everybody, and what? */
#ifndef TALLYMAN_TRUST_H
#define TALLYMAN_TRUST_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "request.h"

struct trust {
    bool trusted;
    const struct string_list *families; /* patterns of those that it may push;
                                           NULL: any */
    const char *why; /* when not trusted: what is missing, for a 401 */
};

/* Trusted is, in this order:
 * - a token of push_token_file, as `Authorization: Bearer`, as the password of
 *   `Authorization: Basic` with any user name, or as X-API-Key;
 * - a user whom the web server has authenticated (REMOTE_USER);
 * - without any such header, a program on this machine.
 * Everything that the result points to belongs to config. */
struct trust trust_of(const struct request *request,
                      const struct config *config);

/* How many bytes the body of the request may have: limits.trusted_body_bytes
 * for what a trusted program sends to /metrics or below it, for everything else
 * limits.body_bytes. The request's own body is not looked at. */
size_t trust_body_max(const struct request *request,
                      const struct config *config);

#endif

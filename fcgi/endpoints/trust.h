/* trust: whether the sender of a request may use the endpoints for programs,
 * and for which families. */
#ifndef TALLYMAN_ENDPOINTS_TRUST_H
#define TALLYMAN_ENDPOINTS_TRUST_H

#include <stdbool.h>

#include "base/guide.h"
#include "config/config.h"
#include "http/request.h"

struct trust {
    bool trusted;
    const struct string_list *families; /* patterns of those that it may push;
                                           NULL: any */
    const char *why;                    /* if not trusted: the error message */
    int status; /* if not trusted: 401, or 403 if no token would help */
};

/* Trusted are, in this order:
 * - a token of push_token_file, as `Authorization: Bearer`, as the password of
 *   `Authorization: Basic` with any user name, or as X-API-Key;
 * - a user that the web server authenticated (REMOTE_USER);
 * - without any such header, a program on this machine, if trust_loopback is
 *   true.
 * A browser adds passwords and logins to requests of any page: they are trusted
 * only if the page's origin is listed by name. A page in a browser is never a
 * program on this machine.
 * The result points into config. */
struct trust trust_of(const struct request *request,
                      const struct config *config);

/* Whether the web server authenticated a user. */
bool trust_user(const struct request *request);

/* Protects against DNS rebinding: a site can resolve its name to 127.0.0.1, and
 * its pages then have the same origin as the server there. False for a request
 * from a browser on this machine whose host is neither a loopback name nor that
 * of a listed origin. believe_proxy: proxy headers, which such a page can add
 * as well, count as proof that the request comes from another machine. */
bool trust_host(const struct request *request, const struct config *config,
                bool believe_proxy);

/* The message of that refusal; takes the host. */
#define TRUST_HOST                                                             \
    "the host \"%.100s\" is not a name of this machine: a browser here must "  \
    "ask for localhost or 127.0.0.1, or `origins` in the configuration must "  \
    "list an origin with this host" SEE GUIDE_TRUST

#endif

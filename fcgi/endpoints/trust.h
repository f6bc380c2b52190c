/* trust: whether the sender of this request may push through the endpoints that
 * are not for everybody, and which families. */
#ifndef TALLYMAN_ENDPOINTS_TRUST_H
#define TALLYMAN_ENDPOINTS_TRUST_H

#include <stdbool.h>

#include "config/config.h"
#include "http/request.h"

struct trust {
    bool trusted;
    const struct string_list *families; /* patterns of those that it may push;
                                           NULL: any */
    const char *why;                    /* when not trusted: what is missing */
    int status; /* likewise: 401, or 403 where no other token helps */
};

/* Trusted is, in this order:
 * - a token of push_token_file, as `Authorization: Bearer`, as the password of
 *   `Authorization: Basic` with any user name, or as X-API-Key;
 * - a user whom the web server has authenticated (REMOTE_USER);
 * - without any such header, a program on this machine, while trust_loopback is
 *   true.
 * What a browser adds by itself, a password or the server's login, is not
 * trusted from a page whose origin is not listed by name; and a page is no
 * program on this machine.
 * Everything that the result points to belongs to config. */
struct trust trust_of(const struct request *request,
                      const struct config *config);

/* Any site can make its name lead to 127.0.0.1, and then its pages are of the
 * same origin as what listens there (DNS rebinding). False for what comes from
 * a browser on this machine and asks for a host that is neither a loopback name
 * nor that of a listed origin. believe_proxy: the headers of a proxy, which
 * such a page can add as well, say that it comes from elsewhere. */
bool trust_host(const struct request *request, const struct config *config,
                bool believe_proxy);

/* What to say then, with the host. */
#define TRUST_HOST                                                             \
    "the host \"%.100s\" is no name of this machine: a browser on it must "    \
    "ask "                                                                     \
    "for localhost or 127.0.0.1, or `origins` in the configuration must list " \
    "an origin with this host"

#endif

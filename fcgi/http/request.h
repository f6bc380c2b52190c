/* request: a request, from FastCGI or CGI. */
#ifndef TALLYMAN_HTTP_REQUEST_H
#define TALLYMAN_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

/* A zeroed struct is an empty request. Strings belong to the web server's
 * environment and are valid until the request is answered; "" if missing. */
struct request {
    const char *method;
    const char *uri;          /* REQUEST_URI, percent-encoded */
    const char *query_string; /* percent-encoded */
    const char *script_name;  /* decoded by the web server, as is path_info */
    const char *path_info;
    const char *content_type;
    const char *content_encoding;
    const char *content_length;
    const char *host;
    const char *server_port;
    const char *https; /* "on" over TLS */
    const char *origin;
    const char *fetch_site; /* Sec-Fetch-Site */
    const char *accept;
    const char *accept_encoding;
    const char *if_none_match;
    const char *cookie;
    const char *authorization;
    const char *api_key; /* X-API-Key */
    const char *idempotency_key;
    const char *traceparent; /* W3C Trace Context */
    const char *remote_addr;
    const char *remote_user; /* the user that the web server authenticated */
    const char *auth_type;   /* the method of that authentication */
    const char *document_root;
    bool forwarded;     /* by a proxy: remote_addr may be the proxy's */
    bool page;          /* from a page in a browser: has Origin or a Sec-Fetch-*
                           header, which no script can remove */
    bool browser;       /* page, or other headers that only browsers send */
    bool opted_out;     /* Sec-GPC: 1 or DNT: 1 */
    struct strbuf body; /* owned */
    bool too_large;     /* the body exceeded the limit and is truncated */
};

/* Sets the strings and flags from environ-style strings, NULL-terminated. */
void request_set_environment(struct request *request, char *const *environment);

/* Appends a part of the body, of which at most max bytes are kept. */
void request_add_body(struct request *request, const char *bytes, size_t len,
                      size_t max);

/* Empties the request. Keeps the memory of its body for the next one, unless it
 * was unusually large. */
void request_reset(struct request *request);

void request_free(struct request *request);

/* The path below the mount, without leading slashes and query, and its length
 * in *len. *encoded: it is percent-encoded. NULL if the request is not below
 * the mount. Without a configured mount (NULL) the mount is SCRIPT_NAME; if
 * REQUEST_URI does not begin with that, as after an Apache rewrite, the path is
 * PATH_INFO, which the web server has decoded. */
const char *request_path(const struct request *request, const char *mount,
                         size_t *len, bool *encoded);

/* The last segment of REQUEST_URI's path, percent-encoded; *len is 0 if the
 * path ends with a slash. */
const char *request_last_segment(const struct request *request, size_t *len);

/* The query of REQUEST_URI, or QUERY_STRING if REQUEST_URI is missing; ""
 * without a query. */
const char *request_query(const struct request *request);

/* Whether the body is shorter than CONTENT_LENGTH. */
bool request_cut_short(const struct request *request);

/* Whether the media type is in the NULL-terminated list, ignoring parameters
 * and case. */
bool request_media_type_is(const struct request *request,
                           const char *const *types);

/* Whether given[0..len) is the token, which "" never is. The time does not
 * reveal the token's content. */
bool request_token_is(const char *given, size_t len, const char *token);

/* The credentials in Authorization; NULL if it has another scheme. */
const char *request_credentials(const struct request *request,
                                const char *scheme);

/* Whether Authorization has the bearer token, compared in constant time. */
bool request_has_token(const struct request *request, const char *token);

#endif

/* request: what the endpoints know of a request, however it came in. */
#ifndef TALLYMAN_HTTP_REQUEST_H
#define TALLYMAN_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

/* A zeroed struct is an empty request. Strings are the web server's, valid
 * while the request is answered; "" where it sent none. */
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
    const char *origin;
    const char *fetch_site; /* Sec-Fetch-Site */
    const char *accept;
    const char *authorization;
    const char *api_key; /* X-API-Key */
    const char *idempotency_key;
    const char *traceparent; /* W3C Trace Context */
    const char *remote_addr;
    const char *remote_user; /* who the web server says it is */
    const char *auth_type;   /* how the web server made sure of that */
    const char *document_root;
    bool forwarded; /* by a proxy: remote_addr may be that of the proxy */
    bool page;      /* of a page in a browser: Origin or a Sec-Fetch-* header,
                       which no script can leave out */
    bool browser;   /* likewise, or with other headers that browsers send */
    bool opted_out; /* Sec-GPC: 1 or DNT: 1 */
    struct strbuf body; /* owned */
    bool too_large;     /* the body was longer than the limit and is cut */
};

/* Takes what it knows from environ-style strings, NULL-terminated. */
void request_set_environment(struct request *request, char *const *environment);

/* Adds what has come of the body, of which at most max bytes are kept. */
void request_add_body(struct request *request, const char *bytes, size_t len,
                      size_t max);

/* Empties the request and keeps the memory of its body, unless that was large:
 * it is there for the next request, not for the rarest. */
void request_reset(struct request *request);

void request_free(struct request *request);

/* The path below the mount, without leading slashes and without the query; its
 * length in *len and in *encoded whether it is percent-encoded. NULL when the
 * request is not below the mount. mount is the configured one or NULL: then it
 * is SCRIPT_NAME where REQUEST_URI goes on below it, and PATH_INFO, which the
 * web server has decoded, is the path where REQUEST_URI does not begin with
 * SCRIPT_NAME, as after an Apache rewrite. */
const char *request_path(const struct request *request, const char *mount,
                         size_t *len, bool *encoded);

/* What stands behind the ? of REQUEST_URI, or QUERY_STRING where that is not
 * sent; "" without a query. */
const char *request_query(const struct request *request);

/* The body ended before CONTENT_LENGTH bytes had come. */
bool request_cut_short(const struct request *request);

/* The media type is one of those of the NULL-terminated list; parameters and
 * case do not count. */
bool request_media_type_is(const struct request *request,
                           const char *const *types);

/* given[0..len) is the token. The time that it takes says nothing about the
 * token, but for its being there. */
bool request_token_is(const char *given, size_t len, const char *token);

/* Authorization holds the bearer token, compared in constant time. */
bool request_has_token(const struct request *request, const char *token);

#endif

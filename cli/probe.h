/* probe: one request to the responders, through a web server or past it. */
#ifndef TALLYMAN_PROBE_H
#define TALLYMAN_PROBE_H

#include <stdint.h>

#include "err.h"
#include "strbuf.h"

/* A zeroed struct is no reply yet. */
struct probe_reply {
    int status;
    int64_t date;       /* of the header Date, in Unix seconds; 0 without it */
    struct strbuf text; /* head and body */
    const char *body;   /* in text, NUL-terminated */
};

/* How a URL must begin that probe_url takes. */
#define PROBE_SCHEME "http://"

/* GET url path, with HTTP/1.0. url has no slash at its end; token is NULL for
 * none. Everything together takes at most some seconds. Returns -1 with
 * ERR_VALUE for a URL that is none, ERR_IO without a reply, ERR_LIMIT. The
 * caller gives reply to probe_reply_free in any case. */
int probe_url(const char *url, const char *path, const char *token,
              struct probe_reply *reply, struct err *err);

/* The same past the web server, as a FastCGI request (FastCGI 1.0) to the unix
 * socket. */
int probe_socket(const char *socket_path, const char *path, const char *token,
                 struct probe_reply *reply, struct err *err);

void probe_reply_free(struct probe_reply *reply);

#endif

/* probe: one request to the responders, through a web server or past it. */
#ifndef TALLYMAN_CLI_DOCTOR_PROBE_H
#define TALLYMAN_CLI_DOCTOR_PROBE_H

#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"

/* A zeroed struct is no reply yet. */
struct probe_reply {
    int status;
    int64_t date; /* of the header Date, in Unix seconds; 0 without it */
    struct strbuf location; /* where else to ask, by the reply; or empty */
    struct strbuf text;
    const char *body; /* in text, NUL-terminated */
};

/* A scrape of limits.series is below it, in bytes. */
enum { PROBE_REPLY_MAX = 256 << 20, PROBE_SECONDS = 5 };

/* What both sides know each other by. */
struct probe_trust {
    const char *token;        /* a bearer token; NULL for none */
    const char *certificates; /* a file of those that sign for an https server;
                                 NULL for those of the system */
};

/* GET url path, url being of http or https, without a slash at its end. No
 * redirection is followed. Everything together takes at most some seconds.
 * Returns -1 with ERR_IO without a reply, ERR_LIMIT. The caller gives reply to
 * probe_reply_free in any case. */
int probe_url(const char *url, const char *path,
              const struct probe_trust *trust, struct probe_reply *reply,
              struct err *err);

/* The same past the web server, as a FastCGI request (FastCGI 1.0) to the unix
 * socket. */
int probe_socket(const char *socket_path, const char *path,
                 const struct probe_trust *trust, struct probe_reply *reply,
                 struct err *err);

void probe_reply_free(struct probe_reply *reply);

#endif

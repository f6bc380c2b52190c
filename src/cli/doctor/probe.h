/* probe: one request to the responders, by URL or by socket. */
#ifndef TALLYMAN_CLI_DOCTOR_PROBE_H
#define TALLYMAN_CLI_DOCTOR_PROBE_H

#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"

/* A zeroed struct has no reply yet. */
struct probe_reply {
    int status;
    int64_t date; /* of the header Date, in Unix seconds; 0 without it */
    struct strbuf location; /* of a redirect; else empty */
    struct strbuf text;
    const char *body; /* in text, NUL-terminated */
};

/* In bytes; a scrape of limits.series is smaller. */
enum { PROBE_REPLY_MAX = 256 << 20, PROBE_SECONDS = 5 };

/* Credentials of both sides. */
struct probe_trust {
    const char *token;        /* a bearer token; NULL for none */
    const char *certificates; /* a file of certificates to verify an https
                                 server; NULL for those of the system */
};

/* Sends GET to url and path; url is http or https, without a final slash.
 * Follows no redirect, and ends within PROBE_SECONDS. Returns -1 with ERR_IO
 * without a reply, or ERR_LIMIT. The caller frees reply with probe_reply_free
 * in any case. */
int probe_url(const char *url, const char *path,
              const struct probe_trust *trust, struct probe_reply *reply,
              struct err *err);

/* The same as a request of FastCGI 1.0 to the unix socket. */
int probe_socket(const char *socket_path, const char *path,
                 const struct probe_trust *trust, struct probe_reply *reply,
                 struct err *err);

void probe_reply_free(struct probe_reply *reply);

#endif

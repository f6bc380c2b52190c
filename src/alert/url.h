/* url: an HTTP URL in the alerts file. */
#ifndef TALLYMAN_ALERT_URL_H
#define TALLYMAN_ALERT_URL_H

#include <stdbool.h>
#include <stddef.h>

/* Upper bound, in bytes. */
enum { ALERT_URL_MAX = 2000 };

/* Offsets of the parts of scheme://user:password@host:port/path. */
struct alert_url {
    bool secure;     /* https */
    size_t host;     /* first byte */
    size_t host_end; /* after the port */
};

/* Returns false if text[0..len) is not an HTTP URL with a host and only
 * characters of RFC 3986. */
bool alert_url_read(const char *text, size_t len, struct alert_url *url);

#endif

/* loopback: the addresses and names by which this machine speaks to itself. */
#ifndef TALLYMAN_HTTP_LOOPBACK_H
#define TALLYMAN_HTTP_LOOPBACK_H

#include <stdbool.h>
#include <stddef.h>

/* REMOTE_ADDR is of this machine: in 127.0.0.0/8, ::1, or `unix:`, as nginx
 * says where it listens on a unix socket. */
bool loopback_address(const char *address);

/* The host in a Host header or an authority, host[:port]: where it begins, how
 * long it is, without a dot at its end. An IPv6 address keeps its brackets. */
const char *loopback_host_of(const char *authority, size_t *len);

/* host[0..len) is a loopback address, `localhost`, a name below that (RFC 6761,
 * section 6.3), or what this machine calls itself: no name that a stranger can
 * make lead here. */
bool loopback_host(const char *host, size_t len);

#endif

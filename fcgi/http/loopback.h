/* loopback: the loopback addresses and names of this machine. */
#ifndef TALLYMAN_HTTP_LOOPBACK_H
#define TALLYMAN_HTTP_LOOPBACK_H

#include <stdbool.h>
#include <stddef.h>

/* Whether REMOTE_ADDR is on this machine: in 127.0.0.0/8, ::1, or `unix:`,
 * which nginx sets for a listening unix socket. */
bool loopback_address(const char *address);

/* The host of a Host header or an authority, host[:port], without a trailing
 * dot; *len is its length. An IPv6 address keeps its brackets. */
const char *loopback_host_of(const char *authority, size_t *len);

/* Whether host[0..len) is a loopback address, `localhost`, a name below it (RFC
 * 6761, section 6.3), or this machine's own host name: names that no foreign
 * DNS server controls. */
bool loopback_host(const char *host, size_t len);

#endif

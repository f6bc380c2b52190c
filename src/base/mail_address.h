/* mail_address: an address that is safe in a mail header. */
#ifndef TALLYMAN_BASE_MAIL_ADDRESS_H
#define TALLYMAN_BASE_MAIL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

/* The longest address, in bytes (RFC 5321, 4.5.3.1.3). */
enum { MAIL_ADDRESS_MAX = 254 };

/* text[0..len) is local@domain in ASCII. The local part is a dot-string of RFC
 * 5321, at most 64 bytes, without quotes or a leading hyphen; the domain is a
 * host name. */
bool mail_address_valid(const char *text, size_t len);

#endif

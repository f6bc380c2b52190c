/* utf8: is it text? */
#ifndef TALLYMAN_BASE_UTF8_H
#define TALLYMAN_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* True when bytes[0..len) is well-formed UTF-8 (RFC 3629: no overlong forms,
 * no surrogates, nothing above U+10FFFF). */
bool utf8_valid(const char *bytes, size_t len);

/* How many bytes at the front are well-formed: len when all are. */
size_t utf8_prefix(const char *bytes, size_t len);

#endif

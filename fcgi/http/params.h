/* params: the parameters of a FastCGI request as environ-style strings. */
#ifndef TALLYMAN_HTTP_PARAMS_H
#define TALLYMAN_HTTP_PARAMS_H

#include <stddef.h>

#include "base/arena.h"

/* Decodes the name-value pairs of the parameter stream bytes[0..len) (FastCGI
 * 1.0, section 3.4) to strings NAME=value, NULL-terminated and allocated from
 * the arena. A NUL in a pair ends its string. Returns NULL when a pair exceeds
 * the stream, or memory ran out. */
char **params_read(const unsigned char *bytes, size_t len, struct arena *arena);

#endif

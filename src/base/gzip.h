/* gzip: bounded decompression (RFC 1952). */
#ifndef TALLYMAN_BASE_GZIP_H
#define TALLYMAN_BASE_GZIP_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

/* Appends the inflated content of bytes[0..len), one or more gzip members.
 * Returns -1 with ERR_LIMIT when the content exceeds max bytes, or ERR_SYNTAX
 * when the input is not gzip, damaged or truncated. */
int gzip_inflate(const char *bytes, size_t len, size_t max, struct strbuf *out,
                 struct err *err);

#endif

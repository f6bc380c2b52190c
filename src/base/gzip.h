/* gzip: bounded decompression (RFC 1952). */
#ifndef TALLYMAN_BASE_GZIP_H
#define TALLYMAN_BASE_GZIP_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

/* Appends what bytes[0..len), one or more gzip members, inflates to. Returns
 * -1 with ERR_LIMIT when that is more than max bytes, ERR_SYNTAX when it is
 * not gzip, damaged or cut short. */
int gzip_inflate(const char *bytes, size_t len, size_t max, struct strbuf *out,
                 struct err *err);

#endif

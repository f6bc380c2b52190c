/* file: whole small files, and writing to the end. */
#ifndef TALLYMAN_BASE_FILE_H
#define TALLYMAN_BASE_FILE_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

/* Appends the content of the file to out. Returns -1 with ERR_IO, or ERR_LIMIT
 * when it has more than max bytes. */
int file_read(const char *path, size_t max, struct strbuf *out,
              struct err *err);

/* Appends `path` to out, below the directory of the file `base` unless it is
 * absolute. */
void file_join(const char *base, const char *path, struct strbuf *out);

/* Writes all of it, and waits for that where it must. Returns -1 with errno
 * set. */
int file_write(int fd, const char *bytes, size_t len);

#endif

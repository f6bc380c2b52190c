/* file: read a small file whole; write all bytes. */
#ifndef TALLYMAN_BASE_FILE_H
#define TALLYMAN_BASE_FILE_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

/* Appends the content of the file to out. Returns -1 with ERR_IO, ERR_DENIED,
 * or ERR_LIMIT when it has more than max bytes. */
int file_read(const char *path, size_t max, struct strbuf *out,
              struct err *err);

/* The same, but a named pipe is refused: it may never get a writer. */
int file_read_ended(const char *path, size_t max, struct strbuf *out,
                    struct err *err);

/* Appends `path` to out, below the directory of the file `base` unless it is
 * absolute. */
void file_join(const char *base, const char *path, struct strbuf *out);

/* Writes all bytes, and blocks if it must. Returns -1 with errno set. */
int file_write(int fd, const char *bytes, size_t len);

#endif

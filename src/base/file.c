#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int read_all(int fd, size_t max, struct strbuf *out, struct err *err) {
    for (size_t start = out->len;;) {
        if (!strbuf_reserve(out, 4096))
            return err_no_memory(err);
        ssize_t count = read(fd, out->data + out->len, 4096);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return err_set(err, ERR_IO, "cannot be read: %s", strerror(errno));
        out->len += (size_t)count;
        out->data[out->len] = '\0';
        if (count == 0)
            return 0;
        if (out->len - start > max)
            return err_set(err, ERR_LIMIT, "is larger than %zu bytes", max);
    }
}

int file_read(const char *path, size_t max, struct strbuf *out,
              struct err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, ERR_IO, "cannot be opened: %s", strerror(errno));
    int result = read_all(fd, max, out, err);
    (void)close(fd);
    return result;
}

void file_join(const char *base, const char *path, struct strbuf *out) {
    const char *slash = strrchr(base, '/');
    if (path[0] != '/' && slash)
        strbuf_add(out, base, (size_t)(slash - base) + 1);
    strbuf_add_string(out, path);
}

int file_write(int fd, const char *bytes, size_t len) {
    while (len > 0) {
        ssize_t count = write(fd, bytes, len);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -1;
        bytes += count;
        len -= (size_t)count;
    }
    return 0;
}

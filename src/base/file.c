#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
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
        return err_set(err, errno == EACCES ? ERR_DENIED : ERR_IO,
                       "cannot be opened: %s", strerror(errno));
    int result = read_all(fd, max, out, err);
    (void)close(fd);
    return result;
}

/* The path names it. An anonymous pipe of a shell has a writer, and ends. */
static bool is_named_pipe(const char *path) {
    struct stat file;
    struct statfs system;
    return stat(path, &file) == 0 && S_ISFIFO(file.st_mode) &&
           statfs(path, &system) == 0 && system.f_type != PIPEFS_MAGIC;
}

int file_read_ended(const char *path, size_t max, struct strbuf *out,
                    struct err *err) {
    return is_named_pipe(path)
               ? err_set(err, ERR_IO, "is a named pipe, must be a file")
               : file_read(path, max, out, err);
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

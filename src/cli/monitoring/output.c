#include "cli/monitoring/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"

struct strbuf *output_add(struct output *output, const char *path) {
    static struct strbuf nowhere = {.failed = true};
    struct output_file *file = arena_take(&output->arena, sizeof(*file));
    const char *copy = arena_copy(&output->arena, path, strlen(path));
    if (!file || !copy)
        return &nowhere;
    *file = (struct output_file){.path = copy};
    *(output->last ? &output->last->next : &output->first) = file;
    output->last = file;
    output->count++;
    return &file->text;
}

static bool is_json(const char *path) {
    size_t len = strlen(path);
    return len > 5 && strcmp(path + len - 5, ".json") == 0;
}

static int check_file(const struct output_file *file, struct err *err) {
    struct json_object *document = NULL;
    struct err inner = {.code = ERR_NONE};
    if (file->text.failed)
        return err_set(err, ERR_MEMORY, "%s: out of memory", file->path);
    if (file->text.len == 0)
        return err_set(err, ERR_VALUE, "%s: is empty", file->path);
    if (!is_json(file->path))
        return 0;
    if (json_read(file->text.data, file->text.len, &document, &inner) != 0)
        return err_set(err, inner.code, "%s: line %u, column %u: %s",
                       file->path, inner.line, inner.column, inner.message);
    json_free(document);
    return 0;
}

static bool comes_again(const struct output_file *file) {
    for (const struct output_file *it = file->next; it; it = it->next)
        if (strcmp(it->path, file->path) == 0)
            return true;
    return false;
}

int output_check(const struct output *output, struct err *err) {
    if (output->arena.failed)
        return err_set(err, ERR_MEMORY, "out of memory");
    for (const struct output_file *it = output->first; it; it = it->next)
        if (check_file(it, err) != 0)
            return -1;
    for (const struct output_file *it = output->first; it; it = it->next)
        if (comes_again(it))
            return err_set(err, ERR_VALUE, "%s: would be written twice",
                           it->path);
    return 0;
}

static char *join(struct arena *arena, const char *directory, const char *path,
                  const char *suffix) {
    const size_t size = strlen(directory) + strlen(path) + strlen(suffix) + 2;
    char *joined = arena_take(arena, size);
    if (joined)
        (void)snprintf(joined, size, "%s/%s%s", directory, path, suffix);
    return joined;
}

static int set_places(struct output *output, const char *directory,
                      struct err *err) {
    for (struct output_file *it = output->first; it; it = it->next) {
        it->place = join(&output->arena, directory, it->path, "");
        it->beside = join(&output->arena, directory, it->path, ".new");
    }
    return output->arena.failed ? err_set(err, ERR_MEMORY, "out of memory") : 0;
}

int output_check_absent(struct output *output, const char *directory,
                        struct err *err) {
    struct strbuf found = {0};
    size_t count = 0;
    if (set_places(output, directory, err) != 0)
        return -1;
    for (const struct output_file *it = output->first; it; it = it->next)
        if (access(it->place, F_OK) == 0 && count++ < 3)
            strbuf_printf(&found, "%s%s", count > 1 ? ", " : "", it->place);
    if (count > 3)
        strbuf_printf(&found, " and %zu more", count - 3);
    if (count > 0)
        (void)err_set(err, ERR_VALUE, "%s would be overwritten",
                      found.failed ? directory : found.data);
    strbuf_free(&found);
    return count > 0 ? -1 : 0;
}

/* Creates the parent directories of path. */
static int make_directories(char *path, struct err *err) {
    for (char *slash = strchr(path + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int failed = mkdir(path, 0777) != 0 && errno != EEXIST;
        if (failed)
            (void)err_set(err, ERR_IO, "%s: cannot be created: %s", path,
                          strerror(errno));
        *slash = '/';
        if (failed)
            return -1;
    }
    return 0;
}

/* Replaces a leftover of an earlier run. Never writes through a link, or into a
 * file that another process has open. */
static int open_new(const char *path) {
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    int fd = open(path, flags, 0666);
    if (fd < 0 && errno == EEXIST && unlink(path) == 0)
        fd = open(path, flags, 0666);
    return fd;
}

static int write_beside(const struct output_file *file, struct err *err) {
    if (make_directories(file->beside, err) != 0)
        return -1;
    const int fd = open_new(file->beside);
    int result = fd < 0 ? -1 : file_write(fd, file->text.data, file->text.len);
    if (result == 0)
        result = fsync(fd);
    if (fd >= 0 && close(fd) != 0)
        result = -1;
    return result == 0 ? 0
                       : err_set(err, ERR_IO, "%s: cannot be written: %s",
                                 file->beside, strerror(errno));
}

/* Shortens the path to its longest part that exists, at least "/" or ".". */
static const char *nearest(char *path) {
    while (access(path, F_OK) != 0) {
        char *slash = strrchr(path, '/');
        if (!slash)
            return ".";
        if (slash == path)
            return "/";
        *slash = '\0';
    }
    return path;
}

static int check_writable(const char *directory, struct err *err) {
    struct stat st;
    char *path = strdup(directory);
    if (!path)
        return err_set(err, ERR_MEMORY, "out of memory");
    const char *there = nearest(path);
    int result = 0;
    if (stat(there, &st) == 0 && !S_ISDIR(st.st_mode))
        result = err_set(err, ERR_IO, "%s: is not a directory", there);
    else if (access(there, W_OK | X_OK) != 0)
        result = err_set(err, ERR_IO, "%s: cannot be written to: %s", there,
                         strerror(errno));
    free(path);
    return result;
}

int output_check_places(struct output *output, const char *directory,
                        struct err *err) {
    struct stat st;
    if (set_places(output, directory, err) != 0 ||
        check_writable(directory, err) != 0)
        return -1;
    /* A directory in the place of a file would fail in the last step. */
    for (const struct output_file *it = output->first; it; it = it->next)
        if (stat(it->place, &st) == 0 && !S_ISREG(st.st_mode))
            return err_set(err, ERR_IO, "%s: is not a file, cannot be replaced",
                           it->place);
    return 0;
}

int output_write(struct output *output, const char *directory,
                 struct err *err) {
    int result = output_check_places(output, directory, err);
    if (result != 0)
        return -1;
    for (struct output_file *it = output->first; it && result == 0;
         it = it->next)
        result = write_beside(it, err);
    for (struct output_file *it = output->first; it && result == 0;
         it = it->next)
        if (rename(it->beside, it->place) != 0)
            result = err_set(err, ERR_IO, "%s: cannot be replaced: %s",
                             it->place, strerror(errno));
    for (struct output_file *it = output->first; it && result != 0;
         it = it->next)
        (void)unlink(it->beside);
    return result;
}

void output_free(struct output *output) {
    for (struct output_file *it = output->first; it; it = it->next)
        strbuf_free(&it->text);
    arena_free(&output->arena);
    *output = (struct output){.count = 0};
}

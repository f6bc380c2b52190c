#include "cli/monitoring/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"

/* What a file is called until all are written. */
#define SUFFIX ".new"

static struct output_file *new_file(struct output *output, const char *path) {
    struct output_file *file = calloc(1, sizeof(*file));
    if (file)
        file->path = strdup(path);
    if (!file || !file->path) {
        free(file);
        return NULL;
    }
    if (output->count == output->room) {
        size_t room = output->room ? 2 * output->room : 32;
        struct output_file **files =
            realloc(output->files, room * sizeof(struct output_file *));
        if (!files) {
            free(file->path);
            free(file);
            return NULL;
        }
        output->files = files;
        output->room = room;
    }
    output->files[output->count++] = file;
    return file;
}

struct strbuf *output_add(struct output *output, const char *path) {
    static struct strbuf nowhere = {.failed = true};
    struct output_file *file = new_file(output, path);
    if (file)
        return &file->text;
    output->failed = true;
    return &nowhere;
}

static int compare_paths(const void *a, const void *b) {
    const struct output_file *const *left = a;
    const struct output_file *const *right = b;
    return strcmp((*left)->path, (*right)->path);
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

static int check_repeats(const struct output *output, struct err *err) {
    size_t size = output->count * sizeof(struct output_file *);
    struct output_file **sorted = malloc(size + 1);
    int result = 0;
    if (!sorted)
        return err_set(err, ERR_MEMORY, "out of memory");
    if (size > 0)
        memcpy(sorted, output->files, size);
    qsort(sorted, output->count, sizeof(struct output_file *), compare_paths);
    for (size_t i = 1; i < output->count && result == 0; i++)
        if (strcmp(sorted[i - 1]->path, sorted[i]->path) == 0)
            result = err_set(err, ERR_VALUE, "%s: would be written twice",
                             sorted[i]->path);
    free(sorted);
    return result;
}

int output_check(struct output *output, struct err *err) {
    if (output->failed)
        return err_set(err, ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < output->count; i++)
        if (check_file(output->files[i], err) != 0)
            return -1;
    return check_repeats(output, err);
}

static char *join(const char *directory, const char *path, const char *suffix) {
    struct strbuf joined = {0};
    strbuf_printf(&joined, "%s/%s%s", directory, path, suffix);
    if (!joined.failed)
        return joined.data;
    strbuf_free(&joined);
    return NULL;
}

int output_check_absent(const struct output *output, const char *directory,
                        struct err *err) {
    struct strbuf found = {0};
    size_t count = 0;
    for (size_t i = 0; i < output->count; i++) {
        char *path = join(directory, output->files[i]->path, "");
        if (path && access(path, F_OK) == 0 && count++ < 3)
            strbuf_printf(&found, "%s%s", count > 1 ? ", " : "", path);
        free(path);
    }
    if (count > 3)
        strbuf_printf(&found, " and %zu more", count - 3);
    if (count > 0)
        (void)err_set(err, ERR_VALUE, "%s would be overwritten",
                      found.failed ? directory : found.data);
    strbuf_free(&found);
    return count > 0 ? -1 : 0;
}

/* Makes the directories above path. */
static int make_directories(char *path, struct err *err) {
    for (char *slash = strchr(path + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int failed = mkdir(path, 0777) != 0 && errno != EEXIST;
        if (failed)
            (void)err_set(err, ERR_IO, "%s: cannot be made: %s", path,
                          strerror(errno));
        *slash = '/';
        if (failed)
            return -1;
    }
    return 0;
}

static int write_all(int fd, const char *bytes, size_t len) {
    while (len > 0) {
        ssize_t written = write(fd, bytes, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        bytes += written;
        len -= (size_t)written;
    }
    return fsync(fd);
}

/* What an earlier run has left goes; nothing is written through a link, nor
 * into a file that somebody else has open. */
static int open_new(const char *path) {
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    int fd = open(path, flags, 0666);
    if (fd < 0 && errno == EEXIST && unlink(path) == 0)
        fd = open(path, flags, 0666);
    return fd;
}

static int write_beside(const struct output_file *file, const char *directory,
                        struct err *err) {
    char *path = join(directory, file->path, SUFFIX);
    int result = -1;
    if (!path)
        return err_set(err, ERR_MEMORY, "out of memory");
    if (make_directories(path, err) == 0) {
        int fd = open_new(path);
        result = fd < 0 ? -1 : write_all(fd, file->text.data, file->text.len);
        if (fd >= 0 && close(fd) != 0)
            result = -1;
        if (result != 0)
            (void)err_set(err, ERR_IO, "%s: cannot be written: %s", path,
                          strerror(errno));
    }
    free(path);
    return result;
}

/* A directory in a file's place would stop the last step half way. */
static int check_place(const struct output_file *file, const char *directory,
                       struct err *err) {
    struct stat st;
    char *path = join(directory, file->path, "");
    int result = 0;
    if (!path)
        return err_set(err, ERR_MEMORY, "out of memory");
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        result =
            err_set(err, ERR_IO, "%s: is no file, cannot be replaced", path);
    free(path);
    return result;
}

static int take_place(const struct output_file *file, const char *directory,
                      struct err *err) {
    char *from = join(directory, file->path, SUFFIX);
    char *to = join(directory, file->path, "");
    int result = -1;
    if (!from || !to)
        (void)err_set(err, ERR_MEMORY, "out of memory");
    else if (rename(from, to) != 0)
        (void)err_set(err, ERR_IO, "%s: cannot be replaced: %s", to,
                      strerror(errno));
    else
        result = 0;
    free(from);
    free(to);
    return result;
}

static void remove_beside(const struct output *output, const char *directory) {
    for (size_t i = 0; i < output->count; i++) {
        char *path = join(directory, output->files[i]->path, SUFFIX);
        if (path)
            (void)unlink(path);
        free(path);
    }
}

/* Cuts path down to what of it is there, at least "/" or ".". */
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
        result = err_set(err, ERR_IO, "%s: is no directory", there);
    else if (access(there, W_OK | X_OK) != 0)
        result = err_set(err, ERR_IO, "%s: cannot be written to: %s", there,
                         strerror(errno));
    free(path);
    return result;
}

int output_check_places(const struct output *output, const char *directory,
                        struct err *err) {
    int result = check_writable(directory, err);
    for (size_t i = 0; i < output->count && result == 0; i++)
        result = check_place(output->files[i], directory, err);
    return result;
}

int output_write(const struct output *output, const char *directory,
                 struct err *err) {
    int result = output_check_places(output, directory, err);
    for (size_t i = 0; i < output->count && result == 0; i++)
        result = write_beside(output->files[i], directory, err);
    for (size_t i = 0; i < output->count && result == 0; i++)
        result = take_place(output->files[i], directory, err);
    if (result != 0)
        remove_beside(output, directory);
    return result;
}

void output_free(struct output *output) {
    for (size_t i = 0; i < output->count; i++) {
        strbuf_free(&output->files[i]->text);
        free(output->files[i]->path);
        free(output->files[i]);
    }
    free(output->files);
    *output = (struct output){0};
}

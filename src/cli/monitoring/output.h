/* output: files that are made in memory, and written all or none. */
#ifndef TALLYMAN_CLI_MONITORING_OUTPUT_H
#define TALLYMAN_CLI_MONITORING_OUTPUT_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"

struct output_file {
    const char *path; /* relative to the directory, such as rules/alerts.yml */
    struct strbuf text;
    char *place;  /* full path, once known */
    char *beside; /* temporary file in the same directory */
    struct output_file *next;
};

/* A zeroed struct is empty. Files are in the order in which they were
 * added; each keeps its address until output_free. */
struct output {
    struct arena arena;
    struct output_file *first;
    struct output_file *last;
    size_t count;
};

/* Adds an empty file and returns its text, which the caller fills and the
 * output owns. Never NULL: after a failed allocation it is a buffer that is not
 * written to disk. */
struct strbuf *output_add(struct output *output, const char *path);

/* Checks in memory: no allocation has failed, no path occurs twice, no file is
 * empty, each *.json is valid. Returns -1 with err naming the file. */
int output_check(const struct output *output, struct err *err);

/* Returns -1 with ERR_VALUE naming the files that exist below the directory. */
int output_check_absent(struct output *output, const char *directory,
                        struct err *err);

/* Checks that the files can be written below the directory, as far as that is
 * visible beforehand. Returns -1 with ERR_IO naming the obstacle. */
int output_check_places(struct output *output, const char *directory,
                        struct err *err);

/* Writes all files below the directory, which is created if missing, and
 * replaces existing ones. Each file is written to a temporary file next to its
 * final path; when all are on disk, all are renamed. Returns -1 with ERR_IO
 * naming the file; existing files are then unchanged. */
int output_write(struct output *output, const char *directory, struct err *err);

void output_free(struct output *output);

#endif

/* output: files that are made in memory and written all or not at all. */
#ifndef TALLYMAN_CLI_MONITORING_OUTPUT_H
#define TALLYMAN_CLI_MONITORING_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

struct output_file {
    char *path; /* relative to the directory, such as rules/alerts.yml */
    struct strbuf text;
};

/* A zeroed struct is empty. The files stand in the order in which they were
 * added; each keeps its address until output_free. */
struct output {
    struct output_file **files;
    size_t count;
    size_t room;
    bool failed; /* memory ran out, for a file or in one */
};

/* Adds an empty file. The caller appends to what is returned, which belongs to
 * the output and is never NULL: after a failed allocation it is a buffer that
 * nobody writes. */
struct strbuf *output_add(struct output *output, const char *path);

/* Checks what can be checked without writing: memory, that no path comes
 * twice, that none is empty, that each *.json is JSON. Returns -1 with err
 * naming the file. */
int output_check(struct output *output, struct err *err);

/* Returns -1 with ERR_VALUE naming the files that are already below the
 * directory. */
int output_check_absent(const struct output *output, const char *directory,
                        struct err *err);

/* Checks that the files could be written below the directory, as far as that
 * can be seen without doing it. Returns -1 with ERR_IO naming what is in the
 * way. */
int output_check_places(const struct output *output, const char *directory,
                        struct err *err);

/* Writes all files below the directory, which is made if need be, over those
 * that are there. Each is written beside its place first; only when all are on
 * disk do they take their places. Returns -1 with ERR_IO naming the file; then
 * what was there is as it was. */
int output_write(const struct output *output, const char *directory,
                 struct err *err);

void output_free(struct output *output);

#endif

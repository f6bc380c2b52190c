/* diagnostics: every error of every configuration file, with its position. */
#ifndef TALLYMAN_CONFIG_DIAGNOSTICS_H
#define TALLYMAN_CONFIG_DIAGNOSTICS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/strbuf.h"

/* Collected lines `file:line:col: key: message`. A zeroed struct is empty. */
struct diagnostics {
    struct strbuf text;
    size_t count;
    struct strbuf warnings; /* lines of the same form, in valid files */
    bool no_memory;         /* memory ran out; the files may be valid */
    bool denied;            /* a file may not be read by this user */
    uint64_t hash;          /* of the files that source_open read, in order */
};

/* A configuration file that was read. */
struct source {
    const char *path;
    struct strbuf text; /* comments blanked */
    struct json_object *document;
};

/* Reads and parses the file. Returns -1 after reporting an error. The caller
 * calls source_close in either case. */
int source_open(struct source *source, const char *path,
                struct diagnostics *diagnostics);

void source_close(struct source *source);

/* Reports each repeated key of the source. */
void source_check_repeats(const struct source *source,
                          struct diagnostics *diagnostics);

/* Writes file:line:column of the value at `key`, as diagnose does. */
void source_write_place(const struct source *source, const char *key,
                        struct diagnostics *diagnostics, struct strbuf *out);

/* Adds an error about the value at `key`, a path in the form of json_walk. The
 * position of a missing value is that of its nearest parent. */
void diagnose(struct diagnostics *diagnostics, const struct source *source,
              const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Like diagnose; adds a warning if `warning` is set. */
void diagnose_list(struct diagnostics *diagnostics, const struct source *source,
                   const char *key, bool warning, const char *format,
                   va_list args) __attribute__((format(printf, 5, 0)));

/* Adds an error in a text file; line and column count from 1. */
void diagnose_place(struct diagnostics *diagnostics, const char *path,
                    size_t line, size_t column, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Adds an error about a file as a whole. */
void diagnose_file(struct diagnostics *diagnostics, const char *path,
                   const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void diagnostics_free(struct diagnostics *diagnostics);

#endif

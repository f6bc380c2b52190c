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
    struct strbuf warnings; /* likewise, of files that are good */
    bool no_memory;         /* it ran out: the files may be good */
    uint64_t hash; /* of the files that source_open has read, in their order */
};

/* A configuration file that was read. */
struct source {
    const char *path;
    struct strbuf text; /* comments blanked */
    struct json_object *document;
};

/* Reads the file and parses it. Returns -1 after reporting what failed. The
 * caller gives the source to source_close in either case. */
int source_open(struct source *source, const char *path,
                struct diagnostics *diagnostics);

void source_close(struct source *source);

/* Reports each repeated key of the source. */
void source_check_repeats(const struct source *source,
                          struct diagnostics *diagnostics);

/* Adds one error about the value at `key`, a path as json_walk has them, or
 * about its nearest parent if it is missing. */
void diagnose(struct diagnostics *diagnostics, const struct source *source,
              const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same, or with warning a warning. */
void diagnose_list(struct diagnostics *diagnostics, const struct source *source,
                   const char *key, bool warning, const char *format,
                   va_list args) __attribute__((format(printf, 5, 0)));

/* Adds one error at a place, both counted from 1, in a file of lines. */
void diagnose_place(struct diagnostics *diagnostics, const char *path,
                    size_t line, size_t column, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Adds one error about a file as a whole. */
void diagnose_file(struct diagnostics *diagnostics, const char *path,
                   const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void diagnostics_free(struct diagnostics *diagnostics);

#endif

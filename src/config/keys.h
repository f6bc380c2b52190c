/* keys: reads a JSON object of settings by a table of its keys. */
#ifndef TALLYMAN_CONFIG_KEYS_H
#define TALLYMAN_CONFIG_KEYS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/pattern.h"
#include "config/diagnostics.h"

enum config_kind {
    CONFIG_BOOLEAN, /* bool */
    CONFIG_COUNT,   /* long long between min and max */
    CONFIG_STRING,  /* const char *, not empty */
    CONFIG_PATH,    /* const char *, relative to the configuration file */
    CONFIG_STRINGS, /* struct string_list */
    CONFIG_RULES,   /* struct routes, from strings, see route_read */
    CONFIG_CHOICE,  /* int, the index among choices */
    CONFIG_SWITCH,  /* like CONFIG_CHOICE; the choices `false` and `true` are
                       JSON booleans */
    CONFIG_OBJECT   /* the parent of keys that begin with its name and a dot */
};

struct config_key {
    const char *name;
    enum config_kind kind;
    size_t offset; /* of the field in *fields */
    long long min;
    long long max;
    const char *const *choices; /* NULL-terminated */
    const char *preset;         /* the default value, as JSON; NULL: zero */
};

/* Sets each field of the zeroed *fields to its default; paths are relative to
 * the file `path`. keys ends with a NULL name. Strings are in the arena, which
 * is marked as failed if memory ran out. */
void config_keys_preset(const struct config_key *keys, const char *path,
                        void *fields, struct arena *arena,
                        struct diagnostics *diagnostics);

/* Sets the fields that the source's document names. Reports every unknown key
 * and every value that is not permitted. */
void config_keys_read(const struct config_key *keys,
                      const struct source *source, void *fields,
                      struct arena *arena, struct diagnostics *diagnostics);

#endif

/* keys: reads an object of settings by a table of its keys. */
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
    CONFIG_PATH,    /* likewise; relative to the file in which it stands */
    CONFIG_STRINGS, /* struct string_list */
    CONFIG_RULES,   /* struct routes; of strings, see route_read */
    CONFIG_CHOICE,  /* int, the index among choices */
    CONFIG_SWITCH,  /* likewise; `false` and `true` among them are no strings */
    CONFIG_OBJECT   /* has the keys that begin with its name and a dot */
};

struct config_key {
    const char *name;
    enum config_kind kind;
    size_t offset; /* of the field in the struct that is filled */
    long long min;
    long long max;
    const char *const *choices; /* NULL-terminated */
    const char *preset; /* the value where none is set, as JSON; NULL: zero */
};

/* Sets each field of *fields, which is zeroed, to what it is when the file
 * `path` says nothing. keys ends with a NULL name. Texts are taken from the
 * arena, which has failed when memory ran out. */
void config_keys_preset(const struct config_key *keys, const char *path,
                        void *fields, struct arena *arena,
                        struct diagnostics *diagnostics);

/* Sets those that the document of the source names and reports every key that
 * is unknown or whose value is not permitted. */
void config_keys_read(const struct config_key *keys,
                      const struct source *source, void *fields,
                      struct arena *arena, struct diagnostics *diagnostics);

#endif

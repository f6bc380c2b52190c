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
    CONFIG_STRINGS, /* struct string_list */
    CONFIG_CHOICE,  /* int, the index among choices */
    CONFIG_SWITCH,  /* likewise; `false` and `true` among them are no strings */
    CONFIG_OBJECT   /* members, in the struct at the offset */
};

struct config_key {
    const char *name;
    enum config_kind kind;
    size_t offset; /* of the field in the struct that is filled */
    long long min;
    long long max;
    const char *const *choices; /* NULL-terminated */
    const struct config_key *members;
};

/* Sets those fields of *fields that the object names and reports every key
 * that is unknown or whose value is not permitted. keys ends with a NULL name.
 * prefix is the object's own key, "" for the document. Strings are copied to
 * the arena. */
void config_keys_read(const struct source *source,
                      const struct json_object *object, const char *prefix,
                      const struct config_key *keys, void *fields,
                      struct arena *arena, struct diagnostics *diagnostics);

#endif

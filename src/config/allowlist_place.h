/* allowlist_place: the object of an allowlist file that is being read. */
#ifndef TALLYMAN_CONFIG_ALLOWLIST_PLACE_H
#define TALLYMAN_CONFIG_ALLOWLIST_PLACE_H

#include "config/diagnostics.h"
#include "config/limits.h"
#include "metrics/registry.h"

struct place {
    struct registry *registry; /* owns the copies */
    const struct limits *limits;
    const struct source *source;
    struct diagnostics *diagnostics;
    char key[256]; /* its path in the form of json_walk; "" for the document */
};

/* Reports an error about the member `name`; "" is the object itself. */
void place_report(struct place *place, const char *name, const char *format,
                  ...) __attribute__((format(printf, 3, 4)));

/* Adds a warning; the file stays valid. */
void place_warn(struct place *place, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Returns the member `name` of object. Returns NULL after reporting a value of
 * another kind. missing describes a required value, for the message; NULL makes
 * the member optional. */
const struct json_object *place_get(struct place *place,
                                    const struct json_object *object,
                                    const char *name, enum json_kind kind,
                                    const char *missing);

/* Like place_get, for a string without NUL. */
const char *place_get_text(struct place *place,
                           const struct json_object *object, const char *name,
                           const char *missing, size_t *len);

/* Reports the member if object has it, because `beside`, which object also has,
 * excludes it. */
void place_forbid(struct place *place, const struct json_object *object,
                  const char *name, const char *beside);

/* Copies the text into the registry's arena; NULL if memory ran out. */
char *place_copy_text(struct place *place, const char *text, size_t len);

/* Reports each member of object that is not one of keys, NULL-terminated. */
void place_check_keys(struct place *place, const struct json_object *object,
                      const char *const *keys);

/* Reports each member that is not one of keys. Returns false after reporting a
 * value that is not an object. */
bool place_check_object(struct place *place, const struct json_object *value,
                        const char *const *keys);

#endif

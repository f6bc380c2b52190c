/* allowlist_place: the object of an allowlist file that is being read. */
#ifndef TALLYMAN_CONFIG_ALLOWLIST_PLACE_H
#define TALLYMAN_CONFIG_ALLOWLIST_PLACE_H

#include "config/diagnostics.h"
#include "config/limits.h"
#include "metrics/registry.h"

struct place {
    struct registry *registry; /* gets what is read */
    const struct limits *limits;
    const struct source *source;
    struct diagnostics *diagnostics;
    char key[256]; /* its path, as json_walk has them; "" for the document */
};

/* Reports an error about the member `name` of the place, "" for itself. */
void place_report(struct place *place, const char *name, const char *format,
                  ...) __attribute__((format(printf, 3, 4)));

/* Warns of it: the file is good all the same. */
void place_warn(struct place *place, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The member `name` of object, if it is of that kind; else NULL after a
 * report. missing says what it must be, or is NULL when it may be left out. */
const struct json_object *place_get(struct place *place,
                                    const struct json_object *object,
                                    const char *name, enum json_kind kind,
                                    const char *missing);

/* The same for a string, which must have no NUL. */
const char *place_get_text(struct place *place,
                           const struct json_object *object, const char *name,
                           const char *missing, size_t *len);

/* A copy that lives as long as the registry; NULL when memory ran out. */
char *place_copy_text(struct place *place, const char *text, size_t len);

/* Reports each member of object that is not one of keys, NULL-terminated. */
void place_check_keys(struct place *place, const struct json_object *object,
                      const char *const *keys);

#endif

/* allowlist: files that list the families which may be pushed. */
#ifndef TALLYMAN_CONFIG_ALLOWLIST_H
#define TALLYMAN_CONFIG_ALLOWLIST_H

#include "config/diagnostics.h"
#include "config/limits.h"
#include "metrics/registry.h"

/* Where a family was listed, for messages. */
struct allowlist_origin {
    const struct family *family;
    const char *path;
    size_t index; /* in allowedMetrics */
    const struct allowlist_origin *next;
};

/* What is being filled over all files. The caller sets the first three. */
struct allowlist {
    struct registry *registry;
    const struct limits *limits;
    bool sessions; /* they are counted: their names are taken */
    const struct allowlist_origin *origins; /* of the registry's memory */
    unsigned long long series;              /* permitted combinations so far */
};

/* Adds the families of one file to the registry and reports every error in
 * it, also against the files loaded before. */
void allowlist_load(struct allowlist *allowlist, const char *path,
                    struct diagnostics *diagnostics);

#endif

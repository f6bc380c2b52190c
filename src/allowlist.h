/* allowlist: files that list the families which may be pushed. */
#ifndef TALLYMAN_ALLOWLIST_H
#define TALLYMAN_ALLOWLIST_H

#include "diagnostics.h"
#include "registry.h"

struct limits;

/* Where a family was listed, for messages. */
struct allowlist_origin {
    char *path;
    size_t index; /* in allowedMetrics */
};

/* What is being filled over all files. The caller sets the first three. */
struct allowlist {
    struct registry *registry;
    const struct limits *limits;
    bool sessions; /* they are counted: their names are taken */
    struct allowlist_origin *origins; /* by the family's index */
    size_t origin_count;
    unsigned long long series; /* permitted combinations so far */
};

/* Adds the families of one file to the registry and reports every error in
 * it, also against the files loaded before. */
void allowlist_load(struct allowlist *allowlist, const char *path,
                    struct diagnostics *diagnostics);

/* Frees all but the registry. */
void allowlist_free(struct allowlist *allowlist);

#endif

/* allowlist: files that list the families that may be pushed, and queries. */
#ifndef TALLYMAN_CONFIG_ALLOWLIST_H
#define TALLYMAN_CONFIG_ALLOWLIST_H

#include "config/allowlist_family.h"

/* Adds the families and queries of one file. Reports every error in it,
 * including conflicts with files loaded before. */
void allowlist_load(struct allowlist *allowlist, const char *path,
                    struct diagnostics *diagnostics);

#endif

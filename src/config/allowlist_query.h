/* allowlist_query: the queries of an allowlist file. */
#ifndef TALLYMAN_CONFIG_ALLOWLIST_QUERY_H
#define TALLYMAN_CONFIG_ALLOWLIST_QUERY_H

#include "config/allowlist_family.h"

/* Reads the element of `queries` at place. Adds its family to the registry and
 * the query to the allowlist. */
void allowlist_query_read(struct allowlist *allowlist, struct place *place,
                          const struct json_object *object);

#endif

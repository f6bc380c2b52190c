/* listed: the families of the allowlist, and the responder's own, as they were
 * loaded. */
#ifndef TALLYMAN_LISTED_H
#define TALLYMAN_LISTED_H

#include "registry.h"

/* A registry may grow by what pushes add, on the thread that commits. This
 * stays as it is, so that any thread may read it. A zeroed struct is empty. */
struct listed {
    const struct family **families; /* of the registry, sorted by name */
    size_t count;
    struct value_set claims; /* their series names, see family_claim */
};

/* Lists what is in the registry, which must live as long. Returns -1 when
 * memory ran out; listed_free is due all the same. */
int listed_init(struct listed *listed, const struct registry *registry);

void listed_free(struct listed *listed);

#endif

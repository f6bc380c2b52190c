/* family_load: writes the families of a registry to the database. */
#ifndef TALLYMAN_STORE_FAMILY_LOAD_H
#define TALLYMAN_STORE_FAMILY_LOAD_H

#include "base/err.h"
#include "base/strbuf.h"
#include "metrics/registry.h"

struct store;

/* See store_load; the caller has begun the transaction. */
int family_load(struct store *store, struct registry *registry, int64_t now,
                struct strbuf *notes, struct err *err);

#endif

/* ingest_node: the totals of another node, from its database. */
#ifndef TALLYMAN_INGEST_NODE_H
#define TALLYMAN_INGEST_NODE_H

#include "db.h"
#include "pushed.h"
#include "registry.h"

/* Reads every total of the database, which is in a read transaction and of the
 * newest version, into out, which is an empty push. Left out are the node's own
 * families, gauges that were never set, and of families that the registry lists
 * series that are zero. Returns -1 with ERR_CORRUPT naming a row that is
 * damaged, or another error; out must then be reset. */
int ingest_node(struct db *db, const struct registry *registry,
                struct pushed *out, struct err *err);

#endif

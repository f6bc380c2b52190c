/* node: reads the totals of another node from its database. */
#ifndef TALLYMAN_STORE_NODE_H
#define TALLYMAN_STORE_NODE_H

#include "metrics/batch.h"
#include "metrics/pushed.h"
#include "metrics/registry.h"
#include "store/db.h"

/* The groups of a node, ordered by their ids there. The arena owns
 * everything. */
struct node_groups {
    struct arena *arena;
    struct batch_group *groups;
    size_t count;
};

/* Reads the groups of the database, which has the newest schema and is in a
 * read transaction. Only the arena of groups is set before. */
int ingest_node_groups(struct db *db, struct node_groups *groups,
                       struct err *err);

/* Reads every total of the same database into out, which is an empty push. Its
 * series point to their groups. Left out are the node's own families, gauges
 * that were never set, and zero series of families that the registry lists.
 * Returns -1 with ERR_CORRUPT naming a damaged row, or with another error; the
 * caller must then reset out. */
int ingest_node(struct db *db, const struct registry *registry,
                const struct node_groups *groups, struct pushed *out,
                struct err *err);

/* Reads the node's pushers of cumulative totals. The arena owns
 * *pushers[0..*count) and the texts. */
int ingest_node_pushers(struct db *db, struct arena *arena,
                        struct known_pusher **pushers, size_t *count,
                        struct err *err);

#endif

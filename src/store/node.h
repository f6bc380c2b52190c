/* node: the totals of another node, from its database. */
#ifndef TALLYMAN_STORE_NODE_H
#define TALLYMAN_STORE_NODE_H

#include "metrics/batch.h"
#include "metrics/pushed.h"
#include "metrics/registry.h"
#include "store/db.h"

/* The groups of a node, ordered by their ids there. All belongs to the arena.
 */
struct node_groups {
    struct arena *arena;
    struct batch_group *groups;
    size_t count;
};

/* Reads the groups of the database, which is in a read transaction and of the
 * newest version, into groups, of which only the arena is set. */
int ingest_node_groups(struct db *db, struct node_groups *groups,
                       struct err *err);

/* Reads every total of the same database into out, which is an empty push; its
 * series point to their groups. Left out are the node's own
 * families, gauges that were never set, and of families that the registry lists
 * series that are zero. Returns -1 with ERR_CORRUPT naming a row that is
 * damaged, or another error; out must then be reset. */
int ingest_node(struct db *db, const struct registry *registry,
                const struct node_groups *groups, struct pushed *out,
                struct err *err);

/* Reads what the node knows of processes that push running totals.
 * *pushers[0..*count) and its texts belong to the arena. */
int ingest_node_pushers(struct db *db, struct arena *arena,
                        struct known_pusher **pushers, size_t *count,
                        struct err *err);

#endif

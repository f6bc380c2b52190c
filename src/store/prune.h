/* prune: finds unused families and series, and deletes them in small steps, so
 * that no push waits for long. */
#ifndef TALLYMAN_STORE_PRUNE_H
#define TALLYMAN_STORE_PRUNE_H

#include "config/config.h"
#include "store/db.h"
#include "store/store.h"

enum prune_reason {
    PRUNE_UNLISTED,    /* no file lists the family */
    PRUNE_UNPERMITTED, /* the family's file does not permit the labels */
    PRUNE_IDLE         /* the series were not pushed since the horizon */
};

/* The same family may occur twice, with different reasons. */

struct prune_family {
    int64_t id;
    const char *name;
    bool open; /* added by a push */
    enum prune_reason reason;
    const struct family *listed;   /* as its file lists it; or NULL */
    const struct sql_query *query; /* that supplies its values; or NULL */
    size_t all;                    /* number of its series */
    int64_t *series;               /* rows to be deleted */
    size_t count;
    size_t deleted;
};

/* A zeroed struct is empty. */
struct prune_list {
    int64_t horizon;               /* series last pushed before it are idle, in
                                      Unix seconds */
    struct prune_family *families; /* ordered by name */
    size_t count;
    int64_t pushers; /* pushers, by series, unseen since the horizon */
    struct arena arena;
};

/* Finds what to prune: families that no file lists, except Tallyman's own and,
 * while open_families is true, open ones; idle series of open families and of
 * families with an open label; series of listed families whose labels their
 * file no longer permits. db is in a read transaction; list->horizon is set,
 * and config outlives the list. */
int prune_list_read(struct prune_list *list, struct db *db,
                    const struct config *config, struct err *err);

void prune_list_free(struct prune_list *list);

/* Each function deletes a part in a separate transaction. Returns 1 when there
 * may be more, 0 when nothing is left, -1 on error. Series pushed since the
 * list was made stay. The store needs no store_load. */
int store_prune_series(struct store *store, const struct prune_list *list,
                       struct prune_family *family, struct err *err);
int store_prune_pushers(struct store *store, const struct prune_list *list,
                        size_t *deleted, struct err *err);
/* Deletes groups of pushes without series. */
int store_prune_groups(struct store *store, const struct prune_list *list,
                       struct err *err);

/* The last step, called once: deletes families without series, and makes
 * responders reload their configuration where they may cache deleted rows.
 * *deleted: number of families. */
int store_prune_families(struct store *store, const struct prune_list *list,
                         size_t *deleted, struct err *err);

#endif

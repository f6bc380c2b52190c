/* prune: finds what nobody pushes any more, and takes it out a little at
 * a time, so that no push waits for long. */
#ifndef TALLYMAN_STORE_PRUNE_H
#define TALLYMAN_STORE_PRUNE_H

#include "config/config.h"
#include "store/db.h"
#include "store/store.h"

enum prune_reason {
    PRUNE_UNLISTED,    /* no file lists the family */
    PRUNE_UNPERMITTED, /* the family's file no longer permits the labels */
    PRUNE_IDLE         /* the series were not pushed for long */
};

/* A family may be there twice, with different reasons. */

struct prune_family {
    int64_t id;
    const char *name;
    bool open; /* a push has added it */
    enum prune_reason reason;
    const struct family *listed; /* as its file has it; NULL without one */
    size_t all;                  /* how many series it has */
    int64_t *series;             /* rows of those that go */
    size_t count;
    size_t deleted;
};

/* A zeroed struct is empty. */
struct prune_list {
    int64_t horizon;               /* idle is what was pushed before, in Unix
                                      seconds */
    struct prune_family *families; /* ordered by name */
    size_t count;
    int64_t pushers; /* processes, by series, that were not seen for long */
    struct arena arena;
};

/* Finds what is to go: whole families that no file lists, but those of
 * Tallyman's own and, while open_families is true, those that pushes have
 * added; idle series of the latter, and of families with an open label; series
 * of listed families with labels that their file no longer permits. db is in a
 * read transaction; list->horizon is set, and config outlives the list. */
int prune_list_read(struct prune_list *list, struct db *db,
                    const struct config *config, struct err *err);

void prune_list_free(struct prune_list *list);

/* Each takes out something in a transaction of its own, as long as it returns
 * 1; 0 when nothing is left to do, -1 on error. What was pushed since the list
 * was made stays. The store needs no store_load. */
int store_prune_series(struct store *store, const struct prune_list *list,
                       struct prune_family *family, struct err *err);
int store_prune_pushers(struct store *store, const struct prune_list *list,
                        size_t *deleted, struct err *err);
/* Groups of pushes that have no series left. */
int store_prune_groups(struct store *store, const struct prune_list *list,
                       struct err *err);

/* Ends it, once: families without series go, and responders load their
 * configuration anew where they would remember what has gone. *deleted: how
 * many families. */
int store_prune_families(struct store *store, const struct prune_list *list,
                         size_t *deleted, struct err *err);

#endif

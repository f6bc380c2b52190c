/* open_families: the families that pushes have added. */
#ifndef TALLYMAN_STORE_OPEN_FAMILIES_H
#define TALLYMAN_STORE_OPEN_FAMILIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metrics/batch.h"

struct store;

/* The state to restore when a batch is refused. */
struct open_mark {
    size_t families;
    size_t claims;
    int64_t series;
    int64_t reopened;
};

/* The batch has samples of open families. */
bool open_families_in(const struct batch *batch);

/* Begins a turn. in_use: it has samples of open families. */
int open_families_begin(struct store *store, bool in_use, struct err *err);

/* Checks a batch against the open families, and adds new ones to the registry
 * of them; *mark is the state before. On success either the batch is refused,
 * or its samples have their families. From a batch with independent points,
 * those that do not fit are left out. */
int open_families_admit(struct store *store, struct batch *batch,
                        struct open_mark *mark, struct err *err);

/* Removes the families that open_families_admit has added. */
void open_families_take_back(struct store *store, const struct open_mark *mark);

/* Writes the families that open_families_admit has added to the database. */
int open_families_keep(struct store *store, const struct open_mark *mark,
                       struct err *err);

/* Announces the turn's changes to the other responders. */
int open_families_finish(struct store *store, struct err *err);

void open_families_free(struct store *store);

#endif

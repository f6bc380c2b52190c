/* checkpoint: writes the log back into the file.
 *
 * SQLite does it within a commit: it syncs the log, copies the pages and syncs
 * the file, while all responders wait for the lock. So a side thread does most
 * of it, beside the commits. Under load it never comes to an end, as more is
 * committed meanwhile, and the log begins anew only when all of it is in the
 * file: once it is large, a commit does the rest, which is little then. */
#ifndef TALLYMAN_STORE_CHECKPOINT_H
#define TALLYMAN_STORE_CHECKPOINT_H

#include <stdbool.h>

#include "base/err.h"

struct store;

/* Connections of its own, to the file that a store has open. */
struct checkpoint;

/* For the files of the store. Sets from where on a commit writes the log back
 * by itself: 12 MiB, or less where the log may not have twice that. */
void checkpoint_limit(struct store *store);

/* True after a commit with which the log has grown by another part of that. */
bool checkpoint_due(struct store *store);

/* ERR_BUSY when another responder has the lock between them, without which
 * the file could become another one meanwhile. *out may be used by another
 * thread, also after store_close. The caller gives it to checkpoint_close. */
int checkpoint_open(struct store *store, struct checkpoint **out,
                    struct err *err);

/* Writes back what no reader needs as it was, and syncs it: 1. Holds up no
 * commit, and no commit holds it up. 0 when another checkpoint is at work, or
 * the file is gone. */
int checkpoint_run(struct checkpoint *checkpoint, struct err *err);

void checkpoint_close(struct checkpoint *checkpoint);

#endif

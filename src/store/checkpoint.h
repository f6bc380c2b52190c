/* checkpoint: copies the log back into the database file.
 *
 * SQLite does that within a commit: it syncs the log, copies the pages and
 * syncs the file, while all responders wait for the lock. Here a side thread
 * does most of it, concurrently with commits. Under load it never catches up,
 * and the log can restart only when all of it is in the file. So once the log
 * is large, a commit copies the small rest. */
#ifndef TALLYMAN_STORE_CHECKPOINT_H
#define TALLYMAN_STORE_CHECKPOINT_H

#include <stdbool.h>

#include "base/err.h"

struct store;

/* Has its own connections to the file that a store has open. */
struct checkpoint;

/* Sets the size at which a commit writes the log back on its own: 12 MiB, or
 * less if the log's limit is below twice that. */
void checkpoint_limit(struct store *store);

/* True after a commit that made the log grow by another part, a sixteenth of
 * that size. */
bool checkpoint_due(struct store *store);

/* Opens the connections under the lock between responders, so that the file
 * cannot be replaced in the meantime; ERR_BUSY when another responder holds it.
 * Another thread may use *out, also after store_close. The caller gives it to
 * checkpoint_close. */
int checkpoint_open(struct store *store, struct checkpoint **out,
                    struct err *err);

/* Writes back and syncs all pages whose old content no reader needs: returns 1.
 * Commits and this function do not block each other. 0 when another checkpoint
 * is running, or the file is gone. */
int checkpoint_run(struct checkpoint *checkpoint, struct err *err);

void checkpoint_close(struct checkpoint *checkpoint);

#endif
